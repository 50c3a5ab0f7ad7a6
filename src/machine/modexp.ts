/**
 * Precompile 5, MODEXP (EIP-198, EIP-2565), in time that is linear in the exponent's length. @ethereumjs shifts the whole exponent for each of its bits: one of 250,000
 * bytes, for a million gas with its memory, would stop a node for minutes.
 */
import type { ExecResult, PrecompileFunc, PrecompileInput } from '@ethereumjs/evm'
import { bytesToBigint, bigintToBytes } from '../protocol/bytes.js'
import { turn } from '../turn.js'

/** The three lengths before the operands. */
const LENGTHS_BYTES = 96
/** Bytes of the exponent that its price is made of, besides its length. */
const PRICED_BYTES = 32
/** Bytes of an exponent between two turns of the node's other business. */
const TURN_BYTES = 4096

/** MODEXP with the gas and the failures of `stock`, the one of @ethereumjs. */
export function modexpLike (stock: PrecompileFunc): PrecompileFunc {
  return async (input: PrecompileInput): Promise<ExecResult> => {
    const [baseLength, exponentLength, modulusLength] = [0, 32, 64].map(at => Number(bytesToBigint(operand(input.data, at, 32)))) as [number, number, number]
    const exponentAt = LENGTHS_BYTES + baseLength
    // Without the modulus, which is then zero, it computes nothing; the price depends on the lengths and the exponent's first word alone.
    const priced = await stock({ ...input, data: input.data.subarray(0, exponentAt + Math.min(exponentLength, PRICED_BYTES)) })
    if (priced.exceptionError !== undefined || priced.returnValue.length === 0) return priced
    const modulus = bytesToBigint(operand(input.data, exponentAt + exponentLength, modulusLength))
    if (modulus === 0n) return priced
    const base = bytesToBigint(operand(input.data, LENGTHS_BYTES, baseLength)) % modulus
    const result = await power(base, input.data.subarray(exponentAt, exponentAt + exponentLength), exponentLength, modulus)
    return { ...priced, returnValue: bigintToBytes(result, modulusLength) }
  }
}

/** Part of the data; behind its end there are zeros. */
function operand (data: Uint8Array, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  bytes.set(data.subarray(at, at + length))
  return bytes
}

/** `base` to the power of `exponent`, followed by zeros up to `length`: four bits at a time, the highest first. */
async function power (base: bigint, exponent: Uint8Array, length: number, modulus: bigint): Promise<bigint> {
  const powers = [1n % modulus]
  for (let index = 1; index < 16; index++) powers.push((powers[index - 1] ?? 1n) * base % modulus)
  let result = 1n % modulus
  for (let at = 0; at < length; at++) {
    const byte = exponent[at] ?? 0
    for (const digit of [byte >> 4, byte & 15]) {
      for (let bit = 0; bit < 4; bit++) result = result * result % modulus
      if (digit !== 0) result = result * (powers[digit] ?? 1n) % modulus
    }
    if (at % TURN_BYTES === TURN_BYTES - 1) await turn()
  }
  return result
}
