/** What the exit code of a command says. Scripts branch on it; the README shows this table. */
import { CommanderError } from 'commander'
import { ThreadsError } from '../errors.js'

/** Exit codes with their meaning. */
export const EXIT_CODES = {
  0: 'done',
  1: 'failed: the error says why',
  2: 'used wrongly: arguments, configuration, password or key file',
  3: 'the node is not reachable: none runs on this data directory, or it refused the token',
  4: 'refused: by the protocol, the contract (the input reverted) or the court',
  5: 'not in time: an answer, a signature or a confirmation is still missing',
  6: 'the node could not start: data directory in use, port taken, wrong chain',
  130: 'interrupted with Ctrl-C'
} as const

/** One of {@link EXIT_CODES}. */
export type ExitCode = keyof typeof EXIT_CODES

const NOT_REACHABLE = new Set(['CLI_NO_DAEMON', 'RPC_UNREACHABLE', 'RPC_CLOSED', 'RPC_UNAUTHORIZED', 'RPC_TOO_MANY_CONNECTIONS'])
const FAILED = new Set([
  'RPC_INTERNAL', 'RPC_INVALID_REQUEST', 'RPC_METHOD_NOT_FOUND', 'STORE_FAILED', 'STORE_DAMAGED', 'CHAIN_UNAVAILABLE', 'CHAIN_RPC_ERROR', 'CHAIN_BAD_ANSWER', 'CHAIN_STOPPED',
  'THREAD_FAULT', 'THREAD_INTERNAL', 'MACHINE_INTERNAL', 'ARTIFACT_MISSING'
])

/** The exit code for what a command threw. */
export function exitCodeOf (error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (!(error instanceof ThreadsError)) return 1
  const { code } = error
  if (code === 'CLI_INTERRUPTED') return 130
  if (NOT_REACHABLE.has(code)) return 3
  if (code === 'CHAIN_NOT_MINED' || code.endsWith('_TIMEOUT')) return 5
  if (code === 'CHAIN_BAD_URL' || /^(CLI|CONFIG|KEY)_/.test(code) || /^RPC_(BAD|FORBIDDEN)_/.test(code)) return 2
  return FAILED.has(code) ? 1 : 4
}

/** The table as text, for `--help`. */
export function exitCodesHelp (): string {
  return `Exit codes:\n${Object.entries(EXIT_CODES).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`).join('\n')}`
}
