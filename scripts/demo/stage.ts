/** What every scenario plays on: a chain, nodes, and the promise that nothing of it is left, however it ends. */
import { openArena, type Arena, type Player } from '../arena.js'
import { EventLog } from './event-log.js'


/** A player with its node and all that the node has told. */
export type Actor = { readonly name: string, readonly player: Player, readonly events: EventLog }

/** Thrown out of whatever waits when the user presses Ctrl-C. */
export class Interrupted extends Error {}

/** The stage. */
export class Stage {
  readonly startedMs = performance.now()
  readonly #signal: AbortSignal
  readonly #starting = new Set<Promise<unknown>>()
  #arena: Arena | undefined

  constructor (signal: AbortSignal) {
    this.#signal = signal
  }

  /** The chain. @throws Error before {@link open}. */
  get arena (): Arena {
    if (this.#arena === undefined) throw new Error('the chain has not been started')
    return this.#arena
  }

  /** Awaits something, but not beyond Ctrl-C. @throws {@link Interrupted} */
  async step<T> (work: Promise<T>): Promise<T> {
    const signal = this.#signal
    let onAbort = (): void => {}
    const interrupted = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(new Interrupted())
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort)
    })
    try {
      return await Promise.race([work, interrupted])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Starts the chain and deploys the court. */
  async open (): Promise<Arena> {
    return await this.#start(openArena().then(arena => {
      this.#arena = arena
      arena.provider.pollingInterval = 50
      return arena
    }))
  }

  /** Starts a node for one of the chain's funded accounts. */
  async actor (name: string, account: number): Promise<Actor> {
    return await this.#start(this.arena.player(name.toLowerCase(), { account, flags: ['--log-level', 'warn'] }).then(async player => {
      return { name, player, events: await EventLog.of(player.rpc) }
    }))
  }

  /** Waits until the user has had enough. */
  async untilInterrupted (): Promise<void> {
    await new Promise<void>(resolve => {
      if (this.#signal.aborted) resolve()
      else this.#signal.addEventListener('abort', () => { resolve() }, { once: true })
    })
  }

  /** What the nodes complained of: for the end of a run that failed. */
  complaints (): string {
    return this.#arena?.players.map(({ name, log }) => log.trim() === '' ? '' : `${name}'s node:\n${log.trim().split('\n').slice(-8).join('\n')}\n`).join('') ?? ''
  }

  /** Ends every process and removes the folder. A process that is just being started is waited for: else nobody would end it. */
  async clear (): Promise<void> {
    await Promise.allSettled(this.#starting)
    await this.#arena?.stop()
  }

  async #start<T> (work: Promise<T>): Promise<T> {
    const settled = work.then(() => undefined, () => undefined).finally(() => this.#starting.delete(settled))
    this.#starting.add(settled)
    return await this.step(work)
  }
}
