import { TypedDataEncoder } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asAddress, bytesToHex, hexToBytes, ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import { sign } from '../../src/protocol/crypto.js'
import { domainSeparator, joinDigest } from '../../src/protocol/typed-data.js'
import { termsFromAbi } from '../../src/protocol/terms.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, interfaceOf, logOf } from './arena.js'
import { breakpointToAbi, MULTIADDR, type Game, type GameOptions } from './game.js'

const ETHER = 10n ** 18n
const arena = await Arena.create()
const test = suite('contracts/Threads: opening')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const player = (index: number): Address => arena.account(index)
const outsider = player(18)

condition('open: the log carries the terms, and the creator has joined', async () => {
  const game = await arena.game()
  const log = logOf(await game.open(), 'CREATE3')
  assert.is(log['threadId'], game.id)
  assert.is(asAddress(String(log['creator'])), game.player(0))
  assert.is(log['codeHash'], game.terms.codeHash)
  assert.is(log['multiaddr'], MULTIADDR)
  assert.equal(termsFromAbi(log['terms'] as ArrayLike<unknown>), game.terms)
  const { phase, joined, recorded } = await game.record()
  assert.equal([phase, joined, BigInt(recorded)], [1n, 1n, 0n])
})

condition('threadIdOf: the court and TypeScript name a thread alike', async () => {
  for (const options of [{}, { count: 16 }, { ctorArg: new Uint8Array(0) }, { ctorArg: new Uint8Array(33).fill(9) }]) {
    const game = await arena.game(options)
    assert.is(await arena.read(arena.court, arena.abi, 'threadIdOf', [game.abi]), game.id)
  }
})

condition('eip712Domain: gives the domain that is signed', async () => {
  const [fields, name, version, chainId, verifyingContract] = await arena.read(arena.court, arena.abi, 'eip712Domain', []) as [string, string, string, bigint, string]
  assert.is(fields, '0x0f')
  assert.is(TypedDataEncoder.hashDomain({ name, version, chainId, verifyingContract }), domainSeparator(arena.domain))
})

// ---------------------------------------------------------------- terms

/** Terms of what may be a routine. */
const ROUTINE = { codeKind: 2, settlement: '0x12345678' } as const

const bad: [string, GameOptions, string][] = [
  ['one player', { count: 1 }, 'BadPlayerCount'],
  ['17 players', { count: 17 }, 'BadPlayerCount'],
  ['too few session keys', { sessionKeys: [player(5)] }, 'BadLength'],
  ['too few deposits', { deposits: [ETHER] }, 'BadLength'],
  ['too many shares', { shares: [1n, 1n, 1n] }, 'BadLength'],
  ['a player that is zero', { players: [player(0), ZERO_ADDRESS] }, 'ZeroPlayer'],
  ['a player twice', { players: [player(0), player(0)] }, 'DuplicatePlayer'],
  ['a session key that is zero', { sessionKeys: [player(5), ZERO_ADDRESS] }, 'ZeroSessionKey'],
  ['a session key twice', { sessionKeys: [player(5), player(5)] }, 'DuplicateSessionKey'],
  ["a session key that is a later player's wallet", { sessionKeys: [player(1), player(5)] }, 'SessionKeyIsWallet'],
  ["a session key that is an earlier player's wallet", { sessionKeys: [player(5), player(0)] }, 'SessionKeyIsWallet'],
  ['a deposit of 2^128', { deposits: [1n << 128n, 0n] }, 'PotTooHigh'],
  ['a pot that reaches 2^128 when scaled', { assetDecimals: 6, deposits: [1n << 89n, 0n] }, 'PotTooHigh'],
  ['a fee of 2^128', { oracle: outsider, oracleFee: 1n << 128n }, 'PotTooHigh'],
  ['a share of 2^32', { shares: [1n << 32n, 1n] }, 'BadShare'],
  ['no shares', { shares: [0n, 0n] }, 'NoShares'],
  ['19 decimals', { assetDecimals: 19 }, 'BadDecimals'],
  ['a fifth kind of code', { codeKind: 4 as 1, settlement: '0x11223344' }, 'BadCodeKind'],
  ['a routine from creation code without a settlement function', { codeKind: 2 }, 'NoSettlement'],
  ['a routine from runtime code without one', { codeKind: 3, ctorArg: new Uint8Array(0) }, 'NoSettlement'],
  ["a constructor argument for a routine's runtime code", { codeKind: 3, settlement: '0x11223344' }, 'BadCtorArg'],
  ['a constructor argument of 4,097 bytes', { ctorArg: new Uint8Array(4097) }, 'BadCtorArg'],
  ['a constructor argument for runtime code', { codeKind: 1 }, 'BadCtorArg'],
  ['a fee without an oracle', { oracleFee: 1n }, 'FeeWithoutOracle'],
  ['an oracle that plays', { oracle: player(1) }, 'OracleIsPlayer'],
  ['no window', { windowSec: 0n }, 'BadWindow'],
  ['a window above 2^31', { windowSec: (1n << 31n) + 1n }, 'BadWindow'],
  ['no forced moves', { forcedMoves: 0 }, 'NoForcedMoves'],
  ['no time for that many forced moves', { timeBankSec: 2n, forcedMoves: 3 }, 'BankTooSmall'],
  ['no time bank', { timeBankSec: 0n, forcedMoves: 1 }, 'BankTooSmall'],
  ['a gas limit of 20,999', { gasLimit: 20_999n }, 'BadGasLimit'],
  ['a gas limit of 6,000,001', { gasLimit: 6_000_001n }, 'BadGasLimit'],
  ['pieces of 49,999 gas', { ...ROUTINE, pieceGas: 49_999n }, 'BadPieceGas'],
  ['pieces above the gas limit', { ...ROUTINE, gasLimit: 100_000n, pieceGas: 100_001n }, 'BadPieceGas'],
  ['pieces below the least, as the gas limit is', { ...ROUTINE, gasLimit: 40_000n, pieceGas: 40_000n }, 'BadPieceGas'],
  ['pieces of what is no routine', { settlement: '0x12345678', pieceGas: 60_000n }, 'BadPieceGas'],
  ['a deadline that has passed', { joinDeadlineSec: 1n }, 'JoinTooLate']
]
for (const [title, options, code] of bad) {
  condition(`open: ${title} is refused with ${code}`, async () => {
    const game = await arena.game(options)
    await rejects(arena.court_(player(0), 'open', [game.abi, MULTIADDR]), code)
  })
}

