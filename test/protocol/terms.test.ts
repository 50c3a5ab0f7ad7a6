import { AbiCoder, getCreateAddress, getCreate2Address, keccak256 } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concatBytes, hexToBytes, ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import { addressOf, hash32 } from '../../src/protocol/crypto.js'
import { contractAddressOf, decodeTerms, encodeTerms, payeesOf, potOf, scaleOf, TERMS_ABI, termsFromAbi, termsToAbi, threadChainId, threadIdOf } from '../../src/protocol/terms.js'
import { cautionsOf, checkTerms } from '../../src/protocol/check-terms.js'
import type { Address, Hex, Terms } from '../../src/protocol/types.js'
import { domain, key, terms, thread, throwsCode } from './fixtures.js'

const test = suite('terms')
const accounts = Array.from({ length: 40 }, (_, i) => addressOf(key(i + 1)))
const oracle = addressOf(key(0x99))

/** Terms with this many players, otherwise the fixture's. */
function withPlayers (count: number): Terms {
  return {
    ...terms,
    players: accounts.slice(0, count),
    sessionKeys: accounts.slice(20, 20 + count),
    deposits: new Array<bigint>(count).fill(1n),
    shares: new Array<bigint>(count).fill(1n)
  }
}

function refused (change: Partial<Terms>, field: string): void {
  assert.is(throwsCode(() => checkTerms({ ...terms, ...change }), 'TERMS_INVALID').data['field'], field)
}

/** The contract may wait. */
const routine = { codeKind: 2 as const, settlement: '0x12345678' as const }

test('terms at every limit are accepted', () => {
  for (const count of [2, 16]) checkTerms(withPlayers(count))
  for (const change of [
    { sessionKeys: terms.players },
    { deposits: [0n, 0n] }, { deposits: [2n ** 128n - 2n, 1n] },
    { assetDecimals: 0, deposits: [(2n ** 128n - 1n) / 10n ** 18n, 0n] },
    { shares: [0n, 2n ** 32n - 1n] },
    { ctorArg: new Uint8Array(4096) },
    { codeKind: 1 as const, ctorArg: new Uint8Array(0) },
    { oracle, oracleFee: 1n }, { oracle, oracleFee: 0n },
    { windowSec: 1n }, { windowSec: 2n ** 31n }, { timeBankSec: 4n }, { timeBankSec: 2n ** 32n - 1n },
    { forcedMoves: 1, timeBankSec: 1n }, { forcedMoves: 65_535, timeBankSec: 65_535n },
    { gasLimit: 21_000n }, { gasLimit: 6_000_000n },
    { ...routine, pieceGas: 50_000n }, { ...routine, codeKind: 3 as const, ctorArg: new Uint8Array(0), pieceGas: terms.gasLimit }, { ...routine, pieceGas: 0n },
    { joinDeadlineSec: 0n }, { joinDeadlineSec: 2n ** 64n - 1n }
  ]) checkTerms({ ...terms, ...change })
})

test('players and session keys that are too few, too many, equal, zero or each other\'s are refused', () => {
  const [first, second] = terms.players as [Address, Address]
  const [session] = terms.sessionKeys as [Address]
  for (const count of [1, 17]) assert.is(throwsCode(() => checkTerms(withPlayers(count)), 'TERMS_INVALID').data['field'], 'players')
  refused({ players: [first, first] }, 'players')
  refused({ players: [first, ZERO_ADDRESS] }, 'players')
  refused({ players: [first, second.toUpperCase().replace('X', 'x') as Address] }, 'players')
  refused({ sessionKeys: [session] }, 'sessionKeys')
  refused({ sessionKeys: [session, session] }, 'sessionKeys')
  refused({ sessionKeys: [session, ZERO_ADDRESS] }, 'sessionKeys')
  refused({ sessionKeys: [second, first] }, 'sessionKeys')
  refused({ sessionKeys: [session, first] }, 'sessionKeys')
})

test('money just over its limits is refused', () => {
  refused({ deposits: [1n] }, 'deposits')
  refused({ deposits: [1n, -1n] }, 'deposits')
  refused({ deposits: [2n ** 128n - 1n, 1n] }, 'deposits')
  refused({ assetDecimals: 0, deposits: [(2n ** 128n - 1n) / 10n ** 18n + 1n, 0n] }, 'deposits')
  refused({ deposits: [2n ** 128n - 1n, 0n], oracle, oracleFee: 1n }, 'oracleFee')
  refused({ shares: [1n] }, 'shares')
  refused({ shares: [0n, 0n] }, 'shares')
  refused({ shares: [1n, 2n ** 32n] }, 'shares')
  refused({ shares: [1n, -1n] }, 'shares')
  refused({ assetDecimals: 19 }, 'assetDecimals')
  refused({ assetDecimals: -1 }, 'assetDecimals')
  refused({ asset: '0x00' as Address }, 'asset')
  refused({ oracleFee: 1n }, 'oracleFee')
  refused({ oracle: terms.players[1] ?? ZERO_ADDRESS }, 'oracle')
})

