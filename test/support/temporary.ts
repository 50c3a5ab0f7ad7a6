import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of its own for one test. */
export type TemporaryFolder = {
  readonly path: string
  /** Deletes it with all that is in it. Safe to call twice. */
  cleanup (): Promise<void>
}

/** Makes an empty folder whose name begins with `prefix`, in the system's temporary folder. */
export async function temporaryFolder (prefix: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `${prefix.replace(/-$/, '')}-`))
  return {
    path,
    // A process that was just killed may still hold a file for a moment.
    cleanup: async () => { await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) }
  }
}
