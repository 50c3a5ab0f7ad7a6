/**
 * Runs one compiled test file in a process of its own and judges it. uvu's exit code alone proves little: it is 0 when a `before`
 * hook throws and when `.run()` was forgotten, and a leaked timer makes the process hang. So a file passes only when it says how
 * many tests it ran, all of them passed, and it ended by itself and left nothing behind.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** What became of a file. It passed when `failed` is 0. */
export type FileResult = {
  readonly file: string
  readonly passed: number
  /** Test cases that failed or were skipped; at least 1 when there is a `problem`. */
  readonly failed: number
  readonly durationMs: number
  /** Why the file ran nothing, where it may: it needs a program that is not installed. Then it has neither passed nor failed. */
  readonly notRun: string | undefined
  /** What is wrong with the file as a whole, in words. */
  readonly problem: string | undefined
  /** Its stdout and stderr, without colours. */
  readonly output: string
}

/** Options of {@link runFile}; the defaults are right for all but the tests of the runner. */
export type RunFileOptions = {
  /** When the file states no limit of its own. */
  timeLimitMs?: number
  /** How long it may live on after its last test: enough to close things, too short for a forgotten timer. */
  lingerMs?: number
  /** Ends the file, and counts it as failed. */
  signal?: AbortSignal
}

const TIME_LIMIT_MS = 120_000
const LINGER_MS = 10_000
const OUTPUT_LIMIT = 1_000_000

/** Runs a compiled test file. Never throws: whatever goes wrong is in the result. */
export async function runFile (file: string, options: RunFileOptions = {}): Promise<FileResult> {
  const startedMs = performance.now()
  const text = await readFile(file, 'utf8')
  const limitMs = statedLimitMs(text) ?? options.timeLimitMs ?? TIME_LIMIT_MS
  const { output, ending } = await execute(file, limitMs, options)

  const counts = summaryOf(output)
  const notRun = reasonNotToRun(text, output)
  if (notRun !== undefined && counts?.total === 0 && ending === undefined) {
    return { file, passed: 0, failed: 0, durationMs: performance.now() - startedMs, notRun, problem: undefined, output }
  }
  // What the tests say comes before the exit code that follows from it.
  const problem = (counts === undefined ? ending : judge(counts) ?? ending) ?? neverRun(text) ?? judge(counts)
  const failed = counts === undefined ? 1 : counts.total - counts.passed + counts.skipped
  return {
    file,
    passed: counts?.passed ?? 0,
    failed: problem === undefined ? failed : Math.max(1, failed),
    durationMs: performance.now() - startedMs,
    notRun: undefined,
    problem,
    output
  }
}

