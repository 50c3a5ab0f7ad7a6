/**
 * A faster inner loop for @ethereumjs/evm. The stock interpreter awaits a promise for every opcode, which is half of its time; this loop
 * awaits only the opcodes that really are asynchronous, and remembers each code's jump destinations. Same gas, same order of effects,
 * same errors (tested step by step against the stock loop).
 *
 * The interpreter's class is not exported, so it is reached through a probe opcode's run state, and its `run` is wrapped: for EVMs that
 * asked for it here, and nothing else in the process. In debug mode, with listeners or the profiler, and where the self-check at start-up
 * fails, the stock loop runs.
 */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { EVM, EVMError, EVMMockBlockchain, NobleBN254 } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Account, createZeroAddress } from '@ethereumjs/util'
import { ThreadsError } from '../errors.js'
import { turn } from '../turn.js'
import type { ExecutionLimits } from './execution-limits.js'
import { sizeOfSuspended } from './routine.js'
import { breakpointAt, goOn, isShut, machineBehind, NO_PAYLOAD, waitsBelow, type Frame, type RoutineRun, type SuspendableState } from './suspension.js'

/** What the loop uses of the interpreter's run state. */
type RunState = SuspendableState & { opCode: number, code: Uint8Array, gasLeft: bigint, returnBytes: Uint8Array, validJumps: Uint8Array, cachedPushes: object, shouldDoJumpAnalysis: boolean }
type OpEntry = {
  opcodeInfo: { code: number, feeBigInt: bigint, dynamicGas: boolean, isInvalid: boolean, isAsync: boolean }
  gasHandler: (state: RunState, gas: bigint, common: Common) => bigint | Promise<bigint>
  opHandler: (state: RunState, common: Common) => void | Promise<void>
}
type Analysis = { jumps: Uint8Array, pushes: object, opcodesCached: OpEntry[] }
type Result = { runState: RunState, exceptionError: EVMError | undefined }
type Interpreter = {
  _runState: RunState
  _evm: EVM
  _env: Frame
  _result: { returnValue?: Uint8Array }
  common: Common
  profilerOpts: { enabled: boolean } | undefined
  _getValidJumpDestinations (code: Uint8Array): Analysis
  run (code: Uint8Array, options?: { pc?: number }): Promise<Result>
}

/** What the loop keeps for an EVM: what it knows of codes (they go when nothing else holds them), and the work since the node's other business had its turn. */
type Known = { readonly codes: WeakMap<Uint8Array, Analysis>, work: number, readonly limits: Bounds, callersWords: bigint, callersInitBytes: number, writes: number, footprint: Footprint, routine: RoutineRun | undefined }

/** What a run leaves in a machine that is saved in the middle of it, at most (contracts/judge/Layout.sol): what `judgeable.ts` bounds the machine's size with. */
export type Footprint = {
  /** Memory and stacks of all frames that lived at once, in words. */
  words: number
  frames: number
  /** Init code of all frames that lived at once, as the judge keeps it. */
  initBytes: number
  /** The longest return data. */
  returnBytes: number
  /** Code that was created, undone creations included. */
  createdBytes: number
  /** SSTOREs and TSTOREs. */
  writes: number
  transientWrites: number
  /** Entries of the journal for creations, payments and SELFDESTRUCTs. */
  entries: number
  /** Bytes of the machine that it went on from (specification §11), 0 where it began; undefined: the thread allows no routines. */
  waitedBytes: number | undefined
}

/** The limits in the loop's own units; Infinity, or what no memory reaches, where there is none. */
type Bounds = { readonly memoryWords: bigint, readonly frames: number, readonly callDataBytes: number, readonly returnDataBytes: number, readonly writes: number, readonly any: boolean }

/** EVMs that run on the fast loop. */
const analyses = new WeakMap<EVM, Known>()

