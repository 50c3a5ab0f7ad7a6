// time limit: 240 s
/** The judge reads signed transactions as src/protocol does: the one canonical form of three types, and nothing else. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToBigint, concatBytes, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { keccak256, sign } from '../../src/protocol/crypto.js'
import { bindInput } from '../../src/protocol/input.js'
import { decodeRlp, encodeRlp, integerBytes, type RlpItem } from '../../src/protocol/rlp.js'
import { threadChainId } from '../../src/protocol/terms.js'
import type { Input } from '../../src/protocol/types.js'
import { Machine } from '../../src/machine/machine.js'
import { completed, createVerifier, errorOf, exhibit, matterFor } from './judging.js'
import { batchOf, SESSIONS, threadFor, WALLETS } from './thread.js'

const test = suite('judge-transaction')
const verifier = await createVerifier()
const thread = threadFor(hexToBytes('0x60015f5500'), { codeKind: 1 })
const { machine } = await Machine.genesis(thread.context, thread.code)
const chainId = threadChainId(thread.context.thread)
const list = [{ address: machine.contract, storageKeys: [ZERO_HASH, `0x${'11'.repeat(32)}`] }, { address: `0x${'99'.repeat(20)}`, storageKeys: [] }]
const fields = { nonce: 1, to: machine.contract, gasLimit: 100_000n, value: 5n, data: '0x00ff00' }
const INPUTS: readonly [string, Input][] = [
  ['legacy', thread.walletInput(0, { type: 0, gasPrice: 1n, ...fields })],
  ['2930', thread.walletInput(0, { type: 1, gasPrice: 0n, accessList: list, ...fields })],
  ['1559', thread.walletInput(0, { type: 2, maxFeePerGas: 9n, maxPriorityFeePerGas: 2n, accessList: list, ...fields })],
  ['of the session key', thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 100_000n })],
  ['a creation', thread.input(0, { nonce: 1n, gasLimit: 100_000n, data: Uint8Array.of(0) })],
  ['long', thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 1_000_000n, data: new Uint8Array(300).map((_, i) => i % 3) })]
]
const NOTHING = new Uint8Array()
const NAMED = new Set(['NotCanonical', 'BadField', 'TrailingBytes', 'UnknownType', 'WrongChain', 'HighS', 'NotTheSigner', 'InputTooLong'])

/** What the judge says to these bytes on the thread's first state, with everything that the input behind them touches. */
async function judged (input: Input, raw: Uint8Array): Promise<string> {
  const matter = await matterFor(machine, batchOf(1n, [input]), input)
  return errorOf(await exhibit(verifier, matter, () => ({ raw })))
}

test('each type is read as it is here: same sender, gas and effect', async () => {
  for (const [about, input] of INPUTS) {
    const batch = batchOf(1n, [input])
    const verdict = await completed(verifier, await matterFor(machine, batch, input))
    const prepared = await machine.prepare(batch)
    assert.equal([verdict.newRoot, verdict.gasUsed], [prepared.root, prepared.gasUsed], about)
  }
})

test('with any byte changed, a raw transaction is refused by name', async () => {
  for (const [about, input] of INPUTS) {
    const matter = await matterFor(machine, batchOf(1n, [input]), input)
    // The zeros in the middle of long data are all alike.
    for (let i = 0; i < input.raw.length; i += input.raw.length > 300 && i > 50 ? 13 : 1) {
      for (const flip of [1 << i % 8, 0x80 >> i % 7]) {
        const raw = input.raw.map((byte, at) => at === i ? byte ^ flip : byte)
        const said = errorOf(await exhibit(verifier, matter, () => ({ raw })))
        assert.ok(NAMED.has(said), `${about}, byte ${i} ^ ${flip}: ${said}`)
        assert.throws(() => bindInput(raw, SESSIONS[0], thread.context))
      }
    }
  }
})

