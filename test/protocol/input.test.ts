import { SigningKey, Transaction, type TransactionLike } from 'ethers'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bigintToBytes, bytesToBigint, bytesToHex, concatBytes, equalBytes, hexToBytes } from '../../src/protocol/bytes.js'
import { addressOf, hash32, sign } from '../../src/protocol/crypto.js'
import { bindInput, decodeInput, inputsRoot, intrinsicGas, signInput, type InputFields } from '../../src/protocol/input.js'
import { decodeRlp, encodeRlp, type RlpItem } from '../../src/protocol/rlp.js'
import { contractAddressOf, threadChainId, threadIdOf } from '../../src/protocol/terms.js'
import { inputDigest } from '../../src/protocol/typed-data.js'
import type { Hex, SignedInput, Terms } from '../../src/protocol/types.js'
import { arbitrary, context, domain, key, SESSIONS, STRANGER, terms, thread, throwsCode, WALLETS } from './fixtures.js'

const test = suite('input')
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const chainId = threadChainId(thread)
const to = contractAddressOf(thread, domain.court)
const fields: InputFields = { nonce: 1n, gasLimit: 100_000n, to, valueWei: 5n, data: Uint8Array.of(1, 0, 2) }

/** A raw transaction by ethers. */
function byEthers (transaction: TransactionLike<string>, privateKey: Uint8Array): Uint8Array {
  const tx = Transaction.from({ chainId, nonce: 1, gasLimit: 100_000, to, ...transaction })
  tx.signature = new SigningKey(privateKey).sign(tx.unsignedHash)
  return hexToBytes(tx.serialized as Hex)
}

/** A raw transaction with a binding by this session key, whatever it is. */
function bound (raw: Uint8Array, sessionKey: Uint8Array = SESSIONS[0]): SignedInput {
  return { raw, binding: sign(inputDigest(thread, hash32(raw), domain), sessionKey) }
}

/** The type 2 transaction with some fields replaced, its signature left as it was. */
function withFields (raw: Uint8Array, change: Record<number, RlpItem>): Uint8Array {
  const items = [...decodeRlp(raw.subarray(1)) as RlpItem[]]
  for (const [index, item] of Object.entries(change)) items[Number(index)] = item
  return concatBytes(raw.subarray(0, 1), encodeRlp(items))
}

function refused (input: SignedInput, code: string, within = context): void {
  throwsCode(() => decodeInput(input, within), code, 'reject')
}

test('what a session key signs is read back, and is the transaction that ethers would make', () => {
  // ethers takes no nonce beyond the safe integers.
  const nonces = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n })
  const gasLimits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  fc.assert(fc.property(nonces, gasLimits, arbitrary.uint256, arbitrary.uint256, fc.uint8Array({ maxLength: 100 }), fc.boolean(),
    (nonce, gasLimit, valueWei, gasPriceWei, data, creates) => {
      const input = decodeInput(signInput({ nonce, gasLimit, valueWei, gasPriceWei, data, to: creates ? undefined : to }, SESSIONS[1], context), context)
      assert.is(input.player, 1)
      assert.equal(input.tx, { type: 2, nonce, gasLimit, valueWei, gasPriceWei, maxFeePerGasWei: gasPriceWei, data, to: creates ? undefined : to, accessList: [] })
      const tx = Transaction.from(bytesToHex(input.raw))
      assert.is(tx.hash, input.id)
      assert.is(tx.from?.toLowerCase(), terms.sessionKeys[1])
      assert.is(tx.chainId, chainId)
      assert.is(hash32(concatBytes(input.raw, input.binding)), input.leaf)
    }), { numRuns: 25 })
})

test('a gas price left out is zero', () => {
  assert.is(decodeInput(signInput(fields, SESSIONS[0], context), context).tx.maxFeePerGasWei, 0n)
})

test('a transaction of each type, by wallet or session key, is an input of its player', () => {
  const kinds: TransactionLike<string>[] = [
    { type: 0, gasPrice: 7n },
    { type: 1, gasPrice: 7n, accessList: [{ address: to, storageKeys: [terms.salt] }] },
    { type: 2, maxFeePerGas: 9n, maxPriorityFeePerGas: 7n, accessList: [{ address: to, storageKeys: [] }] }
  ]
  for (const kind of kinds) {
    for (const player of [0, 1] as const) {
      for (const signer of [WALLETS[player], SESSIONS[player]]) {
        const input = decodeInput(bindInput(byEthers(kind, signer), SESSIONS[player], context), context)
        assert.is(input.player, player)
        assert.is(input.tx.type, kind.type)
        assert.is(input.tx.gasPriceWei, 7n)
        assert.is(input.tx.maxFeePerGasWei, kind.type === 2 ? 9n : 7n)
        assert.is(input.tx.accessList.length, kind.accessList?.length ?? 0)
      }
    }
  }
})

