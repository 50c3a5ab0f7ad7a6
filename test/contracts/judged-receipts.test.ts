// time limit: 300 s
/** Receipts of a real game: made in the players' machine, in a move that the chain executes, and in a settlement; redeemed with what the chain itself holds. */
import { AbiCoder, Interface } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hexToBytes, ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import { receiptHash, receiptOfLog, receiptSlot, PORT_ADDRESS, type ThreadReceipt } from '../../src/protocol/port.js'
import type { Address, Breakpoint, Hex } from '../../src/protocol/types.js'
import { holdingsToAbi } from '../../src/chain/dispute-calls.js'
import type { Machine } from '../../src/machine/machine.js'
import { settlementMessage } from '../../src/machine/settlement.js'
import { inputsRoot } from '../../src/protocol/input.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import { holdingsOf } from '../../src/thread/settling.js'
import { Arena, artifactOf, logOf } from './arena.js'
import { breakpointToAbi, type LastInput } from './game.js'
import { JudgedGame } from './judged.js'

const ETHER = 10n ** 18n
const arena = await Arena.create({ judge: 'Judge' })
const test = suite('contracts/Threads: judged receipts')
test.after(() => arena.stop())
const rounds = new Interface((await artifactOf('Rounds')).abi)
const call = (name: string, ...args: unknown[]): Uint8Array => hexToBytes(rounds.encodeFunctionData(name, args) as Hex)
const [alice, bob] = [arena.account(0), arena.account(1)]
/** Both have put half an ether in and have played the first round but for its last word, which is Alice's. */
const WORDS = 6

type Played = { readonly thread: JudgedGame, readonly trophy: Address, readonly head: Breakpoint }

async function almostWon (): Promise<Played> {
  const trophy = await arena.deploy('Trophy')
  const ctorArg = hexToBytes(AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'address'], [alice, bob, ETHER / 10n, trophy]) as Hex)
  const thread = await JudgedGame.create(arena, 'Rounds', ctorArg, { settlement: rounds.getFunction('settle')?.selector as Hex })
  const now = await arena.nowSec()
  for (const player of [0, 1]) await thread.play(thread.input(player, call('fund'), ETHER / 2n), now)
  for (let word = 0; word < WORDS; word++) await thread.play(thread.input(word % 2, call('say', 3)), now)
  return { thread, trophy, head: thread.head }
}

/** Executes a receipt with the proof that a node would make. */
async function redeem ({ game }: JudgedGame, machine: Machine, breakpoint: Breakpoint, receipt: ThreadReceipt): Promise<void> {
  const { siblings } = machine.proveSlot(PORT_ADDRESS, receiptSlot(receipt.index))
  const shown = [receipt.index, receipt.sender, receipt.target, receipt.amount, receipt.data]
  await arena.court_(arena.account(18), 'redeem', [game.abi, breakpointToAbi(breakpoint), shown, siblings])
}

test('a forced word that wins the round is judged with the port\'s code from the chain; its prize and its trophy come after the settlement', () => arena.isolated(async () => {
  const { thread, trophy, head } = await almostWon()
  const { game, contract, machine } = thread
  await arena.invoke(arena.account(19), trophy, 'Trophy', 'admit', [contract])
  const { timestampSec } = await game.record_('challenge', head)
  const input = thread.input(0, call('say', 3))
  const { move, witnesses: [witness = '0x'] } = await thread.force(input, 1n, timestampSec + 5n)
  assert.ok((witness.length - 2) / 2 < 3_000, `${(witness.length - 2) / 2} bytes: the codes are not among them`)
  const made = await thread.play(input, timestampSec + 5n, 1n)
  await arena.at(timestampSec + 5n)
  const sent = await game.advance(head, move, witness)
  console.log(`a word that wins: ${sent.gasUsed} gas`)
  assert.is((await game.record()).recorded, breakpointHash(made))

  const receipts = exitsOf(contract, trophy)
  assert.equal(machine.exits, { count: 2n, total: ETHER / 10n })
  for (const receipt of receipts) assert.is(machine.storageAt(PORT_ADDRESS, receiptSlot(receipt.index)), receiptHash(receipt))
  const { endsAt } = await game.record()
  const last: LastInput = { player: 0, others: [], raw: input.raw, binding: input.binding }
  const settledSec = move.timestampSec + game.terms.windowSec
  const settlement = await thread.settlement(alice, settledSec)
  const { machine: after } = await machine.after(settlementMessage(machine.context, alice), { nonce: made.nonce + 1n, parent: breakpointHash(made), timestampSec: settledSec })
  await arena.at(endsAt)
  const settled = await game.settleByFunction(made, last, settlement.witness, holdingsToAbi(holdingsOf(after)))
  const left: Breakpoint = { ...made, nonce: made.nonce + 1n, parent: breakpointHash(made), stateRoot: after.root, inputsRoot: inputsRoot([]), timestampSec: settledSec }
  // Alice keeps what she did not put in and her budget; Bob has lost a stake.
  assert.equal([...logOf(settled, 'Settled')['payouts'] as Iterable<bigint>], [ETHER, ETHER - ETHER / 10n])
  const before = await arena.balance(ZERO_ADDRESS, alice)
  for (const receipt of receipts) await redeem(thread, after, left, receipt)
  assert.is(await arena.balance(ZERO_ADDRESS, alice) - before, ETHER / 10n)
  assert.is(String(await arena.read(trophy, new Interface((await artifactOf('Trophy')).abi), 'ownerOf', [0n])).toLowerCase(), alice)
  assert.is(await arena.balance(ZERO_ADDRESS, arena.court), 0n)
}))

/** What the game's first round sends out. */
function exitsOf (contract: Address, trophy: Address): ThreadReceipt[] {
  const award = hexToBytes(new Interface(['function award(address winner, uint256 round)']).encodeFunctionData('award', [alice, 0n]) as Hex)
  return [
    { index: 0n, sender: contract, target: alice, amount: ETHER / 10n, data: new Uint8Array(0) },
    { index: 1n, sender: contract, target: trophy, amount: 0n, data: award }
  ]
}
test.run()
