/** What a node decides about a dispute and why, read from its own log (`--log-json`): the same lines that any user's node writes. */

/** One decision. */
export type CourtDecision = { readonly action: string, readonly reason: string, readonly dispute: number | null }

/** The log's lines that tell what the node does at the court. */
const EVENTS: Readonly<Record<string, string | undefined>> = { 'thread.court': undefined, 'thread.timeout-claim': 'claimTimeout', 'thread.claim': 'claim' }

/** The decisions of one node, as they come. */
export class Decisions {
  /** Told each one; what came before there was anybody to tell is not told. */
  onDecision: ((decision: CourtDecision) => void) | undefined

  /** Reads a line of the log. */
  read (line: string): void {
    // A node that is killed may leave half a line.
    if (!line.startsWith('{') || !line.endsWith('}')) return
    const { event, action, reason, dispute } = JSON.parse(line) as { event?: string, action?: string, reason?: string, dispute?: string }
    if (event === undefined || reason === undefined || !Object.hasOwn(EVENTS, event)) return
    this.onDecision?.({ action: EVENTS[event] ?? action ?? '', reason, dispute: dispute === undefined ? null : Number(dispute) })
  }
}
