// time limit: 60 s
/** MODEXP against the one of @ethereumjs, and where that one takes too long. */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { getActivePrecompiles, paramsEVM, type ExecResult, type PrecompileFunc } from '@ethereumjs/evm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bigintToBytes, bytesToHex, concatBytes } from '../../src/protocol/bytes.js'
import { modexpLike } from '../../src/machine/modexp.js'
import { Dice } from './random-code.js'

const test = suite('machine/modexp')
const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun, params: paramsEVM })
const stock: PrecompileFunc = getActivePrecompiles(common).get('5'.padStart(40, '0')) ?? (() => { throw new Error('no MODEXP') })
const modexp = modexpLike(stock)

async function run (run: PrecompileFunc, data: Uint8Array, gasLimit = 10_000_000n): Promise<readonly [string, bigint, string | undefined]> {
  const { returnValue, executionGasUsed, exceptionError }: ExecResult = await run({ data, gasLimit, common } as Parameters<PrecompileFunc>[0])
  return [bytesToHex(returnValue), executionGasUsed, exceptionError?.error]
}

test('results, gas and failures are those of @ethereumjs, whatever the lengths, for operands cut short too', async () => {
  const dice = new Dice(5)
  const lengths = [0, 0, 1, 2, 7, 8, 31, 32, 33, 64, 65, 200]
  for (let round = 0; round < 600; round++) {
    const [base, exponent, modulus] = [dice.pick(lengths), dice.pick(lengths), dice.pick(lengths)]
    const operands = Uint8Array.from({ length: base + exponent + modulus }, () => dice.pick([0, 0, 1, 2, 127, 255, dice.below(256)]))
    const data = concatBytes(...[base, exponent, modulus].map(length => bigintToBytes(BigInt(length), 32)), operands)
    const given = dice.below(4) === 0 ? data.subarray(0, dice.below(data.length + 1)) : data
    const gas = dice.below(5) === 0 ? 300n : 10_000_000n
    assert.equal(await run(modexp, given, gas), await run(stock, given, gas), bytesToHex(given))
  }
  const huge = concatBytes(new Uint8Array(32).fill(255), new Uint8Array(32).fill(255), new Uint8Array(32).fill(255))
  assert.equal(await run(modexp, huge), await run(stock, huge))
})

test('a long exponent takes a time that its gas pays for', async () => {
  const data = concatBytes(...[1n, 250_000n, 8n].map(length => bigintToBytes(length, 32)), Uint8Array.of(3), new Uint8Array(250_008).fill(255))
  const from = performance.now()
  const [value, gas] = await run(modexp, data)
  // 3 ** (2 ** 2,000,000 - 1) modulo 2 ** 64 - 1, by squaring alone.
  let expected = 3n
  for (let bit = 1; bit < 2_000_000; bit++) expected = expected * expected * 3n % (2n ** 64n - 1n)
  assert.is(value, bytesToHex(bigintToBytes(expected, 8)))
  assert.is(gas, ((250_000n - 32n) * 8n + 255n) / 3n)
  assert.ok(performance.now() - from < 10_000)
})

test.run()