const good: [string, GameOptions][] = [
  ['16 players', { count: 16 }],
  ["a session key that is its own player's wallet", { sessionKeys: [player(0), player(1)] }],
  ['a deposit of nothing', { deposits: [ETHER, 0n] }],
  ['a constructor argument of 4,096 bytes', { ctorArg: new Uint8Array(4096).fill(7) }],
  ['the longest window', { windowSec: 1n << 31n }],
  ['the lowest and highest numbers', { gasLimit: 21_000n, timeBankSec: 65_535n, forcedMoves: 65_535, shares: [0n, (1n << 32n) - 1n] }],
  ['the smallest and the largest pieces', { ...ROUTINE, gasLimit: 50_000n, pieceGas: 50_000n }],
  ['an oracle and its fee', { oracle: outsider, oracleFee: 5n }]
]
for (const [title, options] of good) {
  condition(`open and join: ${title} is accepted`, async () => {
    const game = await (await arena.game(options)).start()
    assert.is((await game.record()).phase, 2n)
  })
}

condition('open: only players[0] opens', async () => {
  const game = await arena.game()
  await rejects(arena.court_(player(1), 'open', [game.abi, MULTIADDR], ETHER), 'NotCreator')
})

condition('open: the same terms open once, also after the end', async () => {
  const game = await (await arena.game()).start()
  await rejects(game.open(), 'ThreadExists')
  await game.close(game.closing([ETHER, ETHER]))
  await rejects(game.open(), 'ThreadExists')
})

condition('open: a value that is not deposit and fee is refused', async () => {
  const game = await arena.game({ oracle: outsider, oracleFee: 5n })
  for (const value of [0n, ETHER, ETHER + 6n]) await rejects(arena.court_(player(0), 'open', [game.abi, MULTIADDR], value), 'WrongValue')
})

condition('open: a chain that took another id after a fork gets no new threads, and the old ones go on', async () => {
  const [old, fresh] = [await (await arena.game()).start(), await arena.game()]
  const certificate = old.breakpoint()
  await arena.rpc('anvil_setChainId', 31_338)
  try {
    await rejects(arena.dryRun(player(0), 'open', [fresh.abi, MULTIADDR], ETHER), 'WrongChain')
    await arena.dryRun(player(0), 'checkpoint', [old.abi, breakpointToAbi(certificate), old.signatures(certificate)])
  } finally {
    await arena.rpc('anvil_setChainId', Number(arena.domain.chainId))
  }
})

// ---------------------------------------------------------------- encoding

