/**
 * Hashing and signing, synchronous once this module is imported. Native where it can be (see `cryptoBackend`); importing it also
 * gives ethers the fast keccak.
 */
import { keccak256 as ethersKeccak256 } from 'ethers'
import { createKeccak } from 'hash-wasm'
import { ThreadsError } from '../errors.js'
import { asHash32, bytesToHex } from './bytes.js'
import { loadNativeCurve, portableCurve, type Curve } from './curve.js'
import type { Address, Hash32, Signature } from './types.js'

const native = loadNativeCurve()
const curve: Curve = native ?? portableCurve

/** Which secp256k1 serves: `native` is libsecp256k1, `portable` is ethers' JavaScript, about ten times slower. */
export const cryptoBackend: 'native' | 'portable' = native === undefined ? 'portable' : 'native'

// One hasher for all: it keeps state between init and digest, but nothing can come between them in one synchronous call.
const hasher = await createKeccak(256)

/** Ethereum's keccak-256, 32 bytes. */
export function keccak256 (bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest('binary')
}

ethersKeccak256.register(keccak256)

/** {@link keccak256} as a {@link Hash32}. */
export function hash32 (bytes: Uint8Array): Hash32 {
  return asHash32(keccak256(bytes))
}

/**
 * Signs a 32-byte digest: RFC 6979, low s, r ‖ s ‖ v with v 27 or 28.
 * @throws `KEY_INVALID` for a private key that is not 32 bytes or not in 1..order-1; `BYTES_BAD_LENGTH` for another digest length
 */
export function sign (digest: Uint8Array, privateKey: Uint8Array): Signature {
  checkDigest(digest)
  try {
    const { compact, parity } = curve.sign(digest, privateKey)
    const signature = new Uint8Array(65)
    signature.set(compact)
    signature[64] = 27 + parity
    return signature
  } catch (cause) {
    throw invalidKey('private', cause)
  }
}

/**
 * The signer of a digest.
 * @throws `SIGNATURE_MALFORMED` (the sender's fault): not 65 bytes, v not 27 or 28, r or s zero or not below the order, s in the
 *   upper half (EIP-2), or no point with that r; `BYTES_BAD_LENGTH` for a digest that is not 32 bytes
 */
export function recover (digest: Uint8Array, signature: Signature): Address {
  checkDigest(digest)
  checkSignatureForm(signature)
  try {
    return addressOfPoint(curve.recover(digest, signature.subarray(0, 64), signature[64] === 27 ? 0 : 1))
  } catch (cause) {
    throw malformed('no public key answers to r, s and v', cause)
  }
}

/** Whether `signer` signed `digest`; false for a malformed signature too. */
export function verify (digest: Uint8Array, signature: Signature, signer: Address): boolean {
  try {
    return recover(digest, signature) === signer
  } catch (error) {
    if (error instanceof ThreadsError && error.code === 'SIGNATURE_MALFORMED') return false
    throw error
  }
}

/** The address of a private key. @throws `KEY_INVALID` */
export function addressOf (privateKey: Uint8Array): Address {
  try {
    return addressOfPoint(curve.publicKey(privateKey))
  } catch (cause) {
    throw invalidKey('private', cause)
  }
}

/** The address of a public key, compressed (33 bytes) or not (65). @throws `KEY_INVALID` */
export function publicKeyToAddress (publicKey: Uint8Array): Address {
  try {
    return addressOfPoint(curve.uncompress(publicKey))
  } catch (cause) {
    throw invalidKey('public', cause)
  }
}

/** The last 20 bytes of the hash of an uncompressed public key without its first byte. */
function addressOfPoint (publicKey: Uint8Array): Address {
  return bytesToHex(keccak256(publicKey.subarray(1)).subarray(12)) as Address
}

/** Half the order of secp256k1, rounded down: the highest s that is not malleable. */
const HALF_ORDER = Uint8Array.of(
  0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
  0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0)

function checkSignatureForm (signature: Signature): void {
  if (signature.length !== 65) throw malformed(`a signature has 65 bytes, not ${signature.length}`)
  if (signature[64] !== 27 && signature[64] !== 28) throw malformed(`v is 27 or 28, not ${signature[64]}`)
  if (isZero(signature, 0) || isZero(signature, 32)) throw malformed('r and s are not zero')
  for (let i = 0; i < 32; i++) {
    const byte = signature[32 + i] ?? 0
    const most = HALF_ORDER[i] ?? 0
    if (byte < most) break
    if (byte > most) throw malformed('s is in the upper half of the order')
  }
}

function isZero (bytes: Uint8Array, from: number): boolean {
  for (let i = from; i < from + 32; i++) if (bytes[i] !== 0) return false
  return true
}

function checkDigest (digest: Uint8Array): void {
  if (digest.length !== 32) throw new ThreadsError('BYTES_BAD_LENGTH', `expected a digest of 32 bytes, got ${digest.length}`, { data: { got: digest.length, expected: 32 } })
}

function malformed (message: string, cause?: unknown): ThreadsError {
  return new ThreadsError('SIGNATURE_MALFORMED', message, { peerFault: 'reject', cause })
}

function invalidKey (which: 'private' | 'public', cause: unknown): ThreadsError {
  // The cause is kept, the key never: errors are logged.
  return new ThreadsError('KEY_INVALID', `not a ${which} key of secp256k1`, { data: { which }, cause })
}
