/** For the tests of routines: payloads of BREAKPOINTs, programs that make them, and machines as they are saved (specification §11). */
import { bytesToBigint, bytesToHex, concatBytes, bigintToBytes, hexToBytes } from '../../src/protocol/bytes.js'
import { keccak256 } from '../../src/protocol/crypto.js'
import type { Address, Hex } from '../../src/protocol/types.js'

export const TOPIC = bytesToHex(keccak256(new TextEncoder().encode('evm-threads/breakpoint/1')))
export const MACHINE_ADDRESS = `0x${'6d616368696e65'.padStart(40, '0')}` as Address
export const INPUT_ADDRESS = `0x${'696e707574'.padStart(40, '0')}` as Address

/** A BREAKPOINT's payload. */
export function payloadOf (movers: readonly Address[], data: Uint8Array = new Uint8Array(), onTimeout: Hex = '0x01020304', count = movers.length): Uint8Array {
  return concatBytes(hexToBytes(onTimeout), Uint8Array.of(count), ...movers.map((mover) => bigintToBytes(BigInt(mover), 32)), data)
}

/** Assembly that writes `bytes` to memory from `at` on, in whole words. */
export function stored (bytes: Uint8Array, at: number): string {
  const words: string[] = []
  for (let i = 0; i < bytes.length; i += 32) {
    const word = new Uint8Array(32)
    word.set(bytes.slice(i, i + 32))
    words.push(`${bytesToHex(word)} 0x${(at + i).toString(16)} MSTORE`)
  }
  return words.join(' ')
}

/** Assembly of LOG1 with the topic on `size` bytes at `at`. */
export function breakpoint (size: number, at: number): string {
  return `${TOPIC} 0x${size.toString(16)} 0x${at.toString(16)} LOG1`
}

/** Assembly that has the payload in memory and suspends. */
export function suspending (payload: Uint8Array, at = 0x80): string {
  return `${stored(payload, at)} ${breakpoint(payload.length, at)}`
}

/** Assembly that reads what the mover sent: from, value, timestamp and 32 bytes of data to memory from 0 on. */
export const READ_INPUT = `0x80 0x0 0x0 0x0 0x${BigInt(INPUT_ADDRESS).toString(16)} GAS STATICCALL POP`

export type SavedMachine = {
  readonly pc: number
  readonly caller: bigint
  readonly value: bigint
  readonly stack: readonly bigint[]
  readonly memory: Uint8Array
  readonly callData: Uint8Array
  readonly payload: Uint8Array
}

/** A suspended machine, field by field. @throws Error when its sizes are not those of its bytes */
export function readMachine (bytes: Uint8Array): SavedMachine {
  const number = (from: number, size: number): number => Number(bytesToBigint(bytes.slice(from, from + size)))
  const [words, memoryWords, dataSize, payloadAt, payloadSize] = [number(6, 2), number(8, 2), number(10, 4), number(14, 4), number(18, 4)]
  const memoryAt = 96 + 32 * words
  const dataAt = memoryAt + 32 * memoryWords
  if (number(0, 2) !== 1 || number(22, 10) !== 0 || bytes.length !== dataAt + dataSize) throw new Error('not a machine')
  const memory = bytes.slice(memoryAt, dataAt)
  return {
    pc: number(2, 4), caller: bytesToBigint(bytes.slice(32, 64)), value: bytesToBigint(bytes.slice(64, 96)),
    stack: Array.from({ length: words }, (_, i) => bytesToBigint(bytes.slice(96 + 32 * i, 128 + 32 * i))),
    memory, callData: bytes.slice(dataAt), payload: memory.slice(payloadAt, payloadAt + payloadSize)
  }
}
