/** How the commands find the node: `<data>/rpc.json` says where it listens, `<data>/token` is the authority to use it. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ThreadsError } from '../errors.js'
import { createToken } from '../rpc/auth.js'
import { RpcClient } from '../rpc/client.js'

/** What a running node leaves in its data directory. */
export type DaemonFile = { readonly url: string, readonly pid: number }

const rpcFile = (dataDir: string): string => join(dataDir, 'rpc.json')
const tokenFile = (dataDir: string): string => join(dataDir, 'token')

/** Connects to the node of this data directory. @throws `CLI_NO_DAEMON`, `RPC_UNREACHABLE`, `RPC_UNAUTHORIZED`. */
export async function connectDaemon (dataDir: string, options: { signal?: AbortSignal } = {}): Promise<RpcClient> {
  const [daemon, token] = await Promise.all([readDaemonFile(dataDir), readToken(dataDir)])
  // After a crash the file is stale, and somebody else may listen there by now: it must not be handed the token.
  if (daemon === undefined || token === undefined || !isAlive(daemon.pid)) {
    throw new ThreadsError('CLI_NO_DAEMON', `no node runs in ${dataDir}, or it is still starting; "evm-threads start" starts one`, { data: { dataDir } })
  }
  return await RpcClient.connect({ url: daemon.url, token, ...options })
}

/** The token of the data directory; made when there is none, so that a browser's or a script's copy survives a restart. */
export async function ensureToken (dataDir: string): Promise<string> {
  const existing = await readToken(dataDir)
  if (existing !== undefined) return existing
  const token = createToken()
  await writeFile(tokenFile(dataDir), `${token}\n`, { mode: 0o600, flag: 'w' })
  return token
}

/** Says where the node listens; whole or not at all. */
export async function writeDaemonFile (dataDir: string, daemon: DaemonFile): Promise<void> {
  const draft = `${rpcFile(dataDir)}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(daemon)}\n`, { mode: 0o600 })
  await rename(draft, rpcFile(dataDir))
}

/** Removes the file when the node stops. */
export async function removeDaemonFile (dataDir: string): Promise<void> {
  await rm(rpcFile(dataDir), { force: true })
}

/** What a node left there; it may be stale. @throws `CLI_NO_DAEMON` when the file is damaged. */
export async function readDaemonFile (dataDir: string): Promise<DaemonFile | undefined> {
  const text = await readIfThere(rpcFile(dataDir))
  if (text === undefined) return undefined
  try {
    const { url, pid } = JSON.parse(text) as Partial<DaemonFile>
    if (typeof url === 'string' && typeof pid === 'number') return { url, pid }
  } catch (cause) {
    throw new ThreadsError('CLI_NO_DAEMON', `${rpcFile(dataDir)} is not what a node writes; delete it and start the node again`, { data: { dataDir }, cause })
  }
  return undefined
}

async function readToken (dataDir: string): Promise<string | undefined> {
  const token = (await readIfThere(tokenFile(dataDir)))?.trim()
  return token === '' ? undefined : token
}

async function readIfThere (path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new ThreadsError('CLI_UNREADABLE', `cannot read ${path}`, { data: { path }, cause })
  }
}

/** Whether a process with this id exists. */
export function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: alive, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