test('cut short anywhere, or with a byte more, it is refused', async () => {
  for (const [about, input] of INPUTS) {
    const matter = await matterFor(machine, batchOf(1n, [input]), input)
    for (let size = 0; size < input.raw.length; size += input.raw.length > 200 ? 9 : 3) {
      const said = errorOf(await exhibit(verifier, matter, () => ({ raw: input.raw.slice(0, size) })))
      assert.is(said, 'NotCanonical', `${about}, ${size} bytes`)
    }
    assert.is(await judged(input, Uint8Array.of(...input.raw, 0)), 'TrailingBytes', about)
  }
})

// ---------------------------------------------------------------- forms that mean the same, signed as they are

/** A type 2 transaction from encoded fields, whatever they are, signed by the wallet over those very bytes. */
function forged (change: Record<number, Uint8Array>, head = listHead, tail: Uint8Array = NOTHING): Uint8Array {
  const encoded = honestFields().map((item, index) => change[index] ?? encodeRlp(item))
  const unsigned = concatBytes(...encoded.slice(0, 9))
  const signature = sign(keccak256(concatBytes(Uint8Array.of(2), listHead(unsigned.length), unsigned)), WALLETS[0])
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32, 64)].map((part) => encodeRlp(integerBytes(bytesToBigint(part))))
  const parity = change[9] ?? encodeRlp(integerBytes(BigInt((signature[64] ?? 27) - 27)))
  const body = concatBytes(unsigned, parity, change[10] ?? r ?? NOTHING, change[11] ?? s ?? NOTHING, tail)
  return concatBytes(Uint8Array.of(2), head(body.length), body)
}

function honestFields (): RlpItem[] {
  const access = [[hexToBytes(machine.contract), [new Uint8Array(32)]]]
  return [...[chainId, 1n, 2n, 9n, 100_000n].map(integerBytes), hexToBytes(machine.contract), integerBytes(5n), Uint8Array.of(0, 255), access]
}

function listHead (length: number): Uint8Array {
  if (length <= 55) return Uint8Array.of(0xc0 + length)
  const size = integerBytes(BigInt(length))
  return concatBytes(Uint8Array.of(0xf7 + size.length), size)
}

const bytes = (hex: string): Uint8Array => hexToBytes(`0x${hex}`)

test('a form that means the same and is not the canonical one is refused, though it is signed', async () => {
  const touching = INPUTS[2]?.[1]
  if (touching === undefined) throw new Error('no such input')
  const address = machine.contract.slice(2)
  const key = '00'.repeat(32)
  const cases: [string, string, Uint8Array][] = [
    ['nothing changed', 'a verdict: final', forged({})],
    ['a leading zero in the nonce', 'BadField', forged({ 1: bytes('820001') })],
    ['a zero that is not empty', 'BadField', forged({ 2: bytes('00') })],
    ['one byte in long form', 'NotCanonical', forged({ 1: bytes('8101') })],
    ['a short string in long form', 'NotCanonical', forged({ 7: bytes('b80200ff') })],
    ['a length with a leading zero', 'NotCanonical', forged({ 7: concatBytes(bytes('b90038'), new Uint8Array(56)) })],
    ['a list in long form', 'NotCanonical', forged({ 8: bytes('f800') })],
    ['a list where bytes belong', 'BadField', forged({ 7: bytes('c0') })],
    ['bytes where a list belongs', 'BadField', forged({ 8: bytes('80') })],
    ['a recipient of 19 bytes', 'BadField', forged({ 5: concatBytes(bytes('93'), new Uint8Array(19)) })],
    ['a recipient of 21 bytes', 'BadField', forged({ 5: concatBytes(bytes('95'), new Uint8Array(21)) })],
    ['a gas limit of 9 bytes', 'BadField', forged({ 4: concatBytes(bytes('8901'), new Uint8Array(8)) })],
    ['a value of 33 bytes', 'BadField', forged({ 6: concatBytes(bytes('a101'), new Uint8Array(32)) })],
    ['the highest nonce (EIP-2681)', 'BadField', forged({ 1: bytes('88ffffffffffffffff') })],
    ['a tip above the cap', 'BadField', forged({ 2: bytes('0a') })],
    ['a parity of 2', 'BadField', forged({ 9: bytes('02') })],
    ['a parity of 27', 'BadField', forged({ 9: bytes('1b') })],
    ['an r with a leading zero', 'BadField', forged({ 10: concatBytes(bytes('a000'), new Uint8Array(31).fill(1)) })],
    ['an r of nothing', 'NotTheSigner', forged({ 10: bytes('80') })],
    ['an s of nothing', 'NotTheSigner', forged({ 11: bytes('80') })],
    ['a field too many', 'TrailingBytes', forged({}, undefined, bytes('80'))],
    ['a head that is too long', 'NotCanonical', forged({}, (length) => concatBytes(bytes('f900'), Uint8Array.of(length)))],
    ['an entry without keys', 'NotCanonical', forged({ 8: concatBytes(bytes('d6d594'), bytes(address)) })],
    ['an entry of three', 'BadField', forged({ 8: concatBytes(bytes('d8d794'), bytes(address), bytes('c0c0')) })],
    ['a key of 31 bytes', 'BadField', forged({ 8: encodeRlp([[bytes(address), [new Uint8Array(31)]]]) })],
    ['keys of 31 and 33 bytes', 'BadField', forged({ 8: encodeRlp([[bytes(address), [new Uint8Array(31), new Uint8Array(33)]]]) })],
    ['a list among the keys', 'BadField', forged({ 8: encodeRlp([[bytes(address), [[bytes(key)]]]]) })],
    ['a list of 32 bytes as a key', 'BadField', forged({ 8: encodeRlp([[bytes(address), [Array<Uint8Array>(32).fill(bytes('05'))]]]) })],
    ['an address of 19 bytes in the list', 'BadField', forged({ 8: encodeRlp([[new Uint8Array(19), []]]) })],
    ['bytes instead of an entry', 'BadField', forged({ 8: encodeRlp([bytes(address)]) })]
  ]
  for (const [about, expected, raw] of cases) {
    assert.is(await judged(touching, raw), expected, about)
    const here = (): unknown => bindInput(raw, SESSIONS[0], thread.context)
    if (expected.startsWith('a verdict')) here()
    else assert.throws(here, undefined, about)
  }
})

