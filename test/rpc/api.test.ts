import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { METHODS } from '../../src/rpc/api.js'
import { openRpcDocument } from '../../src/rpc/openrpc.js'
import { THREAD, WALLET } from './fake-node.js'

const test = suite('rpc/api')

const player = { wallet: WALLET, sessionKey: WALLET, deposit: '5' }
const open = { players: [player, { ...player, wallet: `0x${'B2'.repeat(20)}` }], contract: WALLET }

test('thread_open fills in the defaults and lower-cases hex', () => {
  const params = METHODS.thread_open.params.parse(open)
  assert.is(params.windowSec, 3600)
  assert.is(params.gasLimit, 1_000_000)
  assert.is(params.joinWithinSec, 3600)
  assert.is(params.asset, `0x${'0'.repeat(40)}`)
  assert.is(params.players[1]?.wallet, `0x${'b2'.repeat(20)}`)
})

test('thread_open refuses one player, seventeen players, a hexadecimal amount and unknown fields', () => {
  const refused = (params: unknown): boolean => !METHODS.thread_open.params.safeParse(params).success
  assert.ok(refused({ ...open, players: [player] }))
  assert.ok(refused({ ...open, players: Array.from({ length: 17 }, () => player) }))
  assert.ok(refused({ ...open, players: [player, { ...player, deposit: '0x5' }] }))
  assert.ok(refused({ ...open, stake: '5' }))
})

test('an amount of 2^256 is refused, and the one below taken', () => {
  const value = (amount: bigint | string): boolean => METHODS.thread_send.params.safeParse({ thread: THREAD, value: amount.toString() }).success
  assert.ok(value((1n << 256n) - 1n))
  assert.not(value(1n << 256n))
  assert.not(value('-1'))
  assert.not(value('007'))
})

test('thread_send refuses data together with a signature, and arguments without one', () => {
  const ok = (rest: object): boolean => METHODS.thread_send.params.safeParse({ thread: THREAD, ...rest }).success
  assert.ok(ok({}))
  assert.ok(ok({ data: '0x1234' }))
  assert.ok(ok({ signature: 'play(uint8)', args: [4] }))
  assert.not(ok({ signature: 'play(uint8)', data: '0x' }))
  assert.not(ok({ args: [4] }))
})

test('rpc.discover describes every method with its required parameters', () => {
  const document = openRpcDocument('1.2.3') as { openrpc: string, methods: { name: string, params: { name: string, required: boolean, schema: { default?: unknown } }[] }[] }
  assert.is(document.openrpc, '1.3.2')
  assert.equal(document.methods.map(({ name }) => name), Object.keys(METHODS))
  const send = document.methods.find(({ name }) => name === 'thread_send')
  assert.equal(send?.params.filter(({ required }) => required).map(({ name }) => name), ['thread'])
  assert.is(send?.params.find(({ name }) => name === 'timeoutSec')?.schema.default, 60)
  // References into a document that is not this one would be dangling.
  assert.not.match(JSON.stringify(document), '$ref')
})

test.run()
