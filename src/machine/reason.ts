/** Why an execution failed, in words: what a revert's data says, or which rule of the EVM ended it. */
import { EVMError } from '@ethereumjs/evm'
import { bytesToBigint, bytesToHex } from '../protocol/bytes.js'
import { RoutineHalt } from './suspension.js'

const ERROR_STRING = '0x08c379a0'
const PANIC = '0x4e487b71'
/** Longest reason in characters: the string is its contract's to choose. */
const MAX_REASON = 256

/** https://docs.soliditylang.org/en/latest/control-structures.html#panic-via-assert-and-error-via-require */
const PANICS: Readonly<Record<string, string>> = {
  1: 'assertion failed', 17: 'arithmetic overflow', 18: 'division by zero', 33: 'no such enum value', 34: 'corrupt storage byte array',
  49: 'pop from an empty array', 50: 'index out of bounds', 65: 'too much memory', 81: 'call of an uninitialised function'
}

/** Errors of contracts/lib/Thread.sol, by their selectors: an author meets them before they know the names. */
const THREAD_ERRORS: Readonly<Record<string, string>> = {
  '0x5f82853b': 'OutsideThread(): it asks for what only threads have; one that waits for players needs a thread that was opened with --routine',
  '0x7263b833': 'NotAWord(uint256): it waits for a word, and less was sent'
}

/** The reason of an execution that ended with `error` and this return data. */
export function reasonOf (error: Pick<EVMError, 'error'>, returnData: Uint8Array): string {
  if (error instanceof RoutineHalt) return error.why
  return error.error === EVMError.errorMessages.REVERT ? revertReason(returnData) : error.error
}

/** What a revert's data says: the string of `Error(string)`, `Panic(0x11): …`, what the errors of Thread.sol mean, or the selector of a custom error. */
export function revertReason (data: Uint8Array): string {
  if (data.length === 0) return 'reverted without a reason'
  const selector = bytesToHex(data.subarray(0, 4))
  if (selector === ERROR_STRING) return stringArgument(data.subarray(4)) ?? 'reverted with a malformed reason'
  if (selector === PANIC && data.length === 36) {
    const code = bytesToBigint(data.subarray(4))
    return `panic 0x${code.toString(16)}: ${PANICS[code.toString()] ?? 'unknown'}`.slice(0, MAX_REASON)
  }
  const known = THREAD_ERRORS[selector]
  if (known !== undefined) return known
  return data.length < 4 ? `reverted with ${bytesToHex(data)}` : `reverted with custom error ${selector}`
}

/** The one string argument of an ABI encoding; undefined when it is not one. */
function stringArgument (args: Uint8Array): string | undefined {
  if (args.length < 64 || bytesToBigint(args.subarray(0, 32)) !== 32n) return undefined
  const length = bytesToBigint(args.subarray(32, 64))
  if (length > BigInt(args.length - 64)) return undefined
  return new TextDecoder().decode(args.subarray(64, 64 + Math.min(Number(length), 4 * MAX_REASON))).slice(0, MAX_REASON)
}