/** The calldata of `open` with some words replaced. Word 0 is the offset of the terms, word 2 their first. */
function damaged (game: Game, change: (words: string[]) => void): Hex {
  const data = arena.abi.encodeFunctionData('open', [game.abi, MULTIADDR])
  const words = data.slice(10).match(/.{64}/g) ?? []
  change(words)
  return `${data.slice(0, 10)}${words.join('')}` as Hex
}
const word = (value: bigint): string => value.toString(16).padStart(64, '0')

const encodings: [string, (words: string[]) => void, string][] = [
  ['bytes behind the end', words => { words.push(word(0n)) }, 'NotCanonical'],
  ['a gap before the terms', words => { words.splice(2, 0, word(0n)); words[0] = word(0x60n); words[1] = word(BigInt(`0x${words[1] ?? ''}`) + 32n) }, 'NotCanonical'],
  ['two lists in one place', words => { words[5] = words[4] ?? '' }, 'NotCanonical'],
  ['lists in another order', words => { [words[4], words[5]] = [words[5] ?? '', words[4] ?? ''] }, 'NotCanonical'],
  ['an address with a dirty upper bit', words => { words[6] = word(1n << 160n) }, 'UNNAMED 0x'],
  ['a code source with a dirty upper bit', words => { words[9] = word(1n << 200n) }, 'UNNAMED 0x'],
  ['a time bank with a dirty upper bit', words => { words[15] = word(1n << 32n) }, 'UNNAMED 0x'],
  ['a selector with a dirty lower bit', words => { words[17] = word(1n) }, 'UNNAMED 0x']
]
for (const [title, change, code] of encodings) {
  condition(`open: ${title} is refused`, async () => {
    // Deposits that would do for shares: only the encoding is wrong.
    const data = damaged(await arena.game({ deposits: [1n, 1n] }), change)
    await rejects(arena.send({ from: player(0), to: arena.court, data, valueWei: 1n }), code)
  })
}

condition('open: padding of the constructor argument that is not zero is refused', async () => {
  const game = await arena.game({ ctorArg: new Uint8Array(33).fill(1) })
  const data = damaged(game, words => {
    const last = words.lastIndexOf('01'.padEnd(64, '0'))
    words[last] = '01'.padEnd(63, '0') + '1'
  })
  await rejects(arena.send({ from: player(0), to: arena.court, data, valueWei: ETHER }), 'NotCanonical')
})

condition('join: terms encoded in another way are those of no thread', async () => {
  const game = await arena.game()
  await game.open()
  const data = arena.abi.encodeFunctionData('join', [game.abi, 1, MULTIADDR, '0x'])
  const words = data.slice(10).match(/.{64}/g) ?? []
  // Two lists of two ones each: deposits read from the shares' place would be another deposit.
  words[4 + 2] = words[4 + 3] ?? ''
  await rejects(arena.send({ from: player(1), to: arena.court, data: `${data.slice(0, 10)}${words.join('')}` as Hex, valueWei: 1n }), 'UnknownThread')
})

// ---------------------------------------------------------------- joining

condition('join: each player joins in any order, the last makes the thread active', async () => {
  const game = await arena.game({ count: 3 })
  await game.open()
  assert.equal([...logOf(await game.join(2), 'Joined')], [game.id, 2n, MULTIADDR, false])
  assert.is((await game.record()).joined, 5n)
  assert.equal([...logOf(await game.join(1), 'Joined')], [game.id, 1n, MULTIADDR, true])
  assert.is((await game.record()).phase, 2n)
})

condition('join: an unknown thread, an unknown player, a second join and a wrong value are refused', async () => {
  const game = await arena.game({ count: 3 })
  await rejects(game.join(1), 'UnknownThread')
  await game.open()
  await rejects(arena.court_(player(0), 'join', [game.abi, 3, MULTIADDR, '0x'], ETHER), 'UnknownPlayer')
  await rejects(game.join(0), 'AlreadyJoined')
  await rejects(arena.court_(player(1), 'join', [game.abi, 1, MULTIADDR, '0x'], ETHER - 1n), 'WrongValue')
  await game.join(1)
  await rejects(game.join(1), 'AlreadyJoined')
  await game.join(2)
  await rejects(game.join(2), 'WrongPhase')
})

condition('join: at the deadline it is in time, a second later it is not', async () => {
  const [early, late] = [await arena.game(), await arena.game()]
  await early.open()
  await late.open()
  await arena.at(early.terms.joinDeadlineSec)
  await early.join(1)
  await arena.at(late.terms.joinDeadlineSec + 1n)
  await rejects(late.join(1), 'JoinTooLate')
})