/** Work between two turns of the node's other business, some 20 ms: an opcode is one, a call as much as the precompile that it may run. */
const TURN_WORK = 100_000
const CALL_WORK = 1_000
const UNREACHED_WORDS = 1n << 60n
/** CREATE is the first of the opcodes that call. */
const FIRST_CALL = 0xf0
/** What the opcodes that call take from the stack; it then waits without them. */
const OPERANDS: Readonly<Record<number, number>> = { 0xf0: 3, 0xf1: 7, 0xf2: 7, 0xf4: 6, 0xf5: 4, 0xfa: 6 }
const SSTORE = 0x55
const TSTORE = 0x5d
const LOG1 = 0xa1
const CALL = 0xf1
const CALLCODE = 0xf2
/** What a creation and a SELFDESTRUCT write into accounts at most: nonces, flags, balances and the code. A payment writes two balances. */
const ENTRIES: Readonly<Record<number, number>> = { 0xf0: 8, 0xf5: 8, 0xff: 3 }
const MAX_CODE_BYTES = 24_576

/**
 * Lets `evm` run on the fast loop, where there is one. It keeps all limits but MODEXP's, which its precompile keeps.
 * @throws `MACHINE_INTERNAL` for limits without the fast loop
 */
export function runSynchronously (evm: EVM, limits: ExecutionLimits = {}): void {
  const bounds = boundsOf(limits)
  if (bounds.any && interpreterLoop === 'stock') throw new ThreadsError('MACHINE_INTERNAL', 'the stock interpreter keeps no limits')
  analyses.set(evm, { codes: new WeakMap(), work: 0, limits: bounds, callersWords: 0n, callersInitBytes: 0, writes: 0, footprint: noFootprint(), routine: undefined })
}

/**
 * What the next run of `evm` must know of the thread's routine, and will leave of it; undefined: there are no routines.
 * @throws `MACHINE_INTERNAL` without the fast loop, which alone can wait
 */
export function setRoutine (evm: EVM, routine: RoutineRun | undefined): void {
  const known = analyses.get(evm)
  if (known !== undefined) known.routine = routine
  if (routine !== undefined && (known === undefined || interpreterLoop === 'stock')) throw new ThreadsError('MACHINE_INTERNAL', 'the stock interpreter knows no routines')
}

/** What the last run of `evm` left, since this was asked; nothing where no code ran on the fast loop. */
export function takeFootprint (evm: EVM): Footprint {
  const known = analyses.get(evm)
  const footprint = known?.footprint ?? noFootprint()
  if (known !== undefined) known.footprint = noFootprint()
  return footprint
}

function noFootprint (): Footprint {
  return { words: 0, frames: 0, initBytes: 0, returnBytes: 0, createdBytes: 0, writes: 0, transientWrites: 0, entries: 0, waitedBytes: undefined }
}

function boundsOf ({ memoryBytes = 0, frames = 0, callDataBytes = 0, returnDataBytes = 0, writes = 0 }: ExecutionLimits): Bounds {
  return {
    memoryWords: memoryBytes === 0 ? UNREACHED_WORDS : BigInt(memoryBytes) / 32n,
    frames: frames === 0 ? Infinity : frames,
    callDataBytes: callDataBytes === 0 ? Infinity : callDataBytes,
    returnDataBytes: returnDataBytes === 0 ? Infinity : returnDataBytes,
    writes: writes === 0 ? Infinity : writes,
    any: memoryBytes + frames + callDataBytes + returnDataBytes + writes > 0
  }
}

/** Back to the stock loop, for comparison. */
export function runStock (evm: EVM): void {
  analyses.delete(evm)
}

async function install (): Promise<boolean> {
  const prototype = await findPrototype()
  if (typeof prototype?.run !== 'function' || typeof prototype._getValidJumpDestinations !== 'function') return false
  const stock = prototype.run
  prototype.run = async function (this: Interpreter, code, options = {}) {
    const known = analyses.get(this._evm)
    const watched = this._evm.events.listenerCount('step') > 0 || this._evm.DEBUG || this.profilerOpts?.enabled === true
    if ((known?.limits.any === true || known?.routine !== undefined) && watched) throw new ThreadsError('MACHINE_INTERNAL', 'whoever watches the steps gets the stock loop, which keeps no limits')
    if (known === undefined || watched || options.pc !== undefined) return await stock.call(this, code, options)
    return await loop(this, code, known)
  }
  if (await agrees()) return true
  prototype.run = stock
  return false
}

/** Runs a probe opcode, whose run state leads to the interpreter that runs it. */
async function findPrototype (): Promise<Interpreter | undefined> {
  let found: unknown
  const evm = await probeEVM((state) => { found = Object.getPrototypeOf(state.interpreter) })
  await evm.runCode({ code: Uint8Array.of(0x0c, 0x00), gasLimit: 100n })
  return found as Interpreter | undefined
}

