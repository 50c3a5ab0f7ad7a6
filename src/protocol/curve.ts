/**
 * The two implementations of secp256k1 that `crypto.ts` chooses from: libsecp256k1 (Node) and ethers' (a browser, or a
 * platform without a prebuilt binary). Both sign by RFC 6979 with low s, so their signatures are the same bytes.
 */
import { SigningKey } from 'ethers'
import { bytesToHex, concatBytes, hexToBytes } from './bytes.js'

/** What is needed of the curve. Every function throws (anything) on bad arguments; `crypto.ts` gives that its code. */
export type Curve = {
  /** RFC 6979, low s. `compact` is r ‖ s. */
  sign (digest: Uint8Array, privateKey: Uint8Array): { compact: Uint8Array, parity: 0 | 1 }
  /** The uncompressed public key (65 bytes) that made this signature. */
  recover (digest: Uint8Array, compact: Uint8Array, parity: 0 | 1): Uint8Array
  /** The uncompressed public key of a private one. */
  publicKey (privateKey: Uint8Array): Uint8Array
  /** The uncompressed form of a public key of 33 or 65 bytes. */
  uncompress (publicKey: Uint8Array): Uint8Array
}

/**
 * libsecp256k1 through the bindings of the `secp256k1` package. Its main entry is not used: that one falls back silently to
 * pure JavaScript, ten times slower. Undefined where there is no Node or no binary for the platform.
 */
export function loadNativeCurve (): Curve | undefined {
  // getBuiltinModule instead of an import: a bundler for the browser must not follow it.
  const createRequire = globalThis.process?.getBuiltinModule?.('node:module')?.createRequire
  if (createRequire === undefined) return undefined
  let native: typeof import('secp256k1')
  try {
    native = createRequire(import.meta.url)('secp256k1/bindings.js')
  } catch {
    return undefined // no binary for this platform: the caller reports the backend as 'portable'
  }
  return {
    sign (digest, privateKey) {
      const { signature, recid } = native.ecdsaSign(digest, privateKey)
      return { compact: signature, parity: (recid & 1) as 0 | 1 }
    },
    recover: (digest, compact, parity) => native.ecdsaRecover(compact, parity, digest, false),
    publicKey: privateKey => native.publicKeyCreate(privateKey, false),
    uncompress: publicKey => native.publicKeyConvert(publicKey, false)
  }
}

/** The same by ethers' own crypto, about ten times slower. */
export const portableCurve: Curve = {
  sign (digest, privateKey) {
    const signature = new SigningKey(privateKey).sign(digest)
    return { compact: concatBytes(hexToBytes(signature.r as `0x${string}`), hexToBytes(signature.s as `0x${string}`)), parity: signature.yParity }
  },
  recover (digest, compact, parity) {
    const r = bytesToHex(compact.subarray(0, 32))
    const s = bytesToHex(compact.subarray(32, 64))
    return hexToBytes(SigningKey.recoverPublicKey(digest, { r, s, v: 27 + parity }) as `0x${string}`)
  },
  publicKey: privateKey => hexToBytes(SigningKey.computePublicKey(privateKey, false) as `0x${string}`),
  uncompress: publicKey => hexToBytes(SigningKey.computePublicKey(publicKey, false) as `0x${string}`)
}
