/** Receipts at the court: what is redeemed, when, how often, and that a thread never pays more than was paid into it. */
import { AbiCoder } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asAddress, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import { inputsRoot } from '../../src/protocol/input.js'
import type { ThreadReceipt } from '../../src/protocol/port.js'
import { contractAddressOf } from '../../src/protocol/terms.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Hash32, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, interfaceOf, logOf } from './arena.js'
import { breakpointToAbi, closeToAbi, NO_INPUT, WINDOW, type Game, type GameOptions, type State } from './game.js'

const ETHER = 10n ** 18n
const arena = await Arena.create()
const test = suite('contracts/Threads: receipts')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const outsider = arena.account(18)
/** Nobody's account, without code. */
const payee = asAddress('0x00000000000000000000000000000000000ba1ee')
const NOTHING = new Uint8Array(0)

/** What the test's judge is to find. */
function finding ({ success = true, newRoot = ZERO_HASH }: { success?: boolean, newRoot?: Hash32 } = {}): Hex {
  return AbiCoder.defaultAbiCoder().encode(['bool', 'bool', 'uint256', 'bytes32'], [true, success, 256n, newRoot]) as Hex
}

const payment = (index: bigint, amount: bigint, target = payee): ThreadReceipt => ({ index, sender: arena.account(0), target, amount, data: NOTHING })

/** A call by the thread's own contract. */
async function call (game: Game, index: bigint, target: Address, method: string, args: readonly unknown[] = [], amount = 0n): Promise<ThreadReceipt> {
  const data = hexToBytes((await interfaceOf('Target')).encodeFunctionData(method, [...args]) as Hex)
  return { index, sender: contractAddressOf(game.id, arena.court), target, amount, data }
}

type Scene = { readonly game: Game, readonly state: State, readonly head: Breakpoint }

/** A thread with these receipts in its state, which is recorded. `owned`: the payees' balances. */
async function recorded (receipts: (game: Game) => readonly ThreadReceipt[] | Promise<readonly ThreadReceipt[]>, options: GameOptions = {}, owned: readonly bigint[] = []): Promise<Scene> {
  const game = await (await arena.game(options)).start()
  const state = game.state(owned, await receipts(game))
  const head = game.breakpoint({ nonce: 3n, stateRoot: state.root })
  await game.record_('checkpoint', head)
  return { game, state, head }
}

const held = (account: Address): Promise<bigint> => arena.balance(ZERO_ADDRESS, account)

// ---------------------------------------------------------------- payments

condition('redeem: a recorded payment is made once, by anyone, and told', async () => {
  const { game, state, head } = await recorded(() => [payment(0n, 3n), payment(1n, 4n)])
  const sent = await game.redeem(head, state, 1, { from: outsider })
  assert.equal([...logOf(sent, 'Redeemed')].map(value => String(value).toLowerCase()), [game.id, '1', payee, '4'])
  assert.is(await held(payee), 4n)
  assert.equal([await game.isRedeemed(0n), await game.isRedeemed(1n)], [false, true])
  await rejects(game.redeem(head, state, 1), 'AlreadyRedeemed')
  await game.redeem(head, state, 0)
  assert.equal([await held(payee), await game.exited()], [7n, { redeemed: 7n, reserved: 0n }])
  assert.is((await game.record()).phase, 2n)
})

condition('redeem: receipts whose numbers are 256 apart are two', async () => {
  const { game, state, head } = await recorded(() => [payment(1n, 3n), payment(257n, 4n)])
  await game.redeem(head, state, 0)
  assert.is(await game.isRedeemed(257n), false)
  await game.redeem(head, state, 1)
  assert.equal([await held(payee), await game.isRedeemed(1n), await game.isRedeemed(257n)], [7n, true, true])
  await rejects(game.redeem(head, state, 1), 'AlreadyRedeemed')
})

const falsehoods: [string, Partial<ThreadReceipt>][] = [
  ['number', { index: 1n }], ['sender', { sender: outsider }], ['target', { target: outsider }], ['amount', { amount: 4n }], ['data', { data: Uint8Array.of(1) }]
]
for (const [what, change] of falsehoods) {
  condition(`redeem: a receipt with another ${what} is refused`, async () => {
    const { game, state, head } = await recorded(() => [payment(0n, 3n)])
    await rejects(game.redeem(head, state, 0, { as: { ...payment(0n, 3n), ...change } }), 'NoSuchRoot')
  })
}