async function probeEVM (probe: (state: { interpreter: object }) => void = () => {}): Promise<EVM> {
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun })
  const stateManager = new SimpleStateManager({ common })
  await stateManager.putAccount(createZeroAddress(), new Account(1n))
  const customOpcodes = [{ opcode: 0x0c, opcodeName: 'PROBE', baseFee: 0, logicFunction: probe }]
  return new EVM({ common, stateManager, blockchain: new EVMMockBlockchain(), bn254: new NobleBN254(), customOpcodes })
}

/**
 * The self-check: a program with a loop, memory, hashing, storage, a nested call and a refund ends alike on both loops, wherever the gas runs
 * out. @ethereumjs is pinned to one version as well; this is for a bundler or an override that brought another.
 */
async function agrees (): Promise<boolean> {
  for (const gasLimit of [60_000n, 26_000n, 24_000n, 22_153n, 2_000n, 30n]) {
    const [fast, stock] = await Promise.all([runSynchronously, runStock].map(async (choose) => {
      const evm = await probeEVM()
      choose(evm)
      const { returnValue, executionGasUsed, exceptionError, gasRefund } = await evm.runCode({ code: CHECK_PROGRAM, gasLimit })
      return `${returnValue.join()} ${executionGasUsed} ${exceptionError?.error} ${gasRefund}`
    }))
    if (fast !== stock) return false
  }
  return true
}

/**
 * i = 3; do { memory[0] = i; storage[i] = keccak256(memory[0..32]); identity(memory[0..32]) } while (--i); storage[1] = 0; return memory[0..64]
 */
const CHECK_PROGRAM = Uint8Array.of(
  0x60, 3, 0x5b, 0x80, 0x5f, 0x52, 0x60, 32, 0x5f, 0x20, 0x81, 0x55, 0x60, 32, 0x60, 32, 0x60, 32, 0x5f, 0x5f, 0x60, 4, 0x5a, 0xf1, 0x50,
  0x60, 1, 0x90, 0x03, 0x80, 0x60, 2, 0x57, 0x5f, 0x60, 1, 0x55, 0x60, 64, 0x5f, 0xf3)