/** The limit that a file states in its first lines: `// time limit: 300 s`. */
export function statedLimitMs (text: string): number | undefined {
  const seconds = /^\/\/ time limit: (\d+) s\s*$/m.exec(text.slice(0, 500))?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

/** Only a file that states in its first lines that it `// needs: <program>` may run nothing, and it says why: `not run: <reason>`. */
function reasonNotToRun (text: string, output: string): string | undefined {
  return /^\/\/ needs: \S+\s*$/m.test(text.slice(0, 500)) ? /^not run: (.+)$/m.exec(output)?.[1] : undefined
}

type Counts = { readonly total: number, readonly passed: number, readonly skipped: number }

/** uvu's last words. */
function summaryOf (output: string): Counts | undefined {
  const found = [...output.matchAll(/^ *Total: +(\d+)\n *Passed: +(\d+)\n *Skipped: +(\d+)\n/gm)].at(-1)
  return found === undefined ? undefined : { total: Number(found[1]), passed: Number(found[2]), skipped: Number(found[3]) }
}

function judge (counts: Counts | undefined): string | undefined {
  if (counts === undefined) return 'it ended without a summary (was .run() forgotten?)'
  if (counts.total === 0) return 'it ran no test'
  if (counts.skipped > 0) return `${counts.skipped} skipped: a test runs or does not exist`
  if (counts.passed !== counts.total) return `${counts.total - counts.passed} of ${counts.total} failed`
  return undefined
}

/** A suite that is made and never run is silent beside one that is. One that is handed to a function is that function's to run. */
function neverRun (text: string): string | undefined {
  for (const [, name = ''] of text.matchAll(/\b(?:const|let|var) (\w+) = suite\(/g)) {
    const used = new RegExp(`\\b${name}\\.run\\(|[(,] *${name} *[,)]`)
    if (!used.test(text)) return `the suite \`${name}\` is never run`
  }
  return undefined
}

type Execution = { readonly output: string, /** Why it did not end well. */ readonly ending: string | undefined }

async function execute (file: string, limitMs: number, options: RunFileOptions): Promise<Execution> {
  if (options.signal?.aborted === true) return { output: '', ending: 'it was interrupted' }
  // A group of its own, so that whatever the test leaves running can be found and ended, and nothing else is.
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' }
  })
  const collected = { text: '' }
  let killed: string | undefined
  const end = (reason: string) => {
    killed ??= reason
    killGroup(child)
  }
  const onAbort = () => { end('it was interrupted') }
  options.signal?.addEventListener('abort', onAbort)
  const limit = setTimeout(() => { end(`it was ended at its time limit of ${limitMs / 1000} s`) }, limitMs)
  let linger: NodeJS.Timeout | undefined
  const onData = (chunk: Buffer) => {
    collected.text += chunk.toString()
    if (collected.text.length > OUTPUT_LIMIT) collected.text = `… (cut)\n${collected.text.slice(-OUTPUT_LIMIT / 2)}`
    if (linger === undefined && summaryOf(collected.text) !== undefined) {
      linger = setTimeout(() => { end('its tests ended, but something (a timer, a socket) kept it alive') }, options.lingerMs ?? LINGER_MS)
    }
  }
  child.stdout?.on('data', onData)
  child.stderr?.on('data', onData)

  try {
    const exit = await exitOf(child)
    const left = await leftBehind(child)
    const ending = killed ?? exit ?? (left ? 'it left processes running' : undefined)
    return { output: collected.text.replace(/\u001b\[[0-9;]*m/g, ''), ending }
  } finally {
    clearTimeout(limit)
    clearTimeout(linger)
    options.signal?.removeEventListener('abort', onAbort)
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
}

/** Undefined for exit code 0. Waits for the end of the output too, but not for heirs that hold it open. */
async function exitOf (child: ChildProcess): Promise<string | undefined> {
  const closed = new Promise<void>(resolve => child.on('close', () => { resolve() }))
  const outcome = await new Promise<string | undefined>(resolve => {
    child.on('error', error => { resolve(`it could not be started: ${error.message}`) })
    child.on('exit', (code, signal) => {
      resolve(code === 0 ? undefined : code === null ? `it was ended by ${signal}` : `its exit code was ${code}`)
    })
  })
  if (child.pid !== undefined) await Promise.race([closed, sleep(500, undefined, { ref: false })])
  return outcome
}

/** Whether processes of the file's group outlived it by more than a moment; they are ended. */
async function leftBehind (child: ChildProcess): Promise<boolean> {
  for (let attempt = 0; attempt < 10; attempt++) {
    if (!await groupLives(child)) return false
    await sleep(50)
  }
  killGroup(child)
  return true
}

/** In a container nobody may collect the dead, and they still answer to signals: Linux says who is one. */
async function groupLives (child: ChildProcess): Promise<boolean> {
  if (!signalGroup(child, 0)) return false
  if (process.platform !== 'linux') return true
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '') // gone since it was listed
    const [state = '', , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(group) === child.pid && state !== 'Z' && state !== 'X') return true
  }
  return false
}

function killGroup (child: ChildProcess): void {
  signalGroup(child, 'SIGKILL')
}

/** False when there is nobody left to receive it. */
function signalGroup (child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false
  try {
    process.kill(-child.pid, signal)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return false
    throw error
  }
}
