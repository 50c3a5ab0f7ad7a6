import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasCode, ThreadsError } from '../../src/errors.js'
import { EXIT_CODES, exitCodeOf } from '../../src/cli/exit-codes.js'
import { parseArguments, selectorOf } from '../../src/cli/arguments.js'
import { weiText } from '../../src/cli/text.js'
import { parseAmount, parseCount, parseNumber } from '../../src/cli/values.js'

const test = suite('cli/values')
const throwsCode = (run: () => unknown, code: string): void => assert.throws(run, (error: unknown) => hasCode(error, code))

test('an amount has a unit, or is in the smallest one', () => {
  assert.is(parseAmount('1000'), '1000')
  assert.is(parseAmount('0.5ether'), '500000000000000000')
  assert.is(parseAmount('1.000000000000000001 eth'), '1000000000000000001')
  assert.is(parseAmount('20gwei'), '20000000000')
  assert.is(parseAmount('7wei'), '7')
})

test('an amount is shown without needless zeros', () => {
  assert.equal(['0', '1', '500000000000000000', '10000000000000000000', '1000000000000000001'].map(weiText), ['0', '0.000000000000000001', '0.5', '10', '1.000000000000000001'])
})

test('a selector is taken as it is, or made from a signature', () => {
  assert.is(selectorOf('0x12345678'), '0x12345678')
  assert.is(selectorOf('play( uint8 )'), '0x53a04b05')
})

test('half a unit, a sign, hexadecimal and nothing are no amounts', () => {
  for (const text of ['0.5', '0.5wei', '-1', '0x10', '', 'ether', '1e18', '0.0000000000000000001ether']) throwsCode(() => parseAmount(text), 'CLI_BAD_AMOUNT')
})

test('arguments follow the types of the signature', () => {
  assert.equal(parseArguments('f(uint256,bool,string,uint8[],(address,uint256))', ['115792089237316195423570985008687907853269984665640564039457584007913129639935', 'true', '7', '[1,2]', '["0x12",3]']),
    ['115792089237316195423570985008687907853269984665640564039457584007913129639935', true, '7', [1, 2], ['0x12', 3]])
})

test('too few arguments, a bool that is none and broken JSON have their code', () => {
  assert.equal(parseArguments('(uint8,bool)', ['4', 'true']), ['4', true])
  throwsCode(() => parseArguments('play(uint8)', []), 'CLI_BAD_ARGUMENT')
  throwsCode(() => parseArguments('f(bool)', ['yes']), 'CLI_BAD_ARGUMENT')
  throwsCode(() => parseArguments('f(uint8[])', ['1,2']), 'CLI_BAD_ARGUMENT')
  throwsCode(() => parseArguments('play', ['1']), 'RPC_BAD_SIGNATURE')
  throwsCode(() => parseNumber('ten'), 'CLI_BAD_NUMBER')
  for (const text of ['1.5', '-1', '0x10', '', '1e3', '99999999999999999999']) throwsCode(() => parseCount(text), 'CLI_BAD_NUMBER')
})

test('exit codes follow the kind of the error', () => {
  const cases: readonly [string, keyof typeof EXIT_CODES][] = [
    ['CLI_NO_DAEMON', 3], ['RPC_UNREACHABLE', 3], ['RPC_UNAUTHORIZED', 3], ['CONFIG_BAD_VALUE', 2], ['KEY_WRONG_PASSWORD', 2], ['RPC_BAD_PARAMS', 2],
    ['RPC_TIMEOUT', 5], ['INPUT_TIMEOUT', 5], ['CHAIN_NOT_MINED', 5], ['THREAD_FAULT', 1], ['CHAIN_REVERTED', 4], ['THREAD_UNKNOWN', 4], ['INPUT_NOT_INCLUDABLE', 4], ['RPC_INTERNAL', 1], ['CHAIN_UNAVAILABLE', 1], ['CLI_INTERRUPTED', 130]
  ]
  for (const [code, exit] of cases) assert.is(exitCodeOf(new ThreadsError(code, '')), exit, code)
  assert.is(exitCodeOf(new Error('surprise')), 1)
})

test.run()
