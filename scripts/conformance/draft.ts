/** A program that is being written: its bytes, how many words its stack holds, and the data behind it whose place is not known yet. */
import { OP, pushed } from './assembler.js'

const TWO_BYTES = 2 // every place in a program is pushed by PUSH2

/** Writes a program. */
export class Draft {
  readonly bytes: number[] = []
  /** Words that the stack holds here. */
  height = 0
  readonly #data: { readonly at: number, readonly bytes: readonly number[] }[] = []

  /** Opcodes that take and give, all together, so many words. */
  op (opcodes: readonly number[] | number, takes: number, gives: number): this {
    this.bytes.push(...typeof opcodes === 'number' ? [opcodes] : opcodes)
    this.height += gives - takes
    return this
  }

  push (value: bigint | number): this {
    return this.op(pushed(BigInt(value)), 0, 1)
  }

  /** DUPn. */
  dup (n: number): this {
    return this.op(OP.DUP1 + n - 1, 0, 1)
  }

  /** SWAPn. */
  swap (n: number): this {
    return this.op(OP.SWAP1 + n - 1, 0, 0)
  }

  /** Pushes the place behind all code where these bytes will be. */
  pushData (bytes: readonly number[]): this {
    this.#data.push({ at: this.bytes.length + 1, bytes })
    return this.op([OP.PUSH0 + TWO_BYTES, 0, 0], 0, 1)
  }

  /** Pushes a place that is not known yet. @returns sets it to here */
  pushPlace (): () => void {
    const at = this.bytes.length + 1
    this.op([OP.PUSH0 + TWO_BYTES, 0, 0], 0, 1)
    return () => { this.#set(at, this.bytes.length) }
  }

  /** Pushes a place that is known. */
  pushKnown (place: number): this {
    return this.op([OP.PUSH0 + TWO_BYTES, place >> 8, place & 0xff], 0, 1)
  }

  /** The whole program, with its data. */
  finish (): Uint8Array {
    for (const { at, bytes } of this.#data) {
      this.#set(at, this.bytes.length)
      this.bytes.push(...bytes)
    }
    return Uint8Array.from(this.bytes)
  }

  #set (at: number, place: number): void {
    this.bytes[at] = place >> 8
    this.bytes[at + 1] = place & 0xff
  }
}
