/** Waiting that an abort ends. */

/** Resolves after `ms` milliseconds, or as soon as `signal` aborts: the caller looks at the signal itself. */
export function sleep (ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

/** Waiting times that double from `firstMs` to `mostMs` with each failure in a row, and begin anew after a success. */
export function createBackoff (firstMs: number, mostMs: number): { failed (): number, succeeded (): void } {
  let nextMs = firstMs
  return {
    failed () {
      const waitMs = Math.min(nextMs, mostMs)
      nextMs = Math.min(nextMs * 2, mostMs)
      return waitMs
    },
    succeeded () { nextMs = firstMs }
  }
}
