/**
 * The judge, played through here before anybody goes to it: the witness of each transaction, and what they cost. It runs the judge's own bytecode, one judgement after
 * the other for the whole node: each may take seconds.
 */
import type { Address, Input, Terms } from '../protocol/types.js'
import { concatBytes } from '../protocol/bytes.js'
import { PORT_CODE } from '../protocol/port-code.js'
import { portHolderOf } from '../protocol/terms.js'
import type { CodeHolder } from '../machine/code-reference.js'
import { costOfJudging, type JudgingOutcome } from '../machine/costs.js'
import type { Matter } from '../machine/judgement.js'
import { LocalVerifier, type JudgeCodes } from '../machine/local-verifier.js'
import type { Environment, Machine } from '../machine/machine.js'
import { matterOf } from '../machine/matter.js'
import { settlementMatter } from '../machine/settlement.js'
import type { World } from '../state/world.js'

/** First byte of a contract that holds creation code as data. */
const DATA = Uint8Array.of(0)

/** Where a thread's code lies on the chain: a witness need not carry it. */
export function holderOf (terms: Terms, code: Uint8Array): CodeHolder {
  return { address: terms.codeSource, code: terms.codeKind === 0 ? concatBytes(DATA, code) : code }
}

/** Where the port's code lies: the court has created a copy. */
export function portHolder (court: Address): CodeHolder {
  return { address: portHolderOf(court), code: PORT_CODE }
}

/** One node's judge. */
export class Bench {
  readonly #codes: () => JudgeCodes
  #verifier: Promise<LocalVerifier> | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #last: { readonly key: string, readonly outcome: JudgingOutcome } | undefined

  /** `codes`: asked for once, when there is something to judge. */
  constructor (codes: () => JudgeCodes) {
    this.#codes = codes
  }

  /** A player's input on `machine`'s state, alone in the breakpoint that `environment` gives. @throws `ARTIFACT_MISSING`, `MACHINE_INTERNAL` */
  async move (machine: Machine, environment: Environment, input: Input, holder: CodeHolder): Promise<JudgingOutcome> {
    return await this.#judge(machine, environment, input.id, holder, async world => await matterOf(machine.context, world, environment, input, [holder, portHolder(machine.context.domain.court)]))
  }

  /** The settlement function on `machine`'s state. @throws as {@link Bench.move} */
  async settlement (machine: Machine, environment: Environment, lastMover: Address, holder: CodeHolder): Promise<JudgingOutcome> {
    return await this.#judge(machine, environment, lastMover, holder, async world => await settlementMatter(machine.context, world, environment, lastMover, [holder, portHolder(machine.context.domain.court)]))
  }

  async #judge (machine: Machine, { nonce, parent, timestampSec }: Environment, subject: string, holder: CodeHolder, prepare: (world: World) => Promise<Matter>): Promise<JudgingOutcome> {
    // A fork: the thread must not wait for its judgement.
    const still = machine.fork()
    const key = [machine.context.thread, machine.root, nonce, parent, timestampSec, subject, holder.address].join()
    const judged = this.#queue.then(async () => {
      // A judgement of several transactions is asked for again before each of them.
      if (this.#last?.key === key) return this.#last.outcome
      this.#verifier ??= LocalVerifier.create(this.#codes())
      const verifier = await this.#verifier
      await verifier.hold(holder)
      await verifier.hold(portHolder(machine.context.domain.court))
      const outcome = await still.inspect(async world => await costOfJudging(verifier, await prepare(world)))
      this.#last = { key, outcome }
      return outcome
    })
    this.#queue = judged.catch(() => undefined) // its caller hears of it
    return await judged
  }
}