condition('redeem: a breakpoint that is not the recorded one, none, another thread\'s and an unknown thread are refused', async () => {
  const { game, state, head } = await recorded(() => [payment(0n, 3n)])
  await rejects(game.redeem({ ...head, nonce: 4n }, state, 0), 'WrongBreakpoint')
  const other = await (await arena.game()).start()
  await rejects(other.redeem({ ...head, thread: other.id }, state, 0), 'WrongBreakpoint')
  const unknown = await arena.game()
  await rejects(unknown.redeem({ ...head, thread: unknown.id }, state, 0), 'UnknownThread')
  await unknown.open()
  await rejects(unknown.redeem({ ...head, thread: unknown.id }, state, 0), 'WrongBreakpoint')
})

condition('checkpointAndRedeem: records and pays; also when somebody else has just recorded the same', async () => {
  const game = await (await arena.game()).start()
  const state = game.state([], [payment(0n, 3n), payment(1n, 4n)])
  const head = game.breakpoint({ nonce: 3n, stateRoot: state.root })
  await game.redeem(head, state, 0, { checkpoint: true, from: outsider })
  assert.is((await game.record()).recorded, breakpointHash(head))
  await game.redeem(head, state, 1, { checkpoint: true, from: outsider })
  assert.is(await held(payee), 7n)
  const older = game.breakpoint({ nonce: 2n, stateRoot: state.root })
  await rejects(game.redeem(older, state, 0, { checkpoint: true }), 'StaleSlot')
})

condition('redeem: what was redeemed of one breakpoint is not redeemed again of one that follows', async () => {
  const { game, state, head } = await recorded(() => [payment(0n, 3n)])
  await game.redeem(head, state, 0)
  const longer = game.state([], [...state.receipts, payment(1n, 5n)])
  const next = game.breakpoint({ nonce: 4n, stateRoot: longer.root })
  await game.record_('checkpoint', next)
  await rejects(game.redeem(next, longer, 0), 'AlreadyRedeemed')
  await rejects(game.redeem(head, state, 0), 'WrongBreakpoint')
  await game.redeem(next, longer, 1)
  assert.is(await held(payee), 8n)
})

// ---------------------------------------------------------------- calls

/** Redeems a receipt that calls a Target: who called it, with how much, and the number. */
async function pokedBy (game: Game, state: State, head: Breakpoint, index: number): Promise<unknown[]> {
  const data = arena.abi.encodeFunctionData('redeem', [game.abi, breakpointToAbi(head), receiptToAbi(state.receipts[index]), siblingsOf(game, state, index)]) as Hex
  const sent = await arena.send({ from: outsider, to: arena.court, data }, await interfaceOf('Target'))
  return [...logOf(sent, 'Poked')].map(value => String(value).toLowerCase())
}

condition('redeem: a call comes from the address that the contract has inside the thread, with its money; the second finds the vault there', async () => {
  const target = await arena.deploy('Target')
  const { game, state, head } = await recorded(async game => [await call(game, 0n, target, 'poke', [7n], 5n), await call(game, 1n, target, 'poke', [8n]), payment(2n, 6n, target)])
  const vault = contractAddressOf(game.id, arena.court)
  const poked = async (index: number): Promise<unknown[]> => await pokedBy(game, state, head, index)
  assert.is(await arena.rpc('eth_getCode', vault, 'latest'), '0x')
  assert.equal(await poked(0), [vault, '5', '7'])
  assert.equal(await poked(1), [vault, '0', '8'])
  assert.equal(await poked(2), [vault, '6', '0'], 'a payment to a contract comes from the vault, too')
  assert.equal([await held(target), await held(vault)], [11n, 0n])
})

condition('redeem: ether that its target does not take is no payment, and can be tried again', async () => {
  // BLAKE2F refuses an input that is not 213 bytes long (EIP-152), and has no code.
  const { game, state, head } = await recorded(() => [payment(0n, 3n, asAddress(`0x${'9'.padStart(40, '0')}`))])
  await rejects(game.redeem(head, state, 0), 'CallFailed')
  assert.equal([await game.isRedeemed(0n), await game.exited()], [false, { redeemed: 0n, reserved: 0n }])
})

