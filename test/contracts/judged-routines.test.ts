// time limit: 300 s
/** Routines on a chain (specification §11): moves forced on one that waits, and its settlement when nobody moves any more. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, concatBytes } from '../../src/protocol/bytes.js'
import { addressOf, hash32, keccak256 } from '../../src/protocol/crypto.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Hash32, Input } from '../../src/protocol/types.js'
import { ALL_STEPS, encodeWitness } from '../../src/machine/judge-witness.js'
import { Judgement } from '../../src/machine/judgement.js'
import { DEFAULT_ROOMS, selectorOf } from '../../src/machine/judge.js'
import { matterOf } from '../../src/machine/matter.js'
import { MACHINE_ADDRESS } from '../../src/machine/routine.js'
import { witnessOf } from '../../src/machine/witness.js'
import { SYSTEM } from '../../src/machine/settlement.js'
import { ASK, BREAK, number, ON_TIMEOUT, ONE_MOVER, program, SETTLE } from '../machine/routines.js'
import { createVerifier } from '../machine/judging.js'
import { Arena, hex, logOf } from './arena.js'
import { NO_INPUT, WINDOW, type GameOptions, type LastInput } from './game.js'
import { JudgedGame } from './judged.js'

const ETHER = 10n ** 18n
const verifier = await createVerifier()
const arena = await Arena.create({ judge: 'Judge' })
const test = suite('contracts/Threads: routines')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const ORACLE_KEY = keccak256(new TextEncoder().encode('oracle'))
const ORACLE = addressOf(ORACLE_KEY)
await arena.rpc('anvil_impersonateAccount', ORACLE)
await arena.rpc('anvil_setBalance', ORACLE, hex(1000n * ETHER))
const [X, O] = [arena.account(0), arena.account(1)]
const lastOf = (input: Input): LastInput => ({ player: input.player, others: [], raw: input.raw, binding: input.binding })

/** Players say numbers in turn, O first; at 100 it ends. Who moved last takes what the contract has when it waits for the other; by the terms' function nobody takes anything. */
const RUNTIME = program(`CALLER ${SYSTEM} EQ ISZERO @play JUMPI
  0x0 CALLDATALOAD 0xe0 SHR ${ON_TIMEOUT} EQ @timeout JUMPI STOP :timeout 0x0 0x0 0x0 0x0 SELFBALANCE 0x4 CALLDATALOAD GAS CALL STOP
  :play 0x0 ${O} :loop DUP1 ${ONE_MOVER} ${BREAK} ${ASK} ${X} ${O} XOR XOR SWAP1 0x160 MLOAD ADD SWAP1 0x64 DUP3 LT @loop JUMPI 0x0 SSTORE 0x1 SSTORE STOP`)
const CREATION = concatBytes(program(`${bytesToHex(Uint8Array.of(RUNTIME.length >> 8, RUNTIME.length & 255))} DUP1 @end 0x1 ADD 0x0 CODECOPY 0x0 RETURN :end`), RUNTIME)

/** A thread whose contract waits for O, with half an ether in it, and a dispute about that. */
async function waiting (options: GameOptions = {}): Promise<{ thread: JudgedGame, openedSec: bigint, first: Input }> {
  const thread = await JudgedGame.of(arena, CREATION, new Uint8Array(), { codeKind: 2, settlement: SETTLE, ...options })
  const first = thread.input(0, new Uint8Array(), ETHER / 2n)
  await thread.play(first, await arena.nowSec())
  assert.equal(thread.machine.waiting?.movers, [O])
  const { timestampSec } = await thread.game.record_('challenge', thread.head)
  return { thread, openedSec: timestampSec, first }
}

/** Forces the input on the head, in as many transactions as it takes with so many opcodes each. */
async function forced (thread: JudgedGame, input: Input, atSec: bigint, steps = ALL_STEPS): Promise<bigint[]> {
  const before = thread.head
  const { move, witnesses } = await thread.force(input, 1n, atSec, steps)
  const expected = await thread.play(input, atSec, 1n)
  const gas: bigint[] = []
  let paused: Hash32 | undefined
  for (const [i, witness] of witnesses.entries()) {
    await arena.at(atSec + BigInt(i))
    gas.push((await thread.game.advance(before, paused === undefined ? move : { ...move, paused }, witness)).gasUsed)
    if (i + 1 < witnesses.length) paused = (await thread.game.judgement(input.player)).paused
  }
  assert.equal((await thread.game.record()).recorded, breakpointHash(expected))
  return gas
}

condition('advance: a move on a routine that waits leaves what the players\' machines have, from its first call to its end', async () => {
  const thread = await JudgedGame.of(arena, CREATION, new Uint8Array(), { codeKind: 2, settlement: SETTLE })
  const { timestampSec } = await thread.game.record_('challenge', thread.head)
  const gas: bigint[] = []
  for (const [i, said] of [0n, 60n, 20n, 40n].entries()) {
    gas.push(...await forced(thread, thread.input(i % 2, number(said), BigInt(i)), timestampSec + 1n + BigInt(i)))
    assert.equal(thread.machine.waiting?.movers, [[O], [X], [O], undefined][i])
  }
  console.log(`forced moves of a routine, from its first call to its end: ${gas.join(', ')} gas`)
})

condition('advance: over several transactions, a resume leaves the same', async () => {
  const { thread, openedSec } = await waiting()
  const gas = await forced(thread, thread.input(1, number(7n)), openedSec + 1n, 40n)
  assert.ok(gas.length >= 2, `${gas.length} transactions`)
})

