/** Compilers from the npm registry, kept in a folder of this checkout that git ignores. */
import { execFile } from 'node:child_process'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { loadSolc, type Solc } from './relay.js'

const run = promisify(execFile)
/** Where they are kept; deleting it costs nothing but the next download. */
export const CACHE = fileURLToPath(new URL('../../../.cache/compilers/', import.meta.url))
const OLDEST = 20

/** All releases from 0.8.20 on that the registry has, the oldest first. @throws Error when it does not answer */
export async function releasedVersions (): Promise<string[]> {
  const { stdout } = await run('npm', ['view', 'solc', 'versions', '--json'], { maxBuffer: 1 << 22 })
  const minor = (version: string): number => Number(/^0\.8\.(\d+)$/.exec(version)?.[1] ?? -1)
  return (JSON.parse(stdout) as string[]).filter(version => minor(version) >= OLDEST).sort((a, b) => minor(a) - minor(b))
}

/** The compiler of this version, which is fetched when it is not there. @throws Error when the registry does not have it */
export async function fetchSolc (version: string): Promise<Solc> {
  const folder = join(CACHE, version)
  const solc = join(folder, 'node_modules', 'solc')
  const isThere = await access(solc).then(() => true, () => false)
  if (!isThere) {
    // Under another name until it is whole.
    const partial = `${folder}.partial`
    await rm(partial, { recursive: true, force: true })
    await mkdir(partial, { recursive: true })
    await run('npm', ['install', '--prefix', partial, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', `solc@${version}`])
    await rename(partial, folder)
  }
  return loadSolc(solc)
}
