/** One after the other. */

/** Runs tasks in the order in which they came, each when the one before has ended, however it ended. */
export type Lock = { run<T> (task: () => Promise<T>): Promise<T> }

/** A lock that nobody holds. */
export function createLock (): Lock {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run (task) {
      const turn = last.then(task, task)
      last = turn.catch(() => undefined) // its caller hears of it; the next in line does not care
      return turn
    }
  }
}
