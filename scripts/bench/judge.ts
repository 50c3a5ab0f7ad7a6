/**
 * What judging costs: outer gas for each inner opcode on three workloads, how many opcodes one transaction holds, a move of TicTacToe. The interpreter's
 * own bytecode runs in @ethereumjs; no chain is needed.
 */
import { getCreateAddress } from 'ethers'
import { hexToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32, Hex } from '../../src/protocol/types.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { LocalJudge, type JudgeCall } from '../../src/machine/judge.js'
import type { JudgePause, JudgeRefusal, JudgeResult } from '../../src/machine/judge-answer.js'
import { encodeMessage, type JudgeAccount, type JudgeMessage, type JudgeRooms, type JudgeSlot } from '../../src/machine/judge-input.js'
import { judgeWith } from '../conformance/witness.js'
import type { Figure } from './gas.js'
import { benchWitness } from './witness.js'

/** EIP-7825: what one transaction may use. */
const TRANSACTION_GAS = 2n ** 24n
const BASE = 21_000n
const PLENTY = 1n << 40n
const PLAYERS: readonly [Address, Address] = [`0x${'a1'.repeat(20)}` as Address, `0x${'b2'.repeat(20)}` as Address]
const PLACE = `0x${'c3'.repeat(20)}` as Address
const NONE = new Uint8Array()
/** As much as these workloads need: what is set aside beyond that costs gas for memory. */
const ROOMS: JudgeRooms = { frames: 0x1800, transientSlots: 0, journalEntries: 512, returnBytes: 0x100, newCodes: 0, newCodeBytes: 0 }

/** Measures everything. */
export async function benchJudge (): Promise<Figure[]> {
  const { runtimeCode } = loadArtifact('Interpreter')
  const judge = await LocalJudge.create(runtimeCode)
  const code = loadArtifact('Workloads').runtimeCode
  const gasPerOpcode = async (name: string, ...args: [string, bigint]): Promise<Figure> =>
    ({ name: `judge.${name}.gasPerOpcode`, value: Math.round(await perOpcode(judge, workload(code, ...args)) * 10) / 10, unit: 'gas' })
  return [
    await gasPerOpcode('sort', 'sort', 32n),
    await gasPerOpcode('storage', 'store', 200n),
    await gasPerOpcode('calls', 'call', 100n),
    { name: 'judge.stepsPerTransaction', value: await stepsPerTransaction(judge, workload(code, 'sort', 150n)), unit: 'opcodes' },
    { name: 'judge.tictactoe.gas', value: Number(await ticTacToe(judge)), unit: 'gas' },
    ...await benchWitness(),
    { name: 'judge.codeBytes', value: runtimeCode.length, unit: 'bytes' }
  ]
}

/** Outer gas beyond that of the same call with no steps, for each opcode. */
async function perOpcode (judge: LocalJudge, message: JudgeMessage): Promise<number> {
  const { answer, gasUsed, message: whole } = await judgeWith(judge, message, {}, PLENTY, ROOMS)
  const { stepsLeft } = ended(answer)
  const idle = await judge.start(whole, 0n, ROOMS)
  return Number(gasUsed - idle.gasUsed) / Number(PLENTY - stepsLeft)
}

/** How many opcodes of a long run one transaction to the interpreter holds, from the input to the saved machine. */
async function stepsPerTransaction (judge: LocalJudge, message: JudgeMessage): Promise<number> {
  const gasOf = async (steps: number): Promise<bigint> => {
    const call = await judge.start(message, BigInt(steps), { ...ROOMS, frames: 0x8000 })
    if (call.answer.kind !== 'pause') throw new Error('the workload is too short for this figure')
    return transactionGas(message, call)
  }
  let [fits, tooMany] = [0, 200_000]
  while (tooMany - fits > 50) {
    const middle = (fits + tooMany) >> 1
    if (await gasOf(middle) <= TRANSACTION_GAS) fits = middle
    else tooMany = middle
  }
  return fits
}

/** The fifth move of a game, in a transaction to the interpreter: base, calldata and execution. */
async function ticTacToe (judge: LocalJudge): Promise<bigint> {
  const { interface: game, creationCode } = loadArtifact('TicTacToe')
  const init = hexToBytes((game.encodeDeploy([...PLAYERS, 0n, 3600n])) as Hex)
  const creation = messageTo(PLAYERS[0], Uint8Array.of(...creationCode, ...init), { address: getCreateAddress({ from: PLAYERS[0], nonce: 1 }).toLowerCase() as Address, kind: 'create' })
  const created = ended((await judgeWith(judge, creation, {}, PLENTY)).answer)
  const code = [...created.codes.values()][0]
  if (code === undefined) throw new Error('TicTacToe was not created')
  let slots: readonly JudgeSlot[] = []
  for (const [index, cell] of [0, 4, 8, 2].entries()) {
    const { answer } = await judgeWith(judge, messageTo(PLAYERS[index % 2 as 0 | 1], hexToBytes(game.encodeFunctionData('play', [cell]) as Hex), { code, slots }), {}, PLENTY)
    slots = ended(answer).slots.map(({ address, key, value }) => ({ address, key, value, warm: false }))
  }
  const message = messageTo(PLAYERS[0], hexToBytes(game.encodeFunctionData('play', [6]) as Hex), { code, slots })
  const call = await judge.start(message, PLENTY, ROOMS)
  if (!ended(call.answer).success) throw new Error('the move of TicTacToe reverts')
  return transactionGas(message, call)
}

/** With base and calldata (EIP-7623), as a transaction to the interpreter would pay. */
function transactionGas (message: JudgeMessage, { gasUsed, rooms }: JudgeCall<unknown>): bigint {
  const tokens = encodeMessage(message, 1n, rooms).reduce((sum, byte) => sum + (byte === 0 ? 1n : 4n), 0n)
  const [standard, floor] = [4n * tokens + gasUsed, 10n * tokens]
  return BASE + (standard > floor ? standard : floor)
}

function ended (answer: JudgeResult | JudgePause | JudgeRefusal): JudgeResult {
  if (answer.kind !== 'result') throw new Error(`the interpreter answers ${answer.kind}`)
  return answer
}

function workload (code: Uint8Array, name: string, n: bigint): JudgeMessage {
  const data = loadArtifact('Workloads').interface.encodeFunctionData(name, [n])
  return messageTo(PLAYERS[0], hexToBytes(data as Hex), { code })
}

function messageTo (caller: Address, data: Uint8Array, { code = NONE, slots = [], address = PLACE, kind = 'call' }:
{ code?: Uint8Array, slots?: readonly JudgeSlot[], address?: Address, kind?: 'call' | 'create' }): JudgeMessage {
  const account = (at: Address, bytes: Uint8Array, nonce: bigint): JudgeAccount =>
    ({ address: at, balanceWei: 0n, nonce, codeHash: hash32(bytes), code: bytes, warm: true, hasStorage: false })
  return {
    kind, to: address, caller, valueWei: 0n, gas: 20_000_000n, data,
    environment: {
      origin: caller, gasPriceWei: 0n, coinbase: PLAYERS[1], timestampSec: 1_000n, number: 5n, prevRandao: `0x${'5a'.repeat(32)}` as Hash32, gasLimit: 20_000_000n, chainId: 31_337n,
      baseFeeWei: 0n, blobBaseFeeWei: 1n, blockHashes: [], blobHashes: []
    },
    accounts: [account(caller, NONE, 2n), account(address, code, kind === 'create' ? 0n : 1n)],
    slots
  }
}
