/** The contract's code, pulled from the chain (§1: codeKind, codeSource, codeHash). */
import { ThreadsError } from '../errors.js'
import { hash32 } from '../protocol/crypto.js'
import { isCreationCode } from '../protocol/terms.js'
import type { Address, Hash32, Terms } from '../protocol/types.js'
import { readCode, type Sends } from './reads.js'

/** What an address offers for terms. */
export type FoundCode = { readonly kind: 0 | 1, readonly hash: Hash32, readonly code: Uint8Array }

/**
 * The code at an address: creation code where it begins with 0x00 (kind 0, without that byte), else a deployed contract's runtime code
 * (kind 1). @throws `CODE_NOT_FOUND`: nothing there, or an account that delegates (EIP-7702), which has no code of its own
 */
export async function findCode (rpc: Sends, address: Address): Promise<FoundCode> {
  const held = await readCode(rpc, address)
  const delegates = held[0] === 0xef && held[1] === 0x01 && held[2] === 0x00
  if (held.length === 0 || delegates) throw notFound(address)
  const kind = held[0] === 0 ? 0 : 1
  const code = kind === 0 ? held.subarray(1) : held
  if (code.length === 0) throw notFound(address)
  return { kind, hash: hash32(code), code }
}

/**
 * The code that the terms name: creation code (without 0x00) or runtime code.
 * @throws `CODE_NOT_FOUND`; `CODE_MISMATCH`: other code, or code of the other kind
 */
export async function codeOfTerms (rpc: Sends, terms: Pick<Terms, 'codeKind' | 'codeSource' | 'codeHash'>): Promise<Uint8Array> {
  const found = await findCode(rpc, terms.codeSource)
  if ((found.kind === 0) !== isCreationCode(terms) || found.hash !== terms.codeHash) {
    throw new ThreadsError('CODE_MISMATCH', `the code at ${terms.codeSource} is not the one that the terms name`, {
      data: { address: terms.codeSource, expectedKind: terms.codeKind, expected: terms.codeHash, kind: found.kind, hash: found.hash }
    })
  }
  return found.code
}

function notFound (address: Address): ThreadsError {
  return new ThreadsError('CODE_NOT_FOUND', `there is no code at ${address}`, { data: { address } })
}
