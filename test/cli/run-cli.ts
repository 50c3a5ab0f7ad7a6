/** Runs the built command line as a process of its own, as a user does. */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

/** What a finished command left. */
export type Finished = { readonly code: number | null, readonly stdout: string, readonly stderr: string }

/** Options of {@link runCli}. The environment holds nothing of this project but what is given. */
export type RunOptions = { readonly env?: Record<string, string>, readonly stdin?: string, readonly onChild?: (child: ChildProcess) => void }

/** Runs one command line to its end; a command that takes 20 s is killed. */
export async function runCli (args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('EVM_THREADS_') && name !== 'XDG_DATA_HOME'))
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...clean, ...options.env }, stdio: 'pipe' })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => { stdout += String(chunk) })
  child.stderr.on('data', (chunk) => { stderr += String(chunk) })
  if (options.stdin !== undefined) child.stdin.end(options.stdin)
  const patience = setTimeout(() => child.kill('SIGKILL'), 20_000)
  options.onChild?.(child)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearTimeout(patience)
  return { code, stdout, stderr }
}

/** The error that a command with `--json` printed. */
export function errorOf (finished: Finished): { code: string, message: string, data: Record<string, unknown> } {
  const last = finished.stderr.trim().split('\n').at(-1) ?? ''
  return (JSON.parse(last) as { error: { code: string, message: string, data: Record<string, unknown> } }).error
}
