/**
 * Machines with all their frames, to compare: those of the judge as it saved them, and those of @ethereumjs while it runs. Fields are found by their names in
 * contracts/judge/Layout.sol, so that what is read here is what the contract means.
 */
import { readFileSync } from 'node:fs'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { EVM, EVMMockBlockchain, NobleBN254, type InterpreterStep } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { bytesToBigint, bytesToHex } from '../../src/protocol/bytes.js'
import type { Hex } from '../../src/protocol/types.js'

/** A frame before its next opcode; of one that waits for another, the opcode behind its call. The stack's top comes last. */
export type Frame = { readonly pc: number, readonly gas: bigint, readonly stack: readonly bigint[], readonly memory: Hex }

// ---------------------------------------------------------------- the judge's

const LAYOUT = new Map([...readFileSync(new URL('../../../contracts/judge/Layout.sol', import.meta.url), 'utf8').matchAll(/^uint256 constant (\w+) = (0x[0-9a-f]+|\d+);/gm)]
  .map(([, name = '', value = '']) => [name, BigInt(value)]))

function layout (name: string): number {
  const value = LAYOUT.get(name)
  if (value === undefined) throw new Error(`Layout.sol has no ${name}`)
  return Number(value)
}

/** All frames of a saved machine, the outermost first. */
export function framesOf (machine: Uint8Array): Frame[] {
  // What is saved: the words from FRAME to MACHINE_END, the stacks of all frames, and the memory from FRAMES on.
  const first = layout('FRAME')
  const fixed = layout('MACHINE_END') - first
  const word = (place: number): bigint => bytesToBigint(machine.slice(place, place + 32))
  const paused = stateOf(word(layout('PAUSED') - first))
  const shift = fixed + paused.sp - layout('FRAMES')
  /** @param block where the frame's block of words is saved */
  const frame = (block: number, { pc, gas, sp, height }: State): Frame => {
    const memory = Number(word(block + layout('MEMORY_AT') - first)) + shift
    return {
      pc, gas, stack: Array.from({ length: height }, (_, i) => word(fixed + sp + 32 * (i - height))),
      memory: bytesToHex(machine.slice(memory, memory + Number(word(block + layout('MEMORY_SIZE') - first))))
    }
  }
  const frames = [frame(0, paused)]
  let block = 0
  for (let depth = Number(word(layout('DEPTH') - first)); depth > 1; depth--) {
    block = Number(word(block + layout('RECORD_AT') - first)) + shift
    frames.unshift(frame(block, stateOf(word(block + layout('STATE') - first))))
  }
  return frames
}

/** `sp`: from where the stacks begin. */
type State = { readonly pc: number, readonly gas: bigint, readonly sp: number, readonly height: number }

/** The packed state word of a saved frame. */
function stateOf (state: bigint): State {
  return {
    pc: Number(state >> BigInt(layout('PC_SHIFT'))),
    gas: (state >> BigInt(layout('GAS_SHIFT'))) & GAS_MASK,
    sp: Number(state & BigInt(layout('SP_MASK'))),
    height: Number((state >> BigInt(layout('HEIGHT_SHIFT'))) & BigInt(layout('HEIGHT_MASK')))
  }
}
const GAS_MASK = (1n << 63n) - 1n

// ---------------------------------------------------------------- @ethereumjs'

/** What is used of the run state of an interpreter of @ethereumjs. */
type RunState = {
  readonly programCounter: number, readonly opCode: number, readonly gasLeft: bigint, readonly memoryWordCount: bigint, readonly code: Uint8Array
  readonly stack: { getStack (): bigint[] }, readonly memory: { readonly _store: Uint8Array }
}
type Interpreter = { readonly _runState: RunState, readonly _evm: EVM, run (code: Uint8Array, options?: object): Promise<{ exceptionError?: unknown }> }

const STOP = 0x00
/** STOP, RETURN, SELFDESTRUCT: a code that ends well without one of them has run beyond its end. */
const ENDS = [STOP, 0xf3, 0xff]
/** A code that runs, and the gas that its caller gave it. */
type Running = { readonly state: RunState, readonly given: bigint }
/** Those that run now, of each watched EVM, the outermost first. */
const running = new WeakMap<EVM, Running[]>()
await install()

/**
 * Tells all frames of an EVM before each step, in the order of the judge's steps: running beyond the end of a code is a step, as its STOP is.
 * @param tell called with the step's number, from 0, and what makes the frames
 */
export function watchFrames (evm: EVM, tell: (step: number, frames: () => Frame[]) => void): void {
  let step = 0
  const stack: Running[] = []
  running.set(evm, stack)
  evm.events.on('step', ({ pc, gasLeft, stack: words, memory, memoryWordCount }: InterpreterStep, next?: () => void) => {
    const top: Frame = { pc, gas: gasLeft, stack: words, memory: memoryOf(memory, memoryWordCount) }
    tell(step++, () => [...waiting(stack), top])
    next?.()
  })
  beyond.set(evm, () => { tell(step++, () => [...waiting(stack), ...stack.slice(-1).map(({ state }) => frameOf(state, 0n))]) })
}
/** Called when a code of a watched EVM has run beyond its end. */
const beyond = new WeakMap<EVM, () => void>()

/** All but the innermost. @ethereumjs takes a callee's gas from its caller only when the callee has ended; the judge does before. */
function waiting (stack: readonly Running[]): Frame[] {
  return stack.slice(0, -1).map(({ state }, index) => frameOf(state, stack[index + 1]?.given ?? 0n))
}

function frameOf ({ programCounter, gasLeft, stack, memory, memoryWordCount }: RunState, given: bigint): Frame {
  return { pc: programCounter, gas: gasLeft - given, stack: stack.getStack(), memory: memoryOf(memory._store, memoryWordCount) }
}

function memoryOf (store: Uint8Array, words: bigint): Hex {
  const bytes = new Uint8Array(Number(words) * 32)
  bytes.set(store.subarray(0, bytes.length))
  return bytesToHex(bytes)
}

/** The class of interpreters is not exported: a probe opcode's run state leads to it. Those that run are noted from now on. */
async function install (): Promise<void> {
  let found: Interpreter | undefined
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun })
  const probe = { opcode: 0x0c, opcodeName: 'PROBE', baseFee: 0, logicFunction: (state: { interpreter: object }) => { found = Object.getPrototypeOf(state.interpreter) as Interpreter } }
  const evm = new EVM({ common, stateManager: new SimpleStateManager({ common }), blockchain: new EVMMockBlockchain(), bn254: new NobleBN254(), customOpcodes: [probe] })
  await evm.runCode({ code: Uint8Array.of(probe.opcode, STOP), gasLimit: 100n })
  if (found === undefined) throw new Error('@ethereumjs has no interpreter where it had one')
  const stock = found.run
  found.run = async function (this: Interpreter, ...args) {
    const stack = running.get(this._evm)
    stack?.push({ state: this._runState, given: this._runState.gasLeft })
    try {
      const result = await stock.apply(this, args)
      const { opCode, programCounter, code } = this._runState
      if (result.exceptionError === undefined && !ENDS.includes(opCode) && programCounter >= code.length) beyond.get(this._evm)?.()
      return result
    } finally {
      stack?.pop()
    }
  }
}
