/** The terminal's side of a command: data on stdout, everything else on stderr, passwords without echo. */
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { envName } from '../config.js'
import { ThreadsError } from '../errors.js'
import { errorHint } from './advice.js'

/** Prints a command's data: with `--json` one line of JSON, else text. */
export function print (json: boolean, data: unknown, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(data) : text}\n`)
}

/** Prints what went wrong to stderr. */
export function printError (json: boolean, error: unknown): void {
  if (error instanceof ThreadsError) {
    const { code, message, data } = error
    process.stderr.write(json ? `${JSON.stringify({ error: { code, message, data } })}\n` : `error: ${message} (${code})\n${causeOf(error)}${hintOf(error)}`)
  } else {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(json ? `${JSON.stringify({ error: { code: 'CLI_FAILED', message, data: {} } })}\n` : `error: ${message}\n`)
  }
}

function hintOf (error: ThreadsError): string {
  const hint = errorHint(error)
  return hint === undefined ? '' : `  ${hint}\n`
}

function causeOf (error: ThreadsError): string {
  const [cause = ''] = error.cause instanceof Error ? error.cause.message.split('\n') : []
  return cause === '' || error.message.includes(cause) ? '' : `  because: ${cause}\n`
}

/** Where the password comes from, first found wins: `--password-file`, the environment, the terminal. */
export type PasswordSource = { readonly passwordFile?: string | undefined }

/**
 * The password of the key files. A file's last line break does not belong to it.
 * @param options.confirm ask twice, as for a new password.
 * @throws `CLI_NO_PASSWORD` when there is nobody to ask, `CLI_BAD_PASSWORD_FILE`, `CLI_PASSWORDS_DIFFER`, `CLI_INTERRUPTED`.
 */
export async function readPassword (source: PasswordSource, options: { confirm: boolean }): Promise<string> {
  const password = await findPassword(source, options)
  if (password === '' && options.confirm) throw new ThreadsError('CLI_NO_PASSWORD', 'an empty password protects no key')
  return password
}

async function findPassword (source: PasswordSource, options: { confirm: boolean }): Promise<string> {
  if (source.passwordFile !== undefined) return await passwordFromFile(source.passwordFile)
  const fromEnv = process.env[envName('password')]
  // An empty variable counts as unset, as it does for the options.
  if (fromEnv !== undefined && fromEnv !== '') return fromEnv
  if (!process.stdin.isTTY) {
    throw new ThreadsError('CLI_NO_PASSWORD', `no password: give --password-file or ${envName('password')}, or run in a terminal`)
  }
  const password = await askHidden('Password: ')
  if (options.confirm && await askHidden('Again: ') !== password) throw new ThreadsError('CLI_PASSWORDS_DIFFER', 'the two passwords differ')
  return password
}

async function passwordFromFile (path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
  } catch (cause) {
    throw new ThreadsError('CLI_BAD_PASSWORD_FILE', `cannot read the password file ${path}`, { data: { path }, cause })
  }
}

async function askHidden (question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => reject(new ThreadsError('CLI_INTERRUPTED', 'interrupted')))
      lines.once('close', () => reject(new ThreadsError('CLI_NO_PASSWORD', 'no password was given')))
    })
  } finally {
    lines.removeAllListeners()
    lines.close()
    process.stderr.write('\n')
  }
}
