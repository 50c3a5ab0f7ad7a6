/** Long executions share their thread of execution with all else that a node does: its chain, its peers, its other threads. */

/** Lets everything that waits have its turn first: messages, timers, answers of the disk. */
export function turn (): Promise<void> {
  return new Promise(resolve => {
    // Browsers have no setImmediate.
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