/** A join of players[1] that `from` pays for. */
const joinFor = (game: Game, from: Address, authorisation: Hex): Promise<unknown> =>
  arena.court_(from, 'join', [game.abi, 1, MULTIADDR, authorisation], ETHER)

condition("join: anybody pays for it with the wallet's signature, which is good in that thread and for that key only", async () => {
  const [game, other] = [await arena.game({ count: 3 }), await arena.game({ count: 3 })]
  const wallet = game.player(1)
  const session = game.terms.sessionKeys[1] ?? ZERO_ADDRESS
  const key = hexToBytes('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d') // anvil's second account
  const signature = (thread = game.id, sessionKey = session, domain = arena.domain): Hex => bytesToHex(sign(joinDigest({ thread, player: wallet, sessionKey }, domain), key))
  await game.open()
  await rejects(joinFor(game, outsider, '0x'), 'BadSignatureLength')
  await rejects(joinFor(game, outsider, signature().slice(0, -2) as Hex), 'BadSignatureLength')
  await rejects(joinFor(game, outsider, signature(other.id)), 'BadAuthorisation')
  await rejects(joinFor(game, outsider, signature(game.id, outsider)), 'BadAuthorisation')
  await rejects(joinFor(game, outsider, signature(game.id, session, { ...arena.domain, chainId: 1n })), 'BadAuthorisation')
  await rejects(joinFor(game, outsider, malleable(signature())), 'MalleableSignature')
  await joinFor(game, outsider, signature())
  assert.is((await game.record()).joined, 3n)
})

condition('join: a wallet made of code joins by its own transaction, or authorises by EIP-1271', async () => {
  const wallet = await arena.deploy('Payee')
  const players = [player(0), wallet, player(2)]
  const [own, signed] = [await arena.game({ count: 3, players }), await arena.game({ count: 3, players })]
  await own.open()
  const data = arena.abi.encodeFunctionData('join', [own.abi, 1, MULTIADDR, '0x'])
  await arena.invoke(outsider, wallet, 'Payee', 'execute', [arena.court, data], ETHER)

  await signed.open()
  await rejects(joinFor(signed, outsider, '0x1234'), 'BadAuthorisation')
  const digest = joinDigest({ thread: signed.id, player: wallet, sessionKey: signed.terms.sessionKeys[1] ?? ZERO_ADDRESS }, arena.domain)
  await arena.invoke(outsider, wallet, 'Payee', 'acceptDigest', [digest])
  await joinFor(signed, outsider, '0x1234')
  assert.equal([(await own.record()).joined, (await signed.record()).joined], [3n, 3n])
})

/** The same signature with s in the upper half of the order. */
function malleable (signature: Hex): Hex {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(`0x${signature.slice(66, 130)}`)
  return `${signature.slice(0, 66)}${word(s)}${signature.endsWith('1b') ? '1c' : '1b'}` as Hex
}

// ---------------------------------------------------------------- cancelling

condition('cancel: after the deadline what was paid goes back, the fee to its payer, and the thread is over', async () => {
  const game = await arena.game({ count: 3, oracle: outsider, oracleFee: 7n, deposits: [5n, 6n, 8n] })
  const before = await Promise.all([0, 1, 2].map(i => arena.balance(ZERO_ADDRESS, player(i))))
  await game.open()
  await game.join(2)
  await arena.at(game.terms.joinDeadlineSec)
  await rejects(arena.court_(outsider, 'cancel', [game.abi]), 'CancelTooEarly')
  await arena.at(game.terms.joinDeadlineSec + 1n)
  assert.is(logOf(await arena.court_(outsider, 'cancel', [game.abi]), 'Cancelled')['threadId'], game.id)
  assert.equal(await Promise.all([0, 1, 2].map(i => arena.balance(ZERO_ADDRESS, player(i)))), before)
  await rejects(arena.court_(outsider, 'cancel', [game.abi]), 'WrongPhase')
  await rejects(game.open(), 'JoinTooLate')
})

condition('cancel: an unknown thread and one that is active are refused', async () => {
  const game = await arena.game()
  await rejects(arena.court_(outsider, 'cancel', [game.abi]), 'UnknownThread')
  await game.start()
  await arena.at(game.terms.joinDeadlineSec + 1n)
  await rejects(arena.court_(outsider, 'cancel', [game.abi]), 'WrongPhase')
})

condition('ether that comes without a call is refused', async () => {
  await rejects(arena.send({ from: outsider, to: arena.court, data: '0x', valueWei: 1n }, await interfaceOf('Threads')), 'UNNAMED 0x')
})

test.run()