condition('redeem: a call that is not of the thread\'s own contract, and one of an account without code, are refused', async () => {
  const target = await arena.deploy('Target')
  const { game, state, head } = await recorded(async game => [
    { ...await call(game, 0n, target, 'poke', [7n]), sender: outsider }, await call(game, 1n, payee, 'poke', [7n])
  ])
  await rejects(game.redeem(head, state, 0), 'NotTheContract')
  await rejects(game.redeem(head, state, 1), 'NoCode')
  assert.is(await game.isRedeemed(1n), false)
})

condition('redeem: a call that fails changes nothing and can be tried again; of a megabyte that it says, 256 bytes are told', async () => {
  const target = await arena.deploy('Target')
  const { game, state, head } = await recorded(async game => [await call(game, 0n, target, 'moody', [7n], 5n), await call(game, 1n, target, 'loud')])
  await rejects(game.redeem(head, state, 0), 'CallFailed')
  assert.equal([await game.isRedeemed(0n), await game.exited(), await held(target)], [false, { redeemed: 0n, reserved: 0n }, 0n])
  await arena.invoke(outsider, target, 'Target', 'cheer')
  await game.redeem(head, state, 0)
  assert.is(await held(target), 5n)
  const error = await game.redeem(head, state, 1).then(() => undefined, (error: { code: string, args: readonly unknown[] }) => error)
  assert.equal([error?.code, String(error?.args[1]).length], ['CallFailed', 2 + 2 * 256])
})

condition('redeem: a payment to a contract that refuses it changes nothing', async () => {
  const refusing = await arena.deploy('Payee')
  await arena.invoke(outsider, refusing, 'Payee', 'setMode', [1n, ZERO_ADDRESS, '0x'])
  const { game, state, head } = await recorded(() => [payment(0n, 5n, refusing)])
  await rejects(game.redeem(head, state, 0), 'CallFailed')
  assert.is(await game.isRedeemed(0n), false)
})

condition('redeem: whoever gives too little gas is refused, and a part of the call never fails for it', async () => {
  const target = await arena.deploy('Target')
  const { game, state, head } = await recorded(async game => [await call(game, 0n, target, 'careful')])
  const whole = async (): Promise<unknown> => await arena.read(target, await interfaceOf('Target'), 'whole', [])
  let snapshot = await arena.rpc('evm_snapshot')
  let refused = 0
  let done = 0
  for (let gas = 1_000_000n; gas <= 1_500_000n; gas += 25_000n) {
    const outcome = await game.redeem(head, state, 0, { gas }).then(() => 'done', (error: { code: string }) => error.code)
    if (outcome === 'done') {
      done++
      assert.is(await whole(), true, `with ${gas} gas`)
      await arena.rpc('evm_revert', snapshot)
      snapshot = await arena.rpc('evm_snapshot')
    } else refused++
  }
  assert.ok(refused > 3 && done > 3, `${refused} refused, ${done} done`)
})

condition('the vault and what it is a clone of take calls from the court only, and no money', async () => {
  const target = await arena.deploy('Target')
  const { game, state, head } = await recorded(async game => [await call(game, 0n, target, 'poke', [1n])])
  await game.redeem(head, state, 0)
  const vault = contractAddressOf(game.id, arena.court)
  await rejects(arena.invoke(outsider, vault, 'ThreadVault', 'execute', [target, '0x']), 'NotFromCourt')
  await rejects(arena.send({ from: outsider, to: vault, data: '0x', valueWei: 1n }), 'UNNAMED 0x')
})

// ---------------------------------------------------------------- tokens

