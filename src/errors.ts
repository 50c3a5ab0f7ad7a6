/**
 * The one error class. Every code is a stable string with a row in the README; callers branch on the code only.
 */
export class ThreadsError extends Error {
  /** Stable, `ROOM_WHAT`, e.g. `INPUT_BAD_SIGNATURE`. */
  readonly code: string
  /** Small, JSON-friendly facts about the case (hex strings, decimal strings, numbers). */
  readonly data: Readonly<Record<string, unknown>>
  /**
   * For errors that a peer's bytes caused: `reject` lowers the sender's score, `ignore` does not.
   * Undefined for all others.
   */
  readonly peerFault: 'ignore' | 'reject' | undefined

  constructor (
    code: string,
    message: string,
    options: { data?: Record<string, unknown>, peerFault?: 'ignore' | 'reject', cause?: unknown } = {}
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ThreadsError'
    this.code = code
    this.data = options.data ?? {}
    this.peerFault = options.peerFault
  }
}

/** True when `error` is a {@link ThreadsError} with this code. */
export function hasCode (error: unknown, code: string): error is ThreadsError {
  return error instanceof ThreadsError && error.code === code
}
