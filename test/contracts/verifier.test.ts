/** What a contract that knows nothing but the verifier can believe of a thread. */
import { AbiCoder } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bigintToBytes, bytesToHex, concatBytes, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import { contractAddressOf } from '../../src/protocol/terms.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { slotPath } from '../../src/state/leaf.js'
import { proveMany } from '../../src/state/multi-proof.js'
import { rejects } from '../support/rejects.js'
import { Arena, interfaceOf, logOf } from './arena.js'
import { breakpointToAbi, type Game } from './game.js'
import { JudgedGame } from './judged.js'

const ETHER = 10n ** 18n
const arena = await Arena.create()
const verifier = await arena.deploy('BreakpointVerifier', arena.court)
const abi = await interfaceOf('BreakpointVerifier')
const test = suite('contracts/BreakpointVerifier')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const ask = (method: string, ...args: readonly unknown[]): Promise<unknown> => arena.read(verifier, abi, method, args)

condition('isSigned, requireSigned: a breakpoint that all session keys of the terms have signed, opened or not', async () => {
  const game = await arena.game()
  const head = game.breakpoint({ nonce: 4n })
  const shown = [game.abi, breakpointToAbi(head), game.signatures(head)]
  assert.is(await ask('isSigned', ...shown), true)
  assert.is(await ask('requireSigned', ...shown), game.id)
  assert.is(await ask('hashOf', game.id, breakpointToAbi(head)), breakpointHash(head))
  assert.is(String(await ask('contractOf', game.id)).toLowerCase(), contractAddressOf(game.id, arena.court))
})

const forgeries: [string, (game: Game) => readonly unknown[] | Promise<readonly unknown[]>, string][] = [
  ['another state', game => { const head = game.breakpoint(); return [game.abi, breakpointToAbi({ ...head, stateRoot: ZERO_HASH }), game.signatures(head)] }, 'BadSignature'],
  ['other terms', async game => { const head = game.breakpoint(); return [(await arena.game()).abi, breakpointToAbi(head), game.signatures(head)] }, 'BadSignature'],
  ['another court', game => { const head = game.breakpoint(); return [game.abi, breakpointToAbi(head), game.signatures(head, { ...game.domain, court: verifier })] }, 'BadSignature'],
  ['a signature too few', game => { const head = game.breakpoint(); return [game.abi, breakpointToAbi(head), game.signatures(head).slice(0, 132)] }, 'BadSignatureLength'],
  ['one that is malleable', game => { const head = game.breakpoint(); return [game.abi, breakpointToAbi(head), highS(game.signatures(head))] }, 'MalleableSignature']
]
for (const [what, forge, code] of forgeries) {
  condition(`isSigned, requireSigned: ${what} is not signed`, async () => {
    const shown = await forge(await arena.game())
    assert.is(await ask('isSigned', ...shown), false)
    await rejects(ask('requireSigned', ...shown), code)
  })
}

condition('isRecorded: what the court has recorded, and nothing else', async () => {
  const game = await (await arena.game()).start()
  const head = game.breakpoint({ nonce: 4n })
  assert.is(await ask('isRecorded', game.id, breakpointToAbi(head)), false)
  await game.record_('checkpoint', head)
  assert.is(await ask('isRecorded', game.id, breakpointToAbi(head)), true)
  assert.is(await ask('isRecorded', game.id, breakpointToAbi({ ...head, nonce: 5n })), false)
})

condition('requireValues: slots with their values and an absent one in one proof; any other value is refused', async () => {
  const game = await arena.game()
  const { tree, root } = game.state([ETHER, ETHER])
  const contract = `0x${'c0'.repeat(20)}` as Address
  // Each of the state's slots holds its own key.
  const slots = [0n, 5n, 77n].map(slot => hash32(bigintToBytes(slot, 32)))
  const values = slots.map((slot, i) => [contract, slot, i === 2 ? ZERO_HASH : slot] as const)
  const proof = bytesToHex(proveMany(tree, slots.map(slot => slotPath(contract, slot))))
  await ask('requireValues', root, values, proof)
  for (const i of [0, 1, 2]) {
    const wrong = values.map((value, j) => j === i ? [value[0], value[1], root] : value)
    await rejects(ask('requireValues', root, wrong, proof), i === 2 ? 'ProofItemNotAbsent' : 'OtherRoot')
  }
  await rejects(ask('requireValues', ZERO_HASH, values, proof), 'OtherRoot')
})

condition('a scoreboard believes the wins of a game that was never on the chain; an older breakpoint, and a made-up count, bring nothing', async () => {
  const [alice, bob] = [arena.account(0), arena.account(1)]
  const trophy = await arena.deploy('Trophy')
  const rounds = await interfaceOf('Rounds')
  const ctorArg = hexToBytes(AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'address'], [alice, bob, 1n, trophy]) as Hex)
  const thread = await JudgedGame.create(arena, 'Rounds', ctorArg)
  const { game, machine, contract } = thread
  const board = await arena.deploy('Scoreboard', verifier, game.terms.codeHash)
  const now = await arena.nowSec()
  const played = async (words: number): Promise<readonly unknown[]> => {
    for (let word = 0; word < words; word++) await thread.play(thread.input(word % 2, hexToBytes(rounds.encodeFunctionData('say', [3]) as Hex)), now)
    const slot = hash32(concatBytes(new Uint8Array(12), hexToBytes(alice), bigintToBytes(3n, 32)))
    const proof = await machine.inspect(async world => await Promise.resolve(proveMany(world.tree, [slotPath(contract, slot)])))
    return [game.abi, breakpointToAbi(thread.head), game.signatures(thread.head), alice, BigInt(machine.storageAt(contract, slot)), bytesToHex(proof)]
  }
  const before = await played(6)
  const won = await played(1)
  const report = (args: readonly unknown[]): ReturnType<Arena['invoke']> => arena.invoke(arena.account(18), board, 'Scoreboard', 'report', args)
  await rejects(report(before), 'NothingNew')
  const sent = await report(won)
  console.log(`a report to the scoreboard: ${sent.gasUsed} gas`)
  assert.equal([...logOf(sent, 'Scored')].map(value => String(value).toLowerCase()), [game.id, alice, '1'])
  await rejects(report(won), 'NothingNew')
  const forged = await report(won.map((value, i) => i === 4 ? 9n : value)).then(() => 'taken', (error: { code: string }) => error.code)
  assert.match(forged, 'UNNAMED') // the verifier's OtherRoot, which the board does not name
  assert.is(await arena.read(board, await interfaceOf('Scoreboard'), 'total', [alice]), 1n)
})

/** The first signature with its s in the upper half of the order. */
function highS (signatures: Hex): Hex {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = BigInt(`0x${signatures.slice(66, 130)}`)
  return `0x${signatures.slice(2, 66)}${(order - s).toString(16).padStart(64, '0')}${signatures.slice(130)}`
}

test.run()
