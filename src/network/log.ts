/** Where the network room tells what happened. `event` is a stable dotted name; `data` is small and JSON-friendly. */
export type NetworkLog = (level: 'debug' | 'info' | 'warn', event: string, data: Readonly<Record<string, unknown>>) => void

/** For logs: an error's code or name and its message, without the stack. */
export function describeError (error: unknown): string {
  // WebSocket failures come as events that carry a message.
  if (!(error instanceof Error)) return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
  return 'code' in error && typeof error.code === 'string' ? `${error.code}: ${error.message}` : `${error.name}: ${error.message}`
}
