/**
 * The small values of the JSON interface: hex strings for bytes, decimal strings for amounts, numbers for indices, slots, gas and times.
 * Hex is taken in either case and lower-cased here, so that behind this file every id has one form.
 */
import { z } from 'zod'
import type { Address, Hash32, Hex, ThreadId } from '../protocol/types.js'

const hexOf = (bytes: number, what: string): z.ZodString =>
  z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`), `expected ${what}: 0x and ${2 * bytes} hexadecimal digits`).toLowerCase()

// The casts give the parsed strings their brands; the regular expression above each is what the brand promises.

/** A thread's id: 32 bytes of hex. */
export const threadId = hexOf(32, "a thread's id") as unknown as z.ZodType<ThreadId, string>
/** A 32-byte hash of hex. */
export const hash32 = hexOf(32, 'a hash') as unknown as z.ZodType<Hash32, string>
/** A 20-byte address; mixed case is taken without looking at the checksum, and lower-cased. */
export const address = hexOf(20, 'an address') as unknown as z.ZodType<Address, string>
/** A function's selector: 4 bytes. */
export const selector = hexOf(4, 'a selector') as unknown as z.ZodType<Hex, string>
/** A 65-byte signature. */
export const signature = hexOf(65, 'a signature') as unknown as z.ZodType<Hex, string>

/** Any bytes up to `maxBytes`, as hex. */
export const bytes = (maxBytes: number): z.ZodType<Hex, string> => {
  const schema = z.string()
    .regex(/^0x([0-9a-fA-F]{2})*$/, 'expected bytes: 0x and an even number of hexadecimal digits')
    .max(2 + 2 * maxBytes, `at most ${maxBytes} bytes`)
    .toLowerCase()
  return schema as unknown as z.ZodType<Hex, string>
}

/** A decimal string of an unsigned integer below 2^256: an amount, in the unit that the field says. */
export const amount = z.string()
  .regex(/^(0|[1-9][0-9]{0,77})$/, 'expected an amount: a decimal string of an unsigned integer')
  .refine((text) => !/^(0|[1-9][0-9]{0,77})$/.test(text) || BigInt(text) < 1n << 256n, 'must be below 2^256')

/** A count, an index, gas, seconds or milliseconds: an unsigned integer that a double holds exactly. */
export const count = z.int().min(0)

/** (epoch, nonce): where a breakpoint stands. */
export const slot = z.strictObject({ epoch: count, nonce: count })

/**
 * A JSON value, as arguments of a contract's function are given: numbers or decimal strings, hex, booleans, arrays, objects for tuples.
 * Not looked into here: it came out of a JSON parser, and the ABI encoder checks it against the function.
 */
export const json = z.unknown()