condition('redeem, in a thread for a token: the tokens go to the target, then it is called without value', async () => {
  const token = await arena.deploy('PlainToken', 6)
  for (const owner of [arena.account(0), arena.account(1)]) {
    await arena.invoke(owner, token, 'PlainToken', 'mint', [owner, 10_000n])
    await arena.invoke(owner, token, 'PlainToken', 'approve', [arena.court, 10_000n])
  }
  const target = await arena.deploy('Target')
  const terms = { asset: token, assetDecimals: 6, deposits: [1_000n, 1_000n] }
  const { game, state, head } = await recorded(async game => [await call(game, 0n, target, 'poke', [7n], 30n), payment(1n, 40n), await call(game, 2n, target, 'poke', [9n])], terms)
  const vault = contractAddressOf(game.id, arena.court)
  assert.equal(await pokedBy(game, state, head, 0), [vault, '0', '7'])
  await game.redeem(head, state, 1)
  assert.equal(await pokedBy(game, state, head, 2), [vault, '0', '9'])
  assert.equal([await arena.balance(token, target), await arena.balance(token, payee), await held(target)], [30n, 40n, 0n])
  await game.close(game.closing([1_000n, 930n, 70n], { parent: breakpointHash(head), nonce: 4n }))
})

condition('redeem, in a thread for a token that says false: refused, and tried again', async () => {
  const token = await arena.deploy('FalseToken')
  for (const owner of [arena.account(0), arena.account(1)]) {
    await arena.invoke(owner, token, 'FalseToken', 'mint', [owner, 10_000n])
    await arena.invoke(owner, token, 'FalseToken', 'approve', [arena.court, 10_000n])
  }
  const { game, state, head } = await recorded(() => [payment(0n, 40n)], { asset: token, assetDecimals: 6, deposits: [1_000n, 1_000n] })
  await arena.invoke(outsider, token, 'FalseToken', 'refuse', [true])
  await rejects(game.redeem(head, state, 0), 'TokenRefused')
  await arena.invoke(outsider, token, 'FalseToken', 'refuse', [false])
  await game.redeem(head, state, 0)
  assert.is(await arena.balance(token, payee), 40n)
})

// ---------------------------------------------------------------- never more than the pot

condition('redeem: a state that promises more than the pot pays the pot and no more; another thread\'s money stays', async () => {
  const rich = await (await arena.game({ deposits: [100n * ETHER, 100n * ETHER] })).start()
  const { game, state, head } = await recorded(() => [payment(0n, ETHER), payment(1n, 2n * ETHER), payment(2n, ETHER), payment(3n, 1n), payment(4n, 2n ** 255n)], {}, [5n * ETHER, 5n * ETHER])
  await game.redeem(head, state, 0)
  await rejects(game.redeem(head, state, 1), 'NotFunded')
  await rejects(game.redeem(head, state, 4), 'NotFunded')
  await game.redeem(head, state, 2)
  await rejects(game.redeem(head, state, 3), 'NotFunded')
  const { timestampSec } = await game.challenge()
  await arena.at(timestampSec + 2n * WINDOW)
  assert.equal([...logOf(await game.settle(head, state), 'Settled')['payouts'] as Iterable<bigint>], [0n, 0n])
  await rejects(game.redeem(head, state, 3), 'NotFunded')
  assert.is(await held(arena.court), rich.pot)
})

condition('settle: a later state that denies what was redeemed divides what is there', async () => {
  const { game, state, head } = await recorded(() => [payment(0n, ETHER)])
  await game.redeem(head, state, 0)
  const denied = game.state([2n * ETHER, 0n])
  const last = game.breakpoint({ nonce: 9n, stateRoot: denied.root })
  const { timestampSec } = await game.record_('challenge', last)
  await arena.at(timestampSec + 2n * WINDOW)
  assert.equal([...logOf(await game.settle(last, denied), 'Settled')['payouts'] as Iterable<bigint>], [ETHER, 0n])
})

// ---------------------------------------------------------------- ends

condition('settle: what receipts are for is not divided, and they are redeemed afterwards', async () => {
  const { game, state, head } = await recorded(() => [payment(0n, 100n), payment(1n, 200n)], {}, [ETHER, 0n])
  await game.redeem(head, state, 0)
  const { timestampSec } = await game.challenge()
  await arena.at(timestampSec + 2n * WINDOW)
  const settled = await game.settle(head, state)
  const rest = ETHER - 300n
  assert.equal([...logOf(settled, 'Settled')['payouts'] as Iterable<bigint>], [ETHER + rest / 2n, rest / 2n])
  assert.equal(await game.exited(), { redeemed: 100n, reserved: 200n })
  await game.redeem(head, state, 1)
  assert.equal([await held(payee), await game.exited()], [300n, { redeemed: 300n, reserved: 0n }])
  await rejects(game.redeem(head, state, 1), 'AlreadyRedeemed')
})