condition('advance: who is not waited for is refused', async () => {
  const { thread, openedSec } = await waiting()
  const { game, machine } = thread
  const input = thread.input(0, number(7n))
  const batch = { nonce: thread.head.nonce + 1n, timestampSec: openedSec + 1n, parent: breakpointHash(thread.head), inputs: [input] }
  const { witness, answer } = await machine.inspect(async world => await new Judgement(verifier, await matterOf(machine.context, world, batch, input, [])).next())
  const name = selectorOf('NotAMover(address)')
  assert.is(answer.kind === 'refusal' ? answer.selector : 'a verdict', name)
  await arena.at(openedSec + 1n)
  const said = await game.advance(thread.head, game.move(0, thread.head, 1n, openedSec + 1n, { input }), bytesToHex(witness)).then(() => 'advanced', (error: Error) => error.message)
  assert.ok(said.includes(`${name}${X.slice(2).padStart(64, '0')}`), said)
})

const others = [
  ['who is not waited for', 0, number(7n), 'NotAMover(address)'], ['with more than may be sent', 1, new Uint8Array(1_025), 'ResumeTooLong(uint256,uint256)']
] as const
for (const [about, player, data, refusal] of others) {
  condition(`refuteClaim: a claim of an input ${about} falls; a witness of another machine does not help against a right one`, async () => {
    const { thread, openedSec } = await waiting({ oracle: ORACLE, bondWei: 60n * ETHER })
    const { game, machine, head: parent } = thread
    const atSec = openedSec + 1n
    const input = thread.input(player, data)
    const batch = { nonce: parent.nonce + 1n, timestampSec: atSec, parent: breakpointHash(parent), inputs: [input] }
    const { witness, answer } = await machine.inspect(async world => await new Judgement(verifier, await matterOf(machine.context, world, batch, input, [])).next())
    assert.is(answer.kind === 'refusal' ? answer.selector : 'a verdict', selectorOf(refusal))
    const move = game.move(player, parent, 1n, atSec, { input })
    await arena.at(atSec)
    await game.claim(parent, 1n, move, hash32(Uint8Array.of(1)), { key: ORACLE_KEY })
    const claimed = game.forced(parent, 1n, move, hash32(Uint8Array.of(1)))
    await game.refuteClaim(0, claimed, parent, move, bytesToHex(witness))
    assert.is((await game.record()).recorded, breakpointHash(parent))
  })
}

condition('refuteClaim: a right claim of a resume stands against a witness in which another is waited for', async () => {
  const { thread, openedSec } = await waiting({ oracle: ORACLE, bondWei: 60n * ETHER })
  const { game, machine, head: parent } = thread
  const atSec = openedSec + 1n
  const input = thread.input(1, number(7n))
  const batch = { nonce: parent.nonce + 1n, timestampSec: atSec, parent: breakpointHash(parent), inputs: [input] }
  const forged = await machine.inspect(async world => {
    const { touched, view, cast } = await matterOf(machine.context, world, batch, input, [])
    const { accounts, proof } = witnessOf(view, touched)
    const other = accounts.map(account => {
      const code = Uint8Array.from(account.code ?? [])
      // The mover is the last word of the payload, at 0x80 in its memory, behind two words on its stack.
      if (account.address === MACHINE_ADDRESS) code[96 + 64 + 0x80 + 36] = (code[96 + 64 + 0x80 + 36] ?? 0) ^ 1
      return account.address === MACHINE_ADDRESS ? { ...account, code, codeHash: hash32(code) } : account
    })
    return encodeWitness(other, proof, cast, { steps: ALL_STEPS, rooms: DEFAULT_ROOMS }, [])
  })
  const move = game.move(1, parent, 1n, atSec, { input })
  const right = await thread.play(input, atSec, 1n)
  await arena.at(atSec)
  await game.claim(parent, 1n, move, right.stateRoot, { key: ORACLE_KEY })
  const claimed = game.forced(parent, 1n, move, right.stateRoot)
  const said = await game.refuteClaim(0, claimed, parent, move, bytesToHex(forged)).then(() => 'refuted', (error: Error) => error.message)
  assert.ok(said.includes(selectorOf('OtherRoot(bytes32,bytes32)')), said)
  assert.is((await game.record()).recorded, breakpointHash(claimed))
})

condition('settleByFunction: when the player that a routine waits for does not move, what its breakpoint named settles', async () => {
  const { thread, openedSec } = await waiting()
  const input = thread.input(1, number(7n), ETHER / 4n)
  await forced(thread, input, openedSec + 1n)
  const { witness, root } = await thread.settlement(O, openedSec + 1n + WINDOW)
  const { root: expected, proofs } = await thread.settled([ETHER / 2n, ETHER * 3n / 2n])
  assert.is(root, expected)
  await arena.at(openedSec + 1n + 2n * WINDOW)
  const sent = await thread.game.settleByFunction(thread.head, lastOf(input), witness, proofs)
  assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], [ETHER / 2n, ETHER * 3n / 2n])
  console.log(`settlement of a routine that waits: ${sent.gasUsed} gas`)
})

condition('settleByFunction: a routine that has not begun is settled by the terms\' function', async () => {
  const thread = await JudgedGame.of(arena, CREATION, new Uint8Array(), { codeKind: 2, settlement: SETTLE })
  const { timestampSec } = await thread.game.record_('challenge', thread.head)
  const atSec = timestampSec + 2n * WINDOW
  const { witness, root } = await thread.settlement(`0x${'00'.repeat(20)}` as typeof X, atSec)
  assert.is(root, thread.machine.root)
  const proofs = await thread.proofs()
  await arena.at(atSec)
  const sent = await thread.game.settleByFunction(thread.head, NO_INPUT, witness, proofs)
  assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], [ETHER, ETHER])
})

test.run()