test('code, times and gas just over their limits are refused', () => {
  refused({ codeKind: 4 as 0 }, 'codeKind')
  refused({ codeKind: 2, settlement: '0x00000000' }, 'settlement')
  refused({ codeKind: 3, settlement: '0x12345678', ctorArg: Uint8Array.of(1) }, 'ctorArg')
  refused({ ctorArg: new Uint8Array(4097) }, 'ctorArg')
  refused({ codeKind: 1 }, 'ctorArg')
  refused({ windowSec: 0n }, 'window')
  refused({ windowSec: 2n ** 31n + 1n }, 'window')
  refused({ timeBankSec: 2n ** 32n }, 'timeBank')
  refused({ timeBankSec: 3n }, 'timeBank')
  refused({ forcedMoves: 0 }, 'forcedMoves')
  refused({ forcedMoves: 65_536 }, 'forcedMoves')
  refused({ settlement: '0x' }, 'settlement')
  refused({ gasLimit: 20_999n }, 'gasLimit')
  refused({ gasLimit: 6_000_001n }, 'gasLimit')
  refused({ pieceGas: 50_000n }, 'pieceGas')
  refused({ codeKind: 1, ctorArg: new Uint8Array(0), pieceGas: 50_000n }, 'pieceGas')
  refused({ ...routine, pieceGas: 49_999n }, 'pieceGas')
  refused({ ...routine, pieceGas: terms.gasLimit + 1n }, 'pieceGas')
  refused({ ...routine, gasLimit: 40_000n, pieceGas: 50_000n }, 'pieceGas')
  refused({ joinDeadlineSec: 2n ** 64n }, 'joinDeadline')
  refused({ salt: '0x00' as Terms['salt'] }, 'salt')
})

test('terms survive the ABI, through bytes and through ethers\' own Result', () => {
  for (const each of [terms, withPlayers(16), { ...terms, ctorArg: new Uint8Array(4096).fill(7), oracle, oracleFee: 5n }]) {
    assert.equal(decodeTerms(encodeTerms(each)), each)
    const [result] = AbiCoder.defaultAbiCoder().decode([TERMS_ABI], AbiCoder.defaultAbiCoder().encode([TERMS_ABI], [termsToAbi(each)]))
    assert.equal(termsFromAbi(result), each)
  }
})

test('bytes that are not the one encoding of terms are refused', () => {
  const encoded = encodeTerms(terms)
  const shifted = encoded.slice()
  shifted[31] = 0x40 // the head's offset points one word further
  for (const bad of [new Uint8Array(0), encoded.slice(0, -1), encoded.slice(0, -32), concatBytes(encoded, new Uint8Array(32)), shifted]) throwsCode(() => decodeTerms(bad), 'TERMS_MALFORMED')
  throwsCode(() => termsFromAbi([]), 'TERMS_MALFORMED')
})

test('values that no ABI type holds do not encode', () => {
  throwsCode(() => encodeTerms({ ...terms, gasLimit: 2n ** 64n }), 'TERMS_INVALID')
  throwsCode(() => encodeTerms({ ...terms, assetDecimals: 256 }), 'TERMS_INVALID')
})

test('any change of the terms, the chain or the court changes the id', () => {
  const ids = new Set([
    thread,
    threadIdOf({ ...terms, salt: hash32(key(3)) }, domain),
    threadIdOf({ ...terms, windowSec: 3601n }, domain),
    threadIdOf(terms, { ...domain, chainId: 1n }),
    threadIdOf(terms, { ...domain, court: oracle })
  ])
  assert.is(ids.size, 5)
})

test('the chain id is 2^50 and 50 bits of the id, a safe integer', () => {
  assert.is(threadChainId(`0x${'ff'.repeat(32)}` as typeof thread), 2n ** 51n - 1n)
  assert.is(threadChainId(`0x${'00'.repeat(32)}` as typeof thread), 2n ** 50n)
  assert.is(threadChainId(thread), 2n ** 50n + (BigInt(thread) >> 206n))
})

test('the contract\'s address is that of a minimal clone of the court\'s first creation', () => {
  const implementation = getCreateAddress({ from: domain.court, nonce: 1 })
  const initCode = concatBytes(
    hexToBytes('0x3d602d80600a3d3981f3363d3d373d3d3d363d73'), hexToBytes(implementation as Hex), hexToBytes('0x5af43d82803e903d91602b57fd5bf3'))
  assert.is(contractAddressOf(thread, domain.court), getCreate2Address(domain.court, thread, keccak256(initCode)).toLowerCase())
})

test('pot, scale and payees follow the oracle and the decimals', () => {
  const arbitrated = { ...terms, assetDecimals: 6, oracle, oracleFee: 7n }
  assert.is(potOf(terms), 3n * 10n ** 18n)
  assert.is(potOf(arbitrated), 3n * 10n ** 18n + 7n)
  assert.is(scaleOf(terms), 1n)
  assert.is(scaleOf(arbitrated), 10n ** 12n)
  assert.equal(payeesOf(terms), terms.players)
  assert.equal(payeesOf(arbitrated), [...terms.players, oracle])
})

test('terms that are allowed and yet not wise are told in words, each at its edge', () => {
  const wise = { windowSec: 384n, timeBankSec: 384n, forcedMoves: 16, settlement: '0x11223344' as Hex }
  assert.equal(cautionsOf(wise), [])
  const said = (change: Partial<typeof wise>): string => cautionsOf({ ...wise, ...change }).join()
  assert.match(said({ windowSec: 383n }), /settlement of 16 transactions.*384 s/)
  assert.match(said({ windowSec: 192n, settlement: '0x00000000' }), /^the terms name no settlement function[^;]*$/)
  assert.not.match(said({ windowSec: 192n, settlement: '0x00000000' }), /blocks/)
  assert.match(said({ windowSec: 191n, settlement: '0x00000000' }), /shorter than 16 blocks.*192 s/)
  assert.match(said({ timeBankSec: 191n }), /16 forced moves 11 s each/)
  // Whoever opens a thread of seconds, as tests do, hears of its window, and not of its time bank.
  assert.match(said({ windowSec: 10n, timeBankSec: 10n, forcedMoves: 10, settlement: '0x00000000' }), /the window of 10 s[^,]*blocks[^,]*$/)
})

test.run()