condition('settle: a total that the state does not have is refused', async () => {
  const { game, state, head } = await recorded(() => [payment(0n, 100n)], {}, [ETHER, ETHER])
  const { timestampSec } = await game.challenge()
  await arena.at(timestampSec + 2n * WINDOW)
  const [accounts, [total, siblings]] = game.holdings(state) as [unknown, [Hash32, readonly Hash32[]]]
  const settle = (value: Hash32, shown: readonly Hash32[]): Promise<unknown> =>
    arena.court_(game.player(0), 'settle', [game.abi, breakpointToAbi(head), [accounts, [value, shown, ZERO_HASH, ZERO_HASH]]])
  await rejects(settle(ZERO_HASH, siblings), 'NoSuchRoot')
  await rejects(settle(`0x${(99n).toString(16).padStart(64, '0')}` as Hash32, siblings), 'NoSuchRoot')
  await settle(total, siblings)
})

condition('settleByFunction: what the function itself sends out is redeemed against what it has left', async () => {
  const { game, state, head } = await recorded(() => [payment(0n, 100n)], { settlement: '0x11223344', windowSec: WINDOW }, [ETHER, 0n])
  const empty = game.breakpoint({ nonce: 4n, stateRoot: state.root, inputsRoot: inputsRoot([]) })
  const { timestampSec } = await game.record_('challenge', empty)
  const after = game.state([ETHER, 0n], [...state.receipts, payment(1n, 50n)])
  await arena.at(timestampSec + 2n * WINDOW)
  await game.settleByFunction(empty, NO_INPUT, finding({ newRoot: after.root }), after)
  assert.equal(await game.exited(), { redeemed: 0n, reserved: 150n })
  const left: Breakpoint = {
    thread: game.id, epoch: 0n, nonce: 5n, parent: breakpointHash(empty), stateRoot: after.root, inputsRoot: inputsRoot([]), timestampSec: timestampSec + 2n * WINDOW
  }
  await rejects(game.redeem(head, state, 0), 'WrongBreakpoint')
  await game.redeem(left, after, 1)
  await game.redeem(left, after, 0)
  assert.is(await held(payee), 150n)
})

condition('settleByFunction: a function that fails leaves the recorded state, whose receipts stay good', async () => {
  const { game, state } = await recorded(() => [payment(0n, 100n)], { settlement: '0x11223344' }, [ETHER, 0n])
  const empty = game.breakpoint({ nonce: 4n, stateRoot: state.root, inputsRoot: inputsRoot([]) })
  const { timestampSec } = await game.record_('challenge', empty)
  await arena.at(timestampSec + 2n * WINDOW)
  await game.settleByFunction(empty, NO_INPUT, finding({ success: false }), state)
  await game.redeem(empty, state, 0)
  assert.is(await held(payee), 100n)
})

condition('close: a receipt of more than what all have left for receipts takes nothing of other threads', async () => {
  const { game, state } = await recorded(() => [payment(0n, 100n), payment(1n, 200n)])
  const parent = game.breakpoint({ nonce: 7n, stateRoot: state.root })
  await game.close(game.closing([ETHER, ETHER - 150n, 150n], { nonce: 8n, parent: breakpointHash(parent) }))
  await rejects(game.redeem(parent, state, 1), 'NotFunded')
  await game.redeem(parent, state, 0)
  assert.equal([await held(payee), await game.exited()], [100n, { redeemed: 100n, reserved: 50n }])
})

condition('close: a last payout is for receipts, which are redeemed against the Close\'s parent, recorded or not', async () => {
  const { game, state, head } = await recorded(() => [payment(0n, 100n)])
  await game.redeem(head, state, 0)
  const longer = game.state([], [...state.receipts, payment(1n, 200n), payment(2n, 1n)])
  const parent = game.breakpoint({ nonce: 7n, stateRoot: longer.root })
  const close = game.closing([ETHER, ETHER - 301n, 301n], { nonce: 8n, parent: breakpointHash(parent) })
  await game.close(close)
  assert.equal(await game.exited(), { redeemed: 100n, reserved: 201n })
  await rejects(game.redeem(head, state, 0), 'WrongBreakpoint')
  await rejects(game.redeem(parent, longer, 0), 'AlreadyRedeemed')
  await game.redeem(parent, longer, 2)
  await game.redeem(parent, longer, 1)
  assert.equal([await held(payee), await held(arena.court)], [301n, 0n])
})

