/** Inputs for the tests of what can be judged: programs that load one part of a judgement each, and what a run of them shows. */
import { assemble } from '../../scripts/conformance/assembler.js'
import { concatBytes } from '../../src/protocol/bytes.js'
import { intrinsicGas } from '../../src/protocol/input.js'
import type { Input } from '../../src/protocol/types.js'
import { blockOf, createThreadEVM } from '../../src/machine/environment.js'
import { takeFootprint } from '../../src/machine/interpreter.js'
import type { Load, Run } from '../../src/machine/judgeable.js'
import type { Batch, Machine } from '../../src/machine/machine.js'
import { runTransaction } from '../../src/machine/transaction.js'
import { Draft } from '../../src/state/draft.js'

/** What an input shows when it runs alone on the machine's state. */
export async function runOf (machine: Machine, batch: Batch, input: Input): Promise<Run> {
  return await machine.inspect(async (world) => {
    const draft = new Draft()
    draft.begin(world)
    draft.mark()
    const evm = createThreadEVM(machine.context, draft)
    const sender = machine.context.terms.players[input.player] ?? machine.contract
    const { gasUsed } = await runTransaction({ evm, draft, block: blockOf(machine.context, batch) }, sender, input.tx)
    return {
      draft, tree: world.tree, contract: machine.contract, rawBytes: input.raw.length, dataBytes: input.tx.data.length, gas: gasUsed * 5n / 4n - intrinsicGas(input.tx),
      accessList: input.tx.accessList, footprint: takeFootprint(evm)
    }
  })
}

/** A program that loads one part of a saved machine. */
export type Loading = { readonly part: keyof Load | keyof Load['footprint'], readonly code: Uint8Array, readonly data?: Uint8Array }

const LARGE = 20_000
const CREATED = 3_000

/** Ends in a few opcodes that do nothing, so that the machine can be stopped when all is there. */
const END = 'JUMPDEST '.repeat(12) + 'STOP'

/** Each loads one part much more than all others. */
export function loadings (): Loading[] {
  const program = (source: string): Uint8Array => assemble(`${source} ${END}`)
  return [
    { part: 'words', code: program('0x1 0xefff MSTORE8') },
    { part: 'frames', code: concatBytes(assemble('0x0 0x0 0x0 0x0 ADDRESS 0x100 GAS SUB DELEGATECALL'), program('')) },
    { part: 'initBytes', code: program(`0x${'5b'.repeat(32)} 0x0 MSTORE 0x4000 0x0 0x0 CREATE POP`) },
    { part: 'returnBytes', code: program('0x0 0x0 0x7000 0x0 0x4 GAS STATICCALL POP') },
    { part: 'createdBytes', code: program(`0x61${CREATED.toString(16).padStart(4, '0')}5ff3 0xd8 SHL 0x0 MSTORE 0x5 0x0 0x0 CREATE POP 0x5 0x0 0x0 CREATE POP`) },
    { part: 'writes', code: program('0x1 0x0 SSTORE 0x2 0x0 SSTORE '.repeat(120)) },
    { part: 'transientWrites', code: program(Array.from({ length: 200 }, (_, i) => `0x1 0x${(i + 1).toString(16)} TSTORE`).join(' ')) },
    { part: 'entries', code: program('0x0 0x0 0x0 0x0 0x1 CALLER GAS CALL POP '.repeat(40)) },
    { part: 'accounts', code: program(Array.from({ length: 250 }, (_, i) => `0x${(0xd000 + i).toString(16).padStart(40, 'd')} BALANCE POP`).join(' ')) },
    { part: 'slots', code: program(Array.from({ length: 120 }, (_, i) => `0x${(i + 1).toString(16).padStart(64, 'f')} SLOAD POP`).join(' ')) },
    { part: 'dataBytes', code: program('0x1'), data: new Uint8Array(LARGE).fill(1) }
  ]
}
