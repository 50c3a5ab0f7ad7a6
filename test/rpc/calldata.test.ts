import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasCode } from '../../src/errors.js'
import { decodeReturn, encodeCalldata, encodeConstructor } from '../../src/rpc/calldata.js'
import { WALLET } from './fake-node.js'

const test = suite('rpc/calldata')
const word = (value: number): string => value.toString(16).padStart(64, '0')
const throwsCode = (run: () => unknown, code: string): void => assert.throws(run, (error: unknown) => hasCode(error, code))

test('a signature with arguments becomes selector and words', () => {
  assert.is(encodeCalldata({ signature: 'play(uint8)', args: [4] }), `0x53a04b05${word(4)}`)
  assert.is(encodeCalldata({ signature: 'function play(uint8 cell) external', args: ['4'] }), `0x53a04b05${word(4)}`)
})

test('data is taken as it is, and nothing is an empty call', () => {
  assert.is(encodeCalldata({ data: '0x1234' }), '0x1234')
  // What a routine waits for has no function's name.
  assert.is(encodeCalldata({ signature: '(uint8)', args: [4] }), `0x${word(4)}`)
  assert.is(encodeCalldata({}), '0x')
})

test('a number that does not fit, a missing argument and nonsense have their codes', () => {
  throwsCode(() => encodeCalldata({ signature: 'play(uint8)', args: [256] }), 'RPC_BAD_ARGUMENTS')
  throwsCode(() => encodeCalldata({ signature: 'play(uint8)' }), 'RPC_BAD_ARGUMENTS')
  throwsCode(() => encodeCalldata({ signature: 'play(' }), 'RPC_BAD_SIGNATURE')
})

test('a constructor\'s arguments have no selector', () => {
  assert.is(encodeConstructor('(address,uint256)', [WALLET, '7']), `0x${WALLET.slice(2).padStart(64, '0')}${word(7)}`)
  assert.is(encodeConstructor('uint256', [7]), `0x${word(7)}`)
})

test('returned integers are decimal strings, arrays and named tuples JSON', () => {
  const data = `0x${[1, 2, 3, 1].map(word).join('')}` as const
  assert.equal(decodeReturn('f() view returns (uint8[2], (uint256 x, bool y))', data), [['1', '2'], { x: '3', y: true }])
})

test('without returns nothing is decoded; with wrong ones it fails', () => {
  assert.is(decodeReturn('f()', '0x1234'), undefined)
  throwsCode(() => decodeReturn('f() view returns (uint8)', '0x1234'), 'RPC_BAD_RETURN_DATA')
})

test.run()
