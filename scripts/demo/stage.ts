/** What every scenario plays on: a chain, nodes, and the promise that nothing of it is left, however it ends. */
import { openArena, type Arena, type Player } from '../arena.js'
import { startGeth } from '../geth.js'
import { EventLog } from './event-log.js'
import { Decisions } from './decisions.js'

/** A player with its node, all that the node has told, and what it has decided at the court. */
export type Actor = { readonly name: string, readonly player: Player, events: EventLog, readonly decisions: Decisions }

/** Thrown out of whatever waits when the user presses Ctrl-C. */
export class Interrupted extends Error {}

/** The stage. */
export class Stage {
  readonly startedMs = performance.now()
  readonly #signal: AbortSignal
  readonly #chain: 'anvil' | 'geth'
  readonly #starting = new Set<Promise<unknown>>()
  #arena: Arena | undefined

  constructor (signal: AbortSignal, chain: 'anvil' | 'geth') {
    this.#signal = signal
    this.#chain = chain
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
    const arena = this.#chain === 'anvil' ? openArena() : startGeth().then(async chain => await openArena({ chain }))
    return await this.#start(arena.then(arena => {
      this.#arena = arena
      arena.provider.pollingInterval = 50
      return arena
    }))
  }

  /** Starts a node for one of the chain's funded accounts, with further flags of `start`. @param entry another one than the command line's */
  async actor (name: string, account: number, flags: readonly string[] = [], entry?: string): Promise<Actor> {
    const decisions = new Decisions()
    const options = { account, flags: ['--log-level', 'info', '--log-json', ...flags], onLogLine: (line: string) => { decisions.read(line) }, ...entry === undefined ? {} : { entry } }
    return await this.#start(this.arena.player(name.toLowerCase(), options).then(async player => {
      return { name, player, events: await EventLog.of(player.rpc), decisions }
    }))
  }

  /** Starts an actor's node again, on what it has on disk. */
  async restart (actor: Actor): Promise<void> {
    await this.#start(actor.player.start().then(async () => { actor.events = await EventLog.of(actor.player.rpc) }))
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
    const complained = (log: string): string[] => log.split('\n').filter(line => /"level":"(warn|error)"/.test(line) || !line.startsWith('{')).filter(line => line.trim() !== '')
    return this.#arena?.players.map(({ name, log }) => complained(log).length === 0 ? '' : `${name}'s node:\n${complained(log).slice(-8).join('\n')}\n`).join('') ?? ''
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