test('a signature with a high s is refused, in each type', async () => {
  const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  for (const [about, input] of INPUTS) {
    const typed = (input.raw[0] ?? 0) < 0x80
    const items = [...decodeRlp(typed ? input.raw.subarray(1) : input.raw) as RlpItem[]]
    const [v, , s] = items.slice(-3) as [Uint8Array, Uint8Array, Uint8Array]
    const other = typed ? 1n - bytesToBigint(v) : ((bytesToBigint(v) - 35n) ^ 1n) + 35n
    items.splice(-3, 1, integerBytes(other))
    items.splice(-1, 1, integerBytes(ORDER - bytesToBigint(s)))
    const raw = concatBytes(typed ? input.raw.subarray(0, 1) : new Uint8Array(), encodeRlp(items))
    assert.is(await judged(input, raw), 'HighS', about)
  }
})

test('other types, and legacy transactions for every chain, are refused', async () => {
  const [, input] = INPUTS[0] ?? []
  if (input === undefined) throw new Error('no such input')
  for (const type of [0, 3, 4, 0x7f, 0x80, 0xbf]) assert.is(await judged(input, Uint8Array.of(type, ...input.raw)), 'UnknownType', `type ${type}`)
  const items = [...decodeRlp(input.raw) as RlpItem[]]
  for (const v of [0n, 27n, 28n, 34n]) assert.is(await judged(input, encodeRlp(items.map((item, index) => index === 6 ? integerBytes(v) : item))), 'UnknownType', `v ${v}`)
  assert.is(await judged(input, encodeRlp(items.map((item, index) => index === 6 ? integerBytes(37n) : item))), 'WrongChain')
})

test('who is neither the wallet nor the session key of the case is not the signer', async () => {
  const matter = await matterFor(machine, batchOf(1n, [thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 100_000n })]), thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 100_000n }))
  const other = thread.input(1, { nonce: 1n, to: machine.contract, gasLimit: 100_000n })
  assert.is(errorOf(await exhibit(verifier, matter, () => ({ raw: other.raw }))), 'NotTheSigner')
})

test.run()
