/** The oracle of a scenario: its node, its bond, what it takes, and how it gets its bond back in the end. */
import type { ThreadId } from '../../src/protocol/types.js'
import type { Casting } from './opening.js'
import type { Actor, Stage } from './stage.js'
import type { Teller } from './steps.js'
import type { ServingOracle } from './thread-game.js'

const ETHER = 10n ** 18n
/** What it has bonded before anybody comes. */
export const BOND_WEI = 6n * ETHER
/** For a thread. */
export const FEE_WEI = ETHER / 100n
/** For one result. */
export const RESULT_FEE_WEI = ETHER / 1_000n
/** Gas of an input in the demo's threads: the node's default. */
const GAS_LIMIT = 1_000_000n

/** Flags of an oracle's node that answers for two claims at a time. */
export const SERVING = ['--oracle', '--oracle-fee', FEE_WEI.toString(), '--oracle-result-fee', RESULT_FEE_WEI.toString(), '--oracle-claims', '2'] as const

/** An oracle at work. */
export class Serving implements ServingOracle {
  readonly actor: Actor
  readonly feeWei = FEE_WEI
  /** What of the bond answers for one claim, and is lost with a false one. */
  readonly perClaimWei: bigint
  readonly #stage: Stage
  readonly #teller: Teller

  private constructor (actor: Actor, perClaimWei: bigint, stage: Stage, teller: Teller) {
    this.actor = actor
    this.perClaimWei = perClaimWei
    this.#stage = stage
    this.#teller = teller
  }

  get wallet (): string { return this.actor.player.wallet }

  /** Starts its node. */
  static async start (stage: Stage, teller: Teller, { name, flags, entry }: Casting): Promise<Serving> {
    teller.working('starting an oracle')
    const actor = await stage.actor(name, 3, flags, entry)
    // (3,000,000 + 120 × gasLimit) × 20 gwei + 0.01 ether: specification, section 8.
    return new Serving(actor, (3_000_000n + 120n * GAS_LIMIT) * 20n * 10n ** 9n + ETHER / 100n, stage, teller)
  }

  /** It puts its bond down. */
  async bonds (): Promise<void> {
    const { name, player } = this.actor
    const { transaction } = await this.#stage.step(player.rpc.request('oracle_bond', { amount: BOND_WEI.toString() }))
    this.#teller.tell({
      step: 'oracle', name, pid: player.pid ?? 0, wallet: player.wallet, bondWei: BOND_WEI.toString(), feeWei: FEE_WEI.toString(), resultFeeWei: RESULT_FEE_WEI.toString(),
      perClaimWei: this.perClaimWei.toString(), gasUsed: transaction.gasUsed
    })
  }

  /** Waits until its node has accepted the thread. @throws Error when it does not */
  async accepts (thread: ThreadId): Promise<void> {
    const { name, player: { rpc } } = this.actor
    this.#teller.working(`${name} reads the terms and accepts`)
    for (const end = performance.now() + 120_000; ;) {
      const { threads } = await this.#stage.step(rpc.request('thread_list', { all: true }))
      const known = threads.some(each => each.thread === thread) ? (await this.#stage.step(rpc.request('oracle_status', { thread }))).thread : null
      if (known?.accepted === true) return this.#teller.tell({ step: 'accepted', name, pledgedWei: known.pledgedWei })
      if (performance.now() > end) throw new Error(`${name} does not accept the thread`)
      await this.#stage.step(new Promise(resolve => setTimeout(resolve, 100)))
    }
  }

  /** It takes everything back that is still its own. */
  async leaves (thread: ThreadId): Promise<void> {
    const { name, player: { rpc } } = this.actor
    this.#teller.working(`${name} takes its bond back`)
    await this.#stage.step(rpc.request('oracle_release', { thread }))
    const { freeWei } = await this.#stage.step(rpc.request('oracle_status', {}))
    await this.#stage.step(rpc.request('oracle_unbond', { amount: freeWei }))
  }
}