test('another\'s transaction, or one for another chain, is refused', () => {
  refused(bound(byEthers({ type: 2 }, STRANGER)), 'INPUT_NOT_A_PLAYER')
  for (const type of [0, 1, 2]) refused(bound(byEthers({ type, chainId: chainId + 1n }, WALLETS[0])), 'INPUT_WRONG_CHAIN')
})

test('types that are not 0, 1, 2, and legacy without a chain id, are refused', () => {
  const raw = byEthers({ type: 2 }, WALLETS[0])
  for (const type of [0x00, 0x03, 0x04, 0x7f]) refused(bound(concatBytes(Uint8Array.of(type), raw.subarray(1))), 'INPUT_UNSUPPORTED_TYPE')
  refused(bound(byEthers({ type: 0, chainId: 0 }, WALLETS[0])), 'INPUT_UNSUPPORTED_TYPE')
  for (const first of [0x80, 0xbf]) refused(bound(concatBytes(Uint8Array.of(first), raw.subarray(1))), 'INPUT_MALFORMED')
})

test('a binding by another key, for another thread or court, or malleable, is refused', () => {
  const { raw, binding } = signInput(fields, SESSIONS[0], context)
  refused({ raw, binding: bound(raw, SESSIONS[1]).binding }, 'INPUT_BAD_BINDING')
  refused({ raw, binding: bound(raw, WALLETS[0]).binding }, 'INPUT_BAD_BINDING')
  refused({ raw, binding: bound(raw, STRANGER).binding }, 'INPUT_BAD_BINDING')
  refused({ raw, binding: sign(inputDigest(thread, hash32(raw), { ...domain, chainId: 1n }), SESSIONS[0]) }, 'INPUT_BAD_BINDING')
  refused({ raw, binding: sign(inputDigest(thread, hash32(raw), { ...domain, court: to }), SESSIONS[0]) }, 'INPUT_BAD_BINDING')
  for (const bad of [new Uint8Array(0), binding.slice(0, 64), concatBytes(binding, Uint8Array.of(0)), malleated(binding)]) refused({ raw, binding: bad }, 'INPUT_BAD_BINDING')
})

test('an input bound to a thread of the same players is refused in another, even with the chain id changed', () => {
  const other: Terms = { ...terms, salt: hash32(key(9)) }
  const elsewhere = { thread: threadIdOf(other, domain), terms: other, domain }
  const input = signInput(fields, SESSIONS[0], context)
  refused(input, 'INPUT_WRONG_CHAIN', elsewhere)
  // Two threads whose chain ids collide: the binding alone tells them apart.
  const colliding = { ...context, thread: `${thread.slice(0, 16)}${'00'.repeat(25)}` as typeof thread }
  assert.is(threadChainId(colliding.thread), chainId)
  refused(input, 'INPUT_BAD_BINDING', colliding)
})

test('a malleable or impossible transaction signature is refused', () => {
  const { raw } = signInput(fields, SESSIONS[0], context)
  const items = decodeRlp(raw.subarray(1)) as Uint8Array[]
  const [parity, s] = [items[9] ?? raw, items[11] ?? raw]
  const high = bigintToBytes(ORDER - bytesToBigint(s), 32)
  refused(bound(withFields(raw, { 9: parity.length === 0 ? Uint8Array.of(1) : new Uint8Array(0), 11: high })), 'INPUT_BAD_SIGNATURE')
  refused(bound(withFields(raw, { 10: new Uint8Array(0) })), 'INPUT_BAD_SIGNATURE')
  refused(bound(withFields(raw, { 11: new Uint8Array(0) })), 'INPUT_BAD_SIGNATURE')
  refused(bound(withFields(raw, { 10: bigintToBytes(ORDER, 32) })), 'INPUT_BAD_SIGNATURE')
})

test('fields of the wrong form are refused before any signature is looked at', () => {
  const { raw } = signInput({ ...fields, gasPriceWei: 2n }, SESSIONS[0], context)
  const forms: Record<string, Record<number, RlpItem>> = {
    'a nonce with a leading zero': { 1: Uint8Array.of(0, 1) },
    'a zero written as a byte': { 1: Uint8Array.of(0) },
    'the nonce that EIP-2681 forbids': { 1: new Uint8Array(8).fill(255) },
    'a nonce of 9 bytes': { 1: new Uint8Array(9).fill(1) },
    'a tip above the cap': { 2: Uint8Array.of(3) },
    'a gas limit of 9 bytes': { 4: new Uint8Array(9).fill(1) },
    'a recipient of 19 bytes': { 5: new Uint8Array(19).fill(1) },
    'a recipient of 32 bytes': { 5: new Uint8Array(32).fill(1) },
    'a value of 33 bytes': { 6: new Uint8Array(33).fill(1) },
    'a list as data': { 7: [] },
    'bytes as access list': { 8: new Uint8Array(0) },
    'an entry without keys': { 8: [[new Uint8Array(20)]] },
    'an entry with three parts': { 8: [[new Uint8Array(20), [], []]] },
    'an access list address of 21 bytes': { 8: [[new Uint8Array(21), []]] },
    'a storage key of 31 bytes': { 8: [[new Uint8Array(20), [new Uint8Array(31)]]] },
    'a parity of 2': { 9: Uint8Array.of(2) },
    'an r of 33 bytes': { 10: new Uint8Array(33).fill(1) },
    'one field more': { 12: new Uint8Array(0) }
  }
  for (const [name, change] of Object.entries(forms)) assert.ok(throwsCode(() => decodeInput(bound(withFields(raw, change)), context), 'INPUT_MALFORMED', 'reject'), name)
  for (const bad of [new Uint8Array(0), raw.slice(0, -1), concatBytes(raw, Uint8Array.of(0)), Uint8Array.of(2), Uint8Array.of(2, 0xc0), raw.subarray(1, 40)]) refused(bound(bad), 'INPUT_MALFORMED')
})

