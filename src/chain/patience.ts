/** How long each caller of the sender waits, and what it is told when that is over. */
import { ThreadsError, hasCode } from '../errors.js'
import type { Hash32 } from '../protocol/types.js'
import type { ClockPort } from '../thread/ports.js'
import { stoppedError } from './rpc.js'
import { createBackoff, sleep } from './sleep.js'

/** One caller's waiting. */
export type Patience = {
  /**
   * Repeats `task` while the chain does not answer. `hash`: of the transaction that `task` sends.
   * @throws `CHAIN_UNAVAILABLE` when time is over or the caller aborts, `CHAIN_STOPPED`, and whatever else `task` throws
   */
  retry<T> (hash: Hash32 | undefined, task: () => Promise<T>): Promise<T>
  /** What `promise` becomes, unless time is over first. @throws `CHAIN_NOT_MINED`; on an abort `CHAIN_UNAVAILABLE`; `CHAIN_STOPPED` */
  mined<T> (promise: Promise<T>, hash: Hash32): Promise<T>
  /** The caller has its answer. */
  end (): void
}

/** All callers of one sender. */
export type Patiences = { begin (signal: AbortSignal | undefined): Patience, stop (): void }

/** `limitMs`: how long each waits at most. */
export function createPatiences (clock: ClockPort, limitMs: number): Patiences {
  // One set instead of a listener each: an AbortSignal with hundreds of listeners is taken for a leak.
  const waiting = new Set<AbortController>()
  let stopped = false

  const begin = (signal: AbortSignal | undefined): Patience => {
    const over = new AbortController()
    const endsAtMs = clock.nowMs() + limitMs
    const giveUp = () => over.abort()
    const timer = setTimeout(giveUp, limitMs)
    signal?.addEventListener('abort', giveUp)
    waiting.add(over)
    if (stopped || signal?.aborted === true) giveUp()

    const reason = (hash: Hash32 | undefined, cause?: unknown): ThreadsError => {
      if (stopped) return stoppedError()
      const aborted = signal?.aborted === true
      return new ThreadsError('CHAIN_UNAVAILABLE', aborted ? 'aborted by the caller' : `the chain did not answer within ${limitMs} ms`,
        { data: { aborted, ...hash === undefined ? {} : { transactionHash: hash } }, cause })
    }
    return {
      async retry (hash, task) {
        const backoff = createBackoff(250, 5_000)
        if (over.signal.aborted) throw reason(undefined) // never tried: there is no transaction to look for
        while (true) {
          try {
            return await task()
          } catch (error) {
            if (!hasCode(error, 'CHAIN_UNAVAILABLE')) throw error
            await sleep(Math.min(backoff.failed(), Math.max(0, endsAtMs - clock.nowMs())), over.signal)
            if (over.signal.aborted || clock.nowMs() >= endsAtMs) throw reason(hash, error)
          }
        }
      },
      async mined (promise, hash) {
        const finished = new AbortController()
        const ended = new Promise<never>((_resolve, reject) => {
          const tell = () => reject(stopped || signal?.aborted === true ? reason(hash) : notMined(hash, limitMs))
          if (over.signal.aborted) tell()
          else over.signal.addEventListener('abort', tell, { signal: finished.signal })
        })
        try {
          return await Promise.race([promise, ended])
        } finally {
          finished.abort()
        }
      },
      end () {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
        waiting.delete(over)
      }
    }
  }

  return {
    begin,
    stop () {
      stopped = true
      for (const over of waiting) over.abort()
    }
  }
}

function notMined (hash: Hash32, limitMs: number): ThreadsError {
  return new ThreadsError('CHAIN_NOT_MINED', `not mined within ${limitMs} ms; it may be yet`, { data: { transactionHash: hash } })
}