condition('close: after a receipt was redeemed, payouts that say nothing of receipts, or less than was redeemed, are refused', async () => {
  const { game, state, head } = await recorded(() => [payment(0n, 100n)])
  await game.redeem(head, state, 0)
  await rejects(game.close(game.closing([ETHER, ETHER], { nonce: 8n })), 'WrongPayouts')
  await rejects(game.close(game.closing([ETHER, ETHER - 99n, 99n], { nonce: 8n })), 'WrongPayouts')
  await game.close(game.closing([ETHER, ETHER - 100n, 100n], { nonce: 8n }))
  assert.equal(await game.exited(), { redeemed: 100n, reserved: 0n })
})

condition('close with an oracle: everybody is paid, and the last payout is nobody\'s', async () => {
  const oracle = arena.account(17)
  const game = await (await arena.game({ oracle, oracleFee: 5n })).start()
  const before = await held(oracle)
  await game.close(game.closing([ETHER, ETHER - 50n, 5n, 50n]))
  assert.equal([await held(oracle) - before, await game.exited()], [5n, { redeemed: 0n, reserved: 50n }])
})

// ---------------------------------------------------------------- forced moves

/** A dispute in which a move was forced: onto a state with a receipt, for the one who forces. */
async function forced (): Promise<Scene & { readonly base: Breakpoint, readonly openedSec: bigint }> {
  const game = await (await arena.game()).start()
  const base = game.breakpoint({ nonce: 3n, stateRoot: game.state([ETHER, ETHER]).root, timestampSec: await arena.nowSec() })
  const { timestampSec: openedSec } = await game.record_('challenge', base)
  const state = game.state([], [payment(0n, ETHER)])
  const move = game.move(0, base, 1n, openedSec + 9n)
  await arena.at(openedSec + 9n)
  await game.advance(base, move, finding({ newRoot: state.root }))
  return { game, state, base, openedSec, head: game.forced(base, 1n, move, state.root) }
}

condition('redeem: a receipt of a forced move waits for the settlement', async () => {
  const { game, state, head } = await forced()
  await rejects(game.redeem(head, state, 0), 'NotSigned')
  await arena.at((await game.record()).endsAt)
  await game.settle(head, state)
  await game.redeem(head, state, 0)
  assert.is(await held(payee), ETHER)
})

condition('redeem: with a Close that replaces the forced move, its receipt is gone for good', async () => {
  const { game, state, head, openedSec } = await forced()
  await arena.at(openedSec + WINDOW - 1n)
  await game.close(game.closing([ETHER, ETHER], { nonce: 4n }))
  await rejects(game.redeem(head, state, 0), 'WrongBreakpoint')
})

condition('redeem: a Close on the forced move makes its receipt everybody\'s word', async () => {
  const { game, state, head } = await forced()
  await game.close(game.closing([ETHER, 0n, ETHER], { epoch: 1n, nonce: 5n, parent: breakpointHash(head) }))
  await game.redeem(head, state, 0)
  assert.is(await held(payee), ETHER)
})

condition('redeem: in a dispute over what all have signed, before and after D', async () => {
  const { game, state, head } = await recorded(() => [payment(0n, 1n), payment(1n, 2n)])
  const { timestampSec } = await game.challenge()
  await game.redeem(head, state, 0)
  await arena.at(timestampSec + 3n * WINDOW)
  await game.redeem(head, state, 1)
  assert.is((await game.record()).phase, 3n)
  assert.is((await game.record()).endsAt, timestampSec + 2n * WINDOW, 'a redeem leaves the dispute as it is')
})

// ---------------------------------------------------------------- reentrancy