test('RLP that means the same but is not canonical is refused', () => {
  const raw = byEthers({ type: 0, gasPrice: 1n }, WALLETS[0])
  const body = raw.subarray(2)
  assert.is(raw[0], 0xf8)
  // The nonce 1 as 0x8101 instead of 0x01, and the list's length in two bytes instead of one.
  refused(bound(concatBytes(Uint8Array.of(0xf8, body.length + 1, 0x81), body)), 'INPUT_MALFORMED')
  refused(bound(concatBytes(Uint8Array.of(0xf9, 0, body.length), body)), 'INPUT_MALFORMED')
})

test('a changed byte anywhere is refused', () => {
  const { raw, binding } = signInput(fields, SESSIONS[0], context)
  for (let at = 0; at < raw.length + binding.length; at += 5) {
    const whole = concatBytes(raw, binding)
    whole[at] = (whole[at] ?? 0) ^ 1
    assert.throws(() => decodeInput({ raw: whole.subarray(0, raw.length), binding: whole.subarray(raw.length) }, context))
  }
})

test('a transaction at the size limit is taken, one byte more is not', () => {
  const overhead = signInput({ ...fields, data: new Uint8Array(32_000) }, SESSIONS[0], context).raw.length - 32_000
  // r and s lose a leading zero once in 128 signatures, so the fit is searched with the nonce.
  let fitting: SignedInput | undefined
  for (let nonce = 1n; fitting === undefined && nonce < 100n; nonce++) {
    const input = signInput({ ...fields, nonce, data: new Uint8Array(32_768 - overhead) }, SESSIONS[0], context)
    if (input.raw.length === 32_768) fitting = input
  }
  assert.ok(fitting)
  assert.is(decodeInput(fitting, context).raw.length, 32_768)
  refused(bound(concatBytes(fitting.raw, Uint8Array.of(0))), 'INPUT_TOO_LARGE')
  throwsCode(() => signInput({ ...fields, data: new Uint8Array(32_768) }, SESSIONS[0], context), 'INPUT_TOO_LARGE', 'reject')
})

test('a session key binds only its own player\'s transactions', () => {
  const raw = byEthers({ type: 2 }, WALLETS[0])
  assert.ok(equalBytes(bindInput(raw, SESSIONS[0], context).binding, bound(raw).binding))
  throwsCode(() => bindInput(raw, SESSIONS[1], context), 'INPUT_BAD_BINDING', 'reject')
  throwsCode(() => bindInput(byEthers({ type: 2 }, STRANGER), SESSIONS[0], context), 'INPUT_NOT_A_PLAYER', 'reject')
})

test('the inputs root depends on every leaf and their order', () => {
  const leaves = [key(1), key(2)].map(bytes => ({ leaf: hash32(bytes) }))
  const roots = [[], leaves.slice(0, 1), leaves, [...leaves].reverse()].map(inputsRoot)
  assert.is(new Set(roots).size, 4)
})

test('intrinsic gas counts calldata, access list and initcode as Cancun does', () => {
  const tx = decodeInput(signInput(fields, SESSIONS[0], context), context).tx
  assert.is(intrinsicGas(tx), 21_000n + 16n + 4n + 16n)
  assert.is(intrinsicGas({ ...tx, accessList: [{ address: to, storageKeys: [terms.salt, terms.codeHash] }] }), 21_036n + 2_400n + 3_800n)
  assert.is(intrinsicGas({ ...tx, to: undefined, data: new Uint8Array(33) }), 21_000n + 33n * 4n + 32_000n + 4n)
})

test('addresses of the fixture are distinct players', () => {
  assert.is(new Set([...WALLETS, ...SESSIONS, STRANGER].map(addressOf)).size, 5)
})

/** The other signature of the same message: s mirrored, v flipped. */
function malleated (signature: Uint8Array): Uint8Array {
  const s = ORDER - bytesToBigint(signature.subarray(32, 64))
  return concatBytes(signature.subarray(0, 32), bigintToBytes(s, 32), Uint8Array.of(signature[64] === 27 ? 28 : 27))
}

test.run()
