/** A function's arguments as people type them. Apart from `values.ts`, because it needs ethers: most commands start without it. */
import { FunctionFragment, id, type ParamType } from 'ethers'
import { ThreadsError } from '../errors.js'

/**
 * A function's arguments from the words of the command line: arrays and tuples as JSON, booleans, everything else as it stands.
 * @throws `RPC_BAD_SIGNATURE`, `CLI_BAD_ARGUMENT`.
 */
export function parseArguments (signature: string, words: readonly string[]): unknown[] {
  let inputs: readonly ParamType[]
  try {
    inputs = FunctionFragment.from(/^\s*function\s/.test(signature) ? signature : `function ${/^\s*\(/.test(signature) ? 'input_' : ''}${signature}`).inputs
  } catch (cause) {
    throw new ThreadsError('RPC_BAD_SIGNATURE', `not a function's signature: ${signature} (example: "play(uint8)")`, { data: { signature }, cause })
  }
  if (words.length !== inputs.length) {
    throw new ThreadsError('CLI_BAD_ARGUMENT', `${signature.replace(/^constructor_/, 'the constructor ')} takes ${inputs.length} argument${inputs.length === 1 ? '' : 's'}, not ${words.length}`, { data: { signature } })
  }
  return inputs.map((type, i) => parseArgument(type, words[i] ?? ''))
}

function parseArgument (type: ParamType, word: string): unknown {
  if (type.type === 'bool') {
    if (word === 'true' || word === 'false') return word === 'true'
    throw new ThreadsError('CLI_BAD_ARGUMENT', `expected true or false, not ${word}`, { data: { type: type.type, value: word } })
  }
  if (!type.isArray() && !type.isTuple()) return word
  try {
    return JSON.parse(word) as unknown
  } catch (cause) {
    throw new ThreadsError('CLI_BAD_ARGUMENT', `a ${type.type} is given as JSON, not ${word}`, { data: { type: type.type, value: word }, cause })
  }
}

/** A selector as it is, or that of a signature: `settle()`. */
export function selectorOf (text: string): string {
  return /^0x[0-9a-fA-F]{8}$/.test(text) ? text : id(text.replace(/\s/g, '')).slice(0, 10)
}