/** What a payee calls from inside its payment, and whether that may succeed. */
const inside: [string, boolean, (scene: Scene) => readonly [string, readonly unknown[]]][] = [
  ['the same receipt', false, ({ game, head, state }) => ['redeem', [game.abi, breakpointToAbi(head), receiptToAbi(state.receipts[0]), siblingsOf(game, state, 0)]]],
  ['another receipt', true, ({ game, head, state }) => ['redeem', [game.abi, breakpointToAbi(head), receiptToAbi(state.receipts[1]), siblingsOf(game, state, 1)]]],
  ['a checkpoint', true, ({ game, state }) => { const next = game.breakpoint({ nonce: 9n, stateRoot: state.root }); return ['checkpoint', [game.abi, breakpointToAbi(next), game.signatures(next)]] }],
  ['a close', true, ({ game, head }) => { const close = game.closing([ETHER, ETHER - 12n, 12n], { nonce: 9n, parent: breakpointHash(head) }); return ['close', [game.abi, closeToAbi(close), game.closeSignatures(close)]] }],
  ['a close that forgets the receipt', false, ({ game }) => { const close = game.closing([ETHER, ETHER], { nonce: 9n }); return ['close', [game.abi, closeToAbi(close), game.closeSignatures(close)]] }],
  ['a settlement', true, ({ game, head, state }) => ['settle', [game.abi, breakpointToAbi(head), game.holdings(state)]]],
  ['a withdrawal', false, () => ['withdraw', [ZERO_ADDRESS]]]
]
for (const [what, works, make] of inside) {
  condition(`a payee that calls back with ${what} ${works ? 'does what it could have done outside' : 'is refused'}, and is paid once`, async () => {
    const target = await arena.deploy('Payee')
    const scene = await recorded(() => [payment(0n, 5n, target), payment(1n, 7n)], {}, [ETHER, ETHER])
    const { game, head, state } = scene
    if (what === 'a settlement') {
      const { timestampSec } = await game.challenge()
      await arena.at(timestampSec + 2n * WINDOW)
    }
    await arena.invoke(outsider, target, 'Payee', 'setMode', [4n, arena.court, arena.abi.encodeFunctionData(...make(scene))])
    await game.redeem(head, state, 0)
    assert.equal([await held(target), await arena.read(target, await interfaceOf('Payee'), 'reentered', [])], [5n, works])
  })
}

// ---------------------------------------------------------------- whatever the order

condition('whatever is redeemed in whatever order, before and after the end: no thread pays more than its pot', async () => {
  for (let round = 0; round < 6; round++) {
    const chance = (bound: number, salt: number): number => Number(BigInt(hash32(Uint8Array.of(round, salt))) % BigInt(bound))
    const amounts = Array.from({ length: 5 }, (_, i) => ETHER * BigInt(chance(120, i)) / 100n)
    const { game, state, head } = await recorded(() => amounts.map((amount, i) => payment(BigInt(i), amount)), {}, [BigInt(chance(3, 9)) * ETHER, ETHER])
    const paid = await held(payee)
    const turns = Array.from({ length: 8 }, (_, i) => chance(5, 20 + i))
    const tryAll = async (indices: readonly number[]): Promise<void> => { for (const index of indices) await game.redeem(head, state, index).catch(() => undefined) }
    await tryAll(turns.slice(0, 4))
    if (round % 2 === 0) {
      const { timestampSec } = await game.challenge()
      await arena.at(timestampSec + 2n * WINDOW)
      await game.settle(head, state)
    } else {
      const total = amounts.reduce((sum, amount) => sum + amount, 0n)
      const kept = total < 2n * ETHER ? total : 2n * ETHER
      await game.close(game.closing([2n * ETHER - kept, 0n, kept], { nonce: 9n, parent: breakpointHash(head) }))
    }
    await tryAll([...turns.slice(4), 0, 1, 2, 3, 4])
    const { redeemed } = await game.exited()
    assert.is(await held(payee) - paid, redeemed)
    assert.ok(redeemed <= 2n * ETHER, `${redeemed} of ${2n * ETHER}`)
  }
})

function receiptToAbi (receipt: ThreadReceipt | undefined): readonly unknown[] {
  return receipt === undefined ? [] : [receipt.index, receipt.sender, receipt.target, receipt.amount, receipt.data]
}

function siblingsOf (game: Game, state: State, index: number): readonly Hash32[] {
  return game.receiptSiblings(state, BigInt(index))
}

test.run()
