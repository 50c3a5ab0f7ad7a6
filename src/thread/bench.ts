/**
 * The judge, played through here before anybody goes to it: the witness of each transaction, and what they cost. It runs the judge's own bytecode, one judgement after
 * the other for the whole node: each may take seconds.
 */
import type { Address, Input, Terms } from '../protocol/types.js'
import { concatBytes } from '../protocol/bytes.js'
import { hash32 } from '../protocol/crypto.js'
import { PORT_CODE } from '../protocol/port-code.js'
import { isCreationCode, portHolderOf } from '../protocol/terms.js'
import type { CodeHolder } from '../machine/code-reference.js'
import { costOfJudging, type JudgingOutcome } from '../machine/costs.js'
import { LocalVerifier, type JudgeCodes } from '../machine/local-verifier.js'
import type { Environment, Machine } from '../machine/machine.js'
import { matterOf } from '../machine/matter.js'
import { refutationOf, type Claim, type Refutation } from '../machine/refutation.js'
import { settlementMatter } from '../machine/settlement.js'
import type { World } from '../state/world.js'

/** First byte of a contract that holds creation code as data. */
const DATA = Uint8Array.of(0)

/** Where a thread's code lies on the chain: a witness need not carry it. */
export function holderOf (terms: Terms, code: Uint8Array): CodeHolder {
  return { address: terms.codeSource, code: isCreationCode(terms) ? concatBytes(DATA, code) : code }
}

/** Where the port's code lies: the court has created a copy. */
export function portHolder (court: Address): CodeHolder {
  return { address: portHolderOf(court), code: PORT_CODE }
}

/** What is judged, and where the thread's code lies. */
type Case = { readonly machine: Machine, readonly environment: Environment, readonly subject: string, readonly holder: CodeHolder }
/** The last judgement of a kind. */
type Kept<T> = { last: { readonly key: string, readonly outcome: T } | undefined }

/** One node's judge. */
export class Bench {
  readonly #codes: () => JudgeCodes
  #verifier: Promise<LocalVerifier> | undefined
  #queue: Promise<unknown> = Promise.resolve()
  readonly #outcomes: Kept<JudgingOutcome> = { last: undefined }
  readonly #refutations: Kept<Refutation> = { last: undefined }

  /** `codes`: asked for once, when there is something to judge. */
  constructor (codes: () => JudgeCodes) {
    this.#codes = codes
  }

  /** A player's input on `machine`'s state, alone in the breakpoint that `environment` gives. @throws `ARTIFACT_MISSING`, `MACHINE_INTERNAL` */
  async move (machine: Machine, environment: Environment, input: Input, holder: CodeHolder): Promise<JudgingOutcome> {
    return await this.#judge(this.#outcomes, { machine, environment, subject: input.id, holder }, async (verifier, world, holders) =>
      await costOfJudging(verifier, await matterOf(machine.context, world, environment, input, holders)))
  }

  /** The settlement function on `machine`'s state. @throws as {@link Bench.move} */
  async settlement (machine: Machine, environment: Environment, lastMover: Address, holder: CodeHolder): Promise<JudgingOutcome> {
    return await this.#judge(this.#outcomes, { machine, environment, subject: lastMover, holder }, async (verifier, world, holders) =>
      await costOfJudging(verifier, await settlementMatter(machine.context, world, environment, lastMover, holders)))
  }

  /** What the judge makes of a claimed move on `machine`'s state, the one before it. @throws as {@link Bench.move} */
  async claim (machine: Machine, environment: Environment, claim: Claim, holder: CodeHolder): Promise<Refutation> {
    const subject = [claim.player, hash32(claim.input.raw), claim.stateRoot].join()
    return await this.#judge(this.#refutations, { machine, environment, subject, holder }, async (verifier, world, holders) =>
      await refutationOf(verifier, { context: machine.context, world, environment, holders }, claim))
  }

  async #judge<T> (kept: Kept<T>, { machine, environment: { nonce, parent, timestampSec }, subject, holder }: Case, work: (verifier: LocalVerifier, world: World, holders: readonly CodeHolder[]) => Promise<T>): Promise<T> {
    const key = [machine.context.thread, machine.root, nonce, parent, timestampSec, subject, holder.address].join()
    // A fork: the thread must not wait for its judgement.
    const still = machine.fork()
    const judged = this.#queue.then(async () => {
      // A judgement of several transactions is asked for again before each of them.
      if (kept.last?.key === key) return kept.last.outcome
      this.#verifier ??= LocalVerifier.create(this.#codes())
      const verifier = await this.#verifier
      const holders = [holder, portHolder(machine.context.domain.court)]
      for (const one of holders) await verifier.hold(one)
      const outcome = await still.inspect(async world => await work(verifier, world, holders))
      kept.last = { key, outcome }
      return outcome
    })
    this.#queue = judged.catch(() => undefined) // its caller hears of it
    return await judged
  }
}