async function loop (interpreter: Interpreter, code: Uint8Array, known: Known): Promise<Result> {
  const state = interpreter._runState
  const common = interpreter.common
  let analysis = known.codes.get(code)
  if (analysis === undefined) known.codes.set(code, analysis = interpreter._getValidJumpDestinations(code))
  const { depth, callData, isCreate, isStatic } = interpreter._env
  if (depth === 0) begin(known)
  const { limits, callersWords, footprint, routine } = known
  const initBytes = known.callersInitBytes + (isCreate ? initBlockBytes(code.length) : 0)
  const mostWords = limits.memoryWords - callersWords
  state.code = code
  state.validJumps = analysis.jumps
  state.cachedPushes = analysis.pushes
  state.shouldDoJumpAnalysis = false
  const entries = analysis.opcodesCached
  if (depth >= limits.frames || mostWords < 0n || (isCreate ? code : callData).length > limits.callDataBytes) return { runState: state, exceptionError: breach() }
  if (routine !== undefined && isShut(routine, interpreter._env)) return { runState: state, exceptionError: breach() }
  if (depth === 0 && routine?.goesOn !== undefined) goOn(state, interpreter._env, routine.goesOn)
  const least = routine === undefined ? undefined : waitsBelow(routine, interpreter._env, state.gasLeft)
  footprint.frames = Math.max(footprint.frames, depth + 1)
  footprint.initBytes = Math.max(footprint.initBytes, initBytes)
  try {
    while (state.programCounter < code.length) {
      if (least !== undefined && state.gasLeft < least && routine !== undefined) {
        routine.left = machineBehind(state, interpreter._env, NO_PAYLOAD)
        break
      }
      const entry = entries[state.programCounter]
      if (entry === undefined) throw new ThreadsError('MACHINE_INTERNAL', 'the program counter stands inside pushed data')
      const info = entry.opcodeInfo
      state.opCode = info.code
      let gas = info.feeBigInt
      if (info.dynamicGas) {
        const dynamic = entry.gasHandler(state, gas, common)
        gas = typeof dynamic === 'bigint' ? dynamic : await dynamic
      }
      if (info.isInvalid) throw new EVMError(EVMError.errorMessages.INVALID_OPCODE)
      state.gasLeft -= gas
      if (state.gasLeft < 0n) {
        state.gasLeft = 0n
        throw new EVMError(EVMError.errorMessages.OUT_OF_GAS)
      }
      if (info.dynamicGas && state.memoryWordCount > mostWords) throw breach()
      if (info.code >= FIRST_CALL) {
        known.callersWords = callersWords + state.memoryWordCount + BigInt(state.stack.length - (OPERANDS[info.code] ?? 0))
        known.callersInitBytes = initBytes
        footprint.entries += entriesOf(state, info.code)
      }
      if ((info.code === SSTORE || info.code === TSTORE) && !isStatic && state.stack.length >= 2 && ++known.writes > limits.writes) throw breach()
      state.programCounter++
      known.work += info.code >= FIRST_CALL ? CALL_WORK : 1
      if (known.work >= TURN_WORK) {
        known.work = 0
        await turn()
      }
      const payload = info.code === LOG1 && routine !== undefined ? breakpointAt(routine, state, interpreter._env) : undefined
      if (info.isAsync) await entry.opHandler(state, common)
      else void entry.opHandler(state, common)
      if (payload !== undefined && routine !== undefined) {
        routine.left = machineBehind(state, interpreter._env, payload)
        break
      }
      if (info.code === TSTORE) footprint.transientWrites++
      else if (info.code >= FIRST_CALL) footprint.returnBytes = Math.max(footprint.returnBytes, state.returnBytes.length)
    }
  } catch (error) {
    // What is not the EVM's own error is a bug, and goes up as it is. STOP is how a code ends well.
    if (!(error instanceof EVMError)) throw error
    const ended = error.error === EVMError.errorMessages.STOP
    const handsBack = (ended && !isCreate) || error.error === EVMError.errorMessages.REVERT
    const result = interpreter._result
    if (handsBack && (result.returnValue?.length ?? 0) > limits.returnDataBytes) {
      result.returnValue = new Uint8Array()
      return { runState: state, exceptionError: breach() }
    }
    if (ended && isCreate) footprint.createdBytes += createdBytes(result.returnValue)
    return { runState: state, exceptionError: ended ? undefined : error }
  } finally {
    const memoryWords = state.memoryWordCount < mostWords ? state.memoryWordCount : mostWords
    // The stack's own store is as long as the stack ever was.
    footprint.words = Math.max(footprint.words, Number(callersWords + memoryWords) + state.stack._store.length)
    footprint.writes = Math.min(known.writes, limits.writes)
  }
  return { runState: state, exceptionError: undefined }
}

function begin (known: Known): void {
  [known.work, known.callersWords, known.callersInitBytes, known.writes] = [0, 0n, 0, 0]
  known.footprint = noFootprint()
  const { routine } = known
  if (routine !== undefined) known.footprint.waitedBytes = routine.goesOn === undefined ? 0 : sizeOfSuspended(routine.goesOn)
}

/** Size, a flag, the code and a byte for each position of it. */
function initBlockBytes (codeBytes: number): number {
  return 64 + 2 * ((codeBytes + 64) & ~31)
}

/** Size and the code in whole words; longer code is refused. */
function createdBytes (code: Uint8Array | undefined): number {
  const length = code?.length ?? 0
  return length === 0 || length > MAX_CODE_BYTES ? 0 : 32 + ((length + 31) & ~31)
}

function entriesOf ({ stack }: RunState, code: number): number {
  const isPayment = (code === CALL || code === CALLCODE) && stack._store[stack.length - 3] !== 0n
  return isPayment ? 2 : ENTRIES[code] ?? 0
}

/** All gas of the frame is gone, as for any exceptional halt. */
function breach (): EVMError {
  return new EVMError(EVMError.errorMessages.OUT_OF_GAS)
}

/** `stock` when the interpreter is not the one that this loop was written for. */
export const interpreterLoop: 'synchronous' | 'stock' = await install() ? 'synchronous' : 'stock'
