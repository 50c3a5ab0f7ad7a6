/**
 * Inputs (§3): an Ethereum transaction of a player, bound to one thread by that player's session key. Whoever holds an `Input` may rely
 * on everything that is said there; what depends on the state (nonce, balance, gas limits) is the thread room's.
 */
import { ThreadsError } from '../errors.js'
import { concatBytes, hexToBytes } from './bytes.js'
import { addressOf, hash32, keccak256, recover, sign } from './crypto.js'
import { MAX_RAW_BYTES } from './limits.js'
import { threadChainId } from './terms.js'
import { encodeType2, parseTransaction } from './transaction.js'
import { inputDigest } from './typed-data.js'
import type { Address, Domain, Hash32, Input, InputTransaction, SignedInput, Terms, ThreadId } from './types.js'

/** What an input is checked against. */
export type InputContext = { readonly thread: ThreadId, readonly terms: Terms, readonly domain: Domain }

/** What a session key signs as an input. `gasPriceWei` is 0 when left out: nobody charges in a thread. */
export type InputFields = Pick<InputTransaction, 'nonce' | 'gasLimit' | 'to' | 'valueWei' | 'data'> & { readonly gasPriceWei?: bigint }

/**
 * Verifies a signed input: size, canonical form, type, chain id, both signatures, and that both are of one player.
 * @throws `INPUT_TOO_LARGE`, `INPUT_MALFORMED`, `INPUT_UNSUPPORTED_TYPE`, `INPUT_WRONG_CHAIN`, `INPUT_BAD_SIGNATURE`,
 *   `INPUT_NOT_A_PLAYER`, `INPUT_BAD_BINDING`: all the sender's fault
 */
export function decodeInput (signed: SignedInput, context: InputContext): Input {
  const { raw, binding } = signed
  const { tx, player } = verifyTransaction(raw, context)
  const id = hash32(raw)
  const binder = signerOf(inputDigest(context.thread, id, context.domain), binding, 'INPUT_BAD_BINDING')
  if (binder !== context.terms.sessionKeys[player]) {
    throw reject('INPUT_BAD_BINDING', `bound by ${binder}, which is not the session key of player ${player} in this thread`, { binder, player })
  }
  return { raw, binding, id, leaf: hash32(concatBytes(raw, binding)), player, tx }
}

/**
 * Makes an input that the session key signs twice: as a type 2 transaction and as its binding. It is not decoded again.
 * @throws `INPUT_TOO_LARGE`, `KEY_INVALID`
 */
export function signInput (fields: InputFields, sessionKey: Uint8Array, context: Pick<InputContext, 'thread' | 'domain'>): SignedInput {
  const raw = encodeType2({ ...fields, gasPriceWei: fields.gasPriceWei ?? 0n }, threadChainId(context.thread), digest => sign(digest, sessionKey))
  checkSize(raw)
  return { raw, binding: bindingOf(raw, sessionKey, context) }
}

/**
 * The same, as the input that `player`'s own node enters: what it has just signed need not be verified.
 * @throws `INPUT_TOO_LARGE`, `KEY_INVALID`
 */
export function ownInput (fields: InputFields, sessionKey: Uint8Array, player: number, context: Pick<InputContext, 'thread' | 'domain'>): Input {
  const { raw, binding } = signInput(fields, sessionKey, context)
  const { nonce, gasLimit, to, valueWei, data } = fields
  const price = fields.gasPriceWei ?? 0n
  const tx: InputTransaction = { type: 2, nonce, gasLimit, gasPriceWei: price, maxFeePerGasWei: price, to, valueWei, data, accessList: [] }
  return { raw, binding, id: hash32(raw), leaf: hash32(concatBytes(raw, binding)), player, tx }
}

/**
 * Binds a transaction that a wallet (or the session key) signed. It is verified first: a session key binds only its own player's.
 * @throws as {@link decodeInput}; `INPUT_BAD_BINDING` when the session key is not the one of the player who signed
 */
export function bindInput (raw: Uint8Array, sessionKey: Uint8Array, context: InputContext): SignedInput {
  const { player } = verifyTransaction(raw, context)
  const binder = addressOf(sessionKey)
  if (binder !== context.terms.sessionKeys[player]) {
    throw reject('INPUT_BAD_BINDING', `player ${player} signed this transaction, and ${binder} is not its session key`, { binder, player })
  }
  return { raw, binding: bindingOf(raw, sessionKey, context) }
}

const INPUTS_TAG = keccak256(new TextEncoder().encode('evm-threads/inputs/1'))

/** The hash of a batch: of the tag and every input's leaf. Of the tag alone for slot (0, 0), which has no inputs. */
export function inputsRoot (inputs: readonly { readonly leaf: Hash32 }[]): Hash32 {
  return hash32(concatBytes(INPUTS_TAG, ...inputs.map(input => hexToBytes(input.leaf))))
}

/**
 * Gas that a transaction costs before its first opcode, by Cancun's rules: 21,000, calldata (EIP-2028), access list (EIP-2930), creation
 * and its initcode (EIP-2, EIP-3860).
 */
export function intrinsicGas (tx: InputTransaction): bigint {
  let gas = 21_000
  for (const byte of tx.data) gas += byte === 0 ? 4 : 16
  for (const entry of tx.accessList) gas += 2_400 + 1_900 * entry.storageKeys.length
  if (tx.to === undefined) gas += 32_000 + 2 * Math.ceil(tx.data.length / 32)
  return BigInt(gas)
}

/** Everything but the binding. */
function verifyTransaction (raw: Uint8Array, context: InputContext): { tx: InputTransaction, player: number } {
  checkSize(raw)
  const { tx, chainId, digest, signature } = parseTransaction(raw)
  const expected = threadChainId(context.thread)
  if (chainId !== expected) {
    throw reject('INPUT_WRONG_CHAIN', `signed for chain ${chainId}, this thread is chain ${expected}`, { chainId: chainId.toString(), expected: expected.toString() })
  }
  const signer = signerOf(digest, signature, 'INPUT_BAD_SIGNATURE')
  return { tx, player: playerOf(signer, context.terms) }
}

/** A wallet is no other player's session key (§1), so the order of the two searches does not matter. */
function playerOf (signer: Address, terms: Terms): number {
  const bySession = terms.sessionKeys.indexOf(signer)
  const player = bySession >= 0 ? bySession : terms.players.indexOf(signer)
  if (player < 0) throw reject('INPUT_NOT_A_PLAYER', `${signer} is no player of this thread, nor a session key`, { signer })
  return player
}

function signerOf (digest: Uint8Array, signature: Uint8Array, code: 'INPUT_BAD_SIGNATURE' | 'INPUT_BAD_BINDING'): Address {
  try {
    return recover(digest, signature)
  } catch (cause) {
    throw reject(code, 'the signature is malformed or malleable', {}, cause)
  }
}

function bindingOf (raw: Uint8Array, sessionKey: Uint8Array, context: Pick<InputContext, 'thread' | 'domain'>): Uint8Array {
  return sign(inputDigest(context.thread, hash32(raw), context.domain), sessionKey)
}

function checkSize (raw: Uint8Array): void {
  if (raw.length > MAX_RAW_BYTES) throw reject('INPUT_TOO_LARGE', `${raw.length} bytes, at most ${MAX_RAW_BYTES}`, { bytes: raw.length, most: MAX_RAW_BYTES })
}

function reject (code: string, message: string, data: Record<string, unknown>, cause?: unknown): ThreadsError {
  return new ThreadsError(code, message, { data, peerFault: 'reject', cause })
}
