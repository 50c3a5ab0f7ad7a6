import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ThreadsError } from '../../src/errors.js'
import { METHODS } from '../../src/rpc/api.js'
import { dispatch, type Invoke } from '../../src/rpc/dispatch.js'
import { THREAD } from './fake-node.js'

const test = suite('rpc/dispatch')
type Answer = { id: unknown, result?: unknown, error?: { code: number, message: string, data: { code: string, issues?: { path: string }[] } } }

const internal: unknown[] = []
const run = async (message: unknown, invoke: Invoke = async (method) => ({ method })): Promise<Answer | Answer[] | undefined> => {
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  const reply = await dispatch(text, { invoke, maxBatch: 3, onInternalError: (_method, error) => { internal.push(error) } })
  return reply === undefined ? undefined : JSON.parse(reply) as Answer | Answer[]
}
const one = async (message: unknown, invoke?: Invoke): Promise<Answer> => await run(message, invoke) as Answer
const request = (method: string, params?: unknown, id: unknown = 1): object => ({ jsonrpc: '2.0', id, method, params })

test('text that is not JSON is a parse error with a null id', async () => {
  const { id, error } = await one('{"jsonrpc": "2.0", "id": 1')
  assert.is(id, null)
  assert.is(error?.code, -32_700)
  assert.is(error?.data.code, 'RPC_PARSE_ERROR')
})

test('what is no request is an invalid request', async () => {
  for (const message of ['7', 'null', '[]', '{}', '{"jsonrpc":"1.0","id":1,"method":"node_status"}', '{"jsonrpc":"2.0","id":{},"method":"node_status"}', '{"jsonrpc":"2.0","id":1,"method":7}']) {
    assert.is((await one(message)).error?.code, -32_600, message)
  }
})

test('an unknown method, and names that objects have by nature, are not found', async () => {
  for (const method of ['node_nonsense', 'constructor', '__proto__', 'toString', 'subscribe']) {
    const { error } = await one(request(method))
    assert.is(error?.code, -32_601, method)
    assert.is(error?.data.code, 'RPC_METHOD_NOT_FOUND')
  }
})

test('bad params are told with the path to each', async () => {
  const player = { wallet: 'x', sessionKey: `0x${'1'.repeat(40)}`, deposit: '1' }
  const { error } = await one(request('thread_open', { players: [player, player], contract: `0x${'1'.repeat(40)}`, extra: 1 }))
  assert.is(error?.code, -32_602)
  assert.is(error?.data.code, 'RPC_BAD_PARAMS')
  assert.equal(error?.data.issues?.map(({ path }) => path), ['players[0].wallet', 'players[1].wallet', ''])
  assert.match(error?.message ?? '', 'players[0].wallet')
})

test('params are taken by name, or as one object in an array, or left out', async () => {
  const echo: Invoke = async (_method, params) => params
  assert.equal((await one(request('thread_status', { thread: THREAD }), echo)).result, { thread: THREAD })
  assert.equal((await one(request('thread_status', [{ thread: THREAD }]), echo)).result, { thread: THREAD })
  assert.equal((await one(request('thread_list'), echo)).result, { all: false })
  assert.is((await one(request('thread_status', [THREAD]))).error?.code, -32_602)
  assert.is((await one(request('thread_status', 'x'))).error?.code, -32_602)
})

test('an error of the node keeps its code and data', async () => {
  const { error } = await one(request('node_status'), async () => { throw new ThreadsError('THREAD_UNKNOWN', 'no such thread', { data: { thread: THREAD } }) })
  assert.equal(error, { code: -32_000, message: 'no such thread', data: { thread: THREAD, code: 'THREAD_UNKNOWN' } })
})

test('an error of the program itself is reported within and hidden from the caller', async () => {
  const { error } = await one(request('node_status'), async () => { throw new TypeError('the secret key is 7') })
  assert.is(error?.code, -32_603)
  assert.is(error?.data.code, 'RPC_INTERNAL')
  assert.not.match(JSON.stringify(error), 'secret')
  assert.is(internal.length, 1)
})

test('a batch is answered in its order, its bad members each by itself', async () => {
  const answers = await run([request('node_status', undefined, 'a'), 7, request('nonsense', undefined, 'b')]) as Answer[]
  assert.equal(answers.map(({ id, error }) => [id, error?.code]), [['a', undefined], [null, -32_600], ['b', -32_601]])
})

test('a batch above the limit is refused whole', async () => {
  const { error } = await one(Array.from({ length: 4 }, (_, id) => request('node_status', undefined, id)))
  assert.is(error?.data.code, 'RPC_BATCH_TOO_LARGE')
})

test('notifications are carried out and not answered', async () => {
  let calls = 0
  const invoke: Invoke = async () => { calls += 1 }
  assert.is(await run({ jsonrpc: '2.0', method: 'node_status' }, invoke), undefined)
  assert.is(await run([{ jsonrpc: '2.0', method: 'node_status' }, { jsonrpc: '2.0', method: 'nonsense' }], invoke), undefined)
  assert.is(calls, 2)
})

test('a bigint in a result arrives as a decimal string', async () => {
  assert.equal((await one(request('node_status'), async () => ({ wei: 1n << 70n }))).result, { wei: '1180591620717411303424' })
})

test('whatever the JSON, each request gets one well-formed answer and nothing throws', async () => {
  const member = fc.oneof(
    fc.record({ jsonrpc: fc.constantFrom('2.0', '1.0'), id: fc.oneof(fc.integer(), fc.string(), fc.constant(null)), method: fc.constantFrom(...Object.keys(METHODS), 'x'), params: fc.jsonValue() }, { requiredKeys: ['id'] }),
    fc.jsonValue().filter((value) => !Array.isArray(value))
  )
  await fc.assert(fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 3 }), async (batch) => {
    const answers = await run(batch)
    const isNotification = (value: unknown): boolean => typeof value === 'object' && value !== null && 'method' in value && 'jsonrpc' in value && value.jsonrpc === '2.0' && typeof value.method === 'string' && !('id' in value)
    const expected = batch.filter((value) => !isNotification(value)).length
    assert.is(answers === undefined ? 0 : (answers as Answer[]).length, expected)
    for (const item of (answers ?? []) as Answer[]) assert.ok(('result' in item) !== ('error' in item))
  }), { numRuns: 200 })
})

test('JSON nested a hundred thousand deep is answered, not died of', async () => {
  const deep = `{"jsonrpc":"2.0","id":1,"method":"thread_send","params":{"thread":"${THREAD}","signature":"f(uint8)","args":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}}`
  assert.ok(await run(deep))
})

test.run()
