/** What one node has told of itself, and waiting for what it will tell. */
import type { RpcClient } from '../../src/rpc/client.js'
import type { NodeEvent } from '../../src/rpc/schemas.js'

/** An event of one type. */
export type EventOf<T extends NodeEvent['type']> = Extract<NodeEvent, { type: T }>

/** How long anything may take where many processes share few cores. */
const PATIENCE_MS = 120_000

/** The events of a node, in order. */
export class EventLog {
  readonly events: NodeEvent[] = []
  readonly #waiting = new Set<(event: NodeEvent) => void>()

  /** Follows everything that a node tells from now on. */
  static async of (client: RpcClient): Promise<EventLog> {
    const log = new EventLog()
    await client.subscribe({}, event => {
      log.events.push(event)
      for (const notify of log.#waiting) notify(event)
    })
    return log
  }

  /** All events of a type so far that match. */
  all<T extends NodeEvent['type']> (type: T, matches: (event: EventOf<T>) => boolean): EventOf<T>[] {
    const isOfType = (event: NodeEvent): event is EventOf<T> => event.type === type
    return this.events.filter(isOfType).filter(matches)
  }

  /** The first event of a type that matches, already told or to come. @throws Error when it does not come. */
  async first<T extends NodeEvent['type']> (what: string, type: T, matches: (event: EventOf<T>) => boolean): Promise<EventOf<T>> {
    const [known] = this.all(type, matches)
    if (known !== undefined) return known
    const isIt = (event: NodeEvent): event is EventOf<T> => event.type === type && matches(event as EventOf<T>)
    return await new Promise((resolve, reject) => {
      const limit = setTimeout(() => done(new Error(`after ${PATIENCE_MS / 1000} s still waiting for ${what}`)), PATIENCE_MS)
      const done = (outcome: EventOf<T> | Error): void => {
        clearTimeout(limit)
        this.#waiting.delete(notify)
        if (outcome instanceof Error) reject(outcome)
        else resolve(outcome)
      }
      const notify = (event: NodeEvent): void => { if (isIt(event)) done(event) }
      limit.unref()
      this.#waiting.add(notify)
    })
  }
}
