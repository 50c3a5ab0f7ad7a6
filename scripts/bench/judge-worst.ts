/**
 * What half a million gas can cost the chain at most: programs that are as unfavourable to the judge's interpreter as we could make them, under the limits of a
 * thread. `npm run bench -- worst`.
 */
import { concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import { THREAD_LIMITS } from '../../src/protocol/limits.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { LocalJudge } from '../../src/machine/judge.js'
import { encodeMessage, type JudgeAccount, type JudgeMessage } from '../../src/machine/judge-input.js'
import { assemble } from '../conformance/assembler.js'
import type { Figure } from './gas.js'

const GAS = 500_000n
const INTRINSIC = 21_000n
const PLENTY = 1n << 40n
const NONE: Uint8Array = new Uint8Array()
const SENDER = `0x${'a1'.repeat(20)}` as Address
const PLACE = `0x${'c3'.repeat(20)}` as Address
const HELPER = `0x${'b5'.repeat(20)}` as Address
const STRANGERS = 200

/** Outer gas for each program, with base and calldata. */
export async function benchWorst (): Promise<Figure[]> {
  const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)
  const figures: Figure[] = []
  for (const [name, code] of Object.entries(worstPrograms())) figures.push({ name: `judge.worst.${name}`, value: Number(await outerGas(judge, code)), unit: 'gas' })
  return figures
}

async function outerGas (judge: LocalJudge, code: Uint8Array): Promise<bigint> {
  const message = messageOf(code)
  const { answer, gasUsed, rooms } = await judge.start(message, PLENTY)
  if (answer.kind !== 'result') throw new Error(`the interpreter answers ${answer.kind}`)
  const tokens = encodeMessage(message, PLENTY, rooms).reduce((sum, byte) => sum + (byte === 0 ? 1n : 4n), 0n)
  return INTRINSIC + 4n * tokens + gasUsed
}

/** By name. Each runs until its gas is gone, or a limit halts it. */
export function worstPrograms (): Record<string, Uint8Array> {
  const scratch = '0x100 0x0 MSTORE'
  const call = (to: string, size = '0x0'): string => `0x0 0x0 ${size} 0x0 ${to} GAS STATICCALL POP`
  return {
    jumpdests: loop('JUMPDEST', 3000),
    ...Object.fromEntries(['CALLER', 'GAS', 'PC', 'MSIZE', 'CODESIZE', 'PREVRANDAO', 'RETURNDATASIZE'].map((name) => [`jumpdestsAnd${name}`, loop(`JUMPDEST ${name} JUMPDEST POP`, 700)])),
    jumpdestsApart: loop('JUMPDEST 0x0 JUMPDEST POP', 700),
    pushesAndPops: loop('0x0 POP', 1500),
    shuffles: loop('SWAP1', 3000, '0x1 0x2'),
    multiplications: loop('DUP1 MUL', 1500, '0x3'),
    exponents: loop('0xff DUP1 EXP POP', 700),
    exponentsOf32Bytes: loop('DUP1 DUP1 EXP POP', 700, `0x${'ff'.repeat(32)}`),
    hashesOfNothing: loop('0x0 0x0 KECCAK256 POP', 700),
    hashesOf32KB: loop('0x8000 0x0 KECCAK256 POP', 100),
    copiesOfNothing: loop('0x0 0x0 0x0 CALLDATACOPY', 700),
    copiesOf32KB: loop('0x8000 0x0 0x8000 MCOPY', 100),
    memoryToTheLimit: assemble('0x1 0xffff MSTORE8 STOP'),
    identityOfNothing: loop(call('0x4'), 200),
    sha256OfNothing: loop(call('0x2'), 200),
    sha256Of32KB: loop(call('0x2', '0x8000'), 100),
    ripemd160OfNothing: loop(call('0x3'), 200),
    blake2fOfNoRounds: loop(call('0x9', '0xd5'), 200),
    modexpOfNothing: loop(call('0x5'), 200),
    modexpOfTheLimit: loop(call('0x5', '0x360'), 100, `${scratch} 0x100 0x20 MSTORE 0x100 0x40 MSTORE 0xff 0x60 MSTORE8 0xff 0x160 MSTORE8 0xff 0x35f MSTORE8`),
    ecrecover: loop(call('0x1', '0x80'), 200),
    logs: loop('0x0 0x0 LOG0', 700),
    transientWrites: loop('GAS GAS TSTORE', 900),
    transientReads: loop('GAS TLOAD POP', 900),
    coldAccounts: assemble(Array.from({ length: STRANGERS }, (_, i) => `0x${stranger(i).slice(2)} BALANCE POP`).join(' ')),
    creationsOfNothing: loop('0x0 0x0 0x0 CREATE POP', 50),
    // A frame in each frame, with a full stack or with 1,400 words of memory, as deep as it goes, and then again.
    framesWithFullStacks: assemble(`${'0x0 '.repeat(1_010)} 0x0 0x0 0x0 0x0 ADDRESS 0x1000 GAS SUB STATICCALL 0x0 JUMP`),
    framesWithMemory: assemble('JUMPDEST 0x1 0xaf0 MSTORE 0x0 0x0 0x0 0x0 ADDRESS 0x1000 GAS SUB STATICCALL 0x0 JUMP'),
    callsWithAFullStack: loop('0x0 0x0 0x0 0x0 ADDRESS 0x10 STATICCALL POP', 200, '0x0 '.repeat(1_000)),
    callsOfItself: loop('0x0 0x0 0x0 0x0 ADDRESS 0x10 STATICCALL POP', 200),
    callsWithNoGas: loop('0x0 0x0 0x0 0x0 ADDRESS 0x0 STATICCALL POP', 200),
    callsOfNobody: loop(`0x0 0x0 0x0 0x0 ${stranger(0)} 0x0 STATICCALL POP`, 200),
    // A jump to what is no JUMPDEST, as far from any certain opcode as can be before all of the code is read; again and again, and in code that is always new.
    callsOfABadJump: loop(`0x0 0x0 0x0 0x0 ${HELPER} 0x20 STATICCALL POP`, 200),
    // Keys of which the index, if it hashed them by a factor that everybody knows, would make one chain.
    transientKeysAlike: concatBytes(assemble('0x1 GAS 0xc8 SHL TSTORE '.repeat(500)), loop('0x1 0xc8 SHL TLOAD POP', 700, '', 500 * 8)),
    // Init code in which no jump destination is certain, whose last is jumped to.
    initCodeToBeRead: loop('0x4000 0x0 0x0 CREATE POP', 20, `0x613ffe56 0xe0 SHL 0x0 MSTORE
      ${Array.from({ length: 511 }, (_, i) => `0x${'60'.repeat(32)} 0x${((i + 1) * 32).toString(16)} MSTORE`).join(' ')} 0x5b 0x3ffe MSTORE8`),
    largestInitCodeToBeRead: loop('0x8000 0x0 0x0 CREATE POP', 20, `0x617ffe56 0xe0 SHL 0x0 MSTORE 0x${'60'.repeat(32)} 0x20 MSTORE
      ${doublings(0x20, 0x7fe0).map(([size, to]) => `0x${size.toString(16)} 0x20 0x${to.toString(16)} MCOPY`).join(' ')} 0x5b 0x7ffe MSTORE8`)
  }
}

/** Copies by which so many bytes become `all`: how many, and to where behind 32 others. */
function doublings (first: number, all: number): [number, number][] {
  const copies: [number, number][] = []
  for (let have = first; have < all; have = Math.min(2 * have, all)) copies.push([Math.min(have, all - have), 0x20 + have])
  return copies
}

/** A jump into the middle of bytes that any of which may be pushed, to none of them. */
function badJump (): Uint8Array {
  return concatBytes(Uint8Array.of(0x61, 0, 96, 0x56), new Uint8Array(31), new Uint8Array(61).fill(0x60), Uint8Array.of(0x5b, 0x00))
}

/** `start`, then `body` over and over; `at`: where it stands in the code. */
function loop (body: string, times: number, start = '', at = 0): Uint8Array {
  const head = start === '' ? NONE : assemble(start)
  return concatBytes(head, Uint8Array.of(0x5b), ...Array.from({ length: times }, () => assemble(body)), Uint8Array.of(0x61, (at + head.length) >> 8, (at + head.length) & 255, 0x56))
}

function stranger (index: number): Address {
  return `0x${(0x1000 + index).toString(16).padStart(40, 'd')}` as Address
}

function messageOf (code: Uint8Array): JudgeMessage {
  const account = (address: Address, bytes = NONE, warm = false, nonce = 0n): JudgeAccount =>
    ({ address, balanceWei: 0n, nonce, codeHash: hash32(bytes), code: bytes, warm, hasStorage: false })
  return {
    kind: 'call', to: PLACE, caller: SENDER, valueWei: 0n, gas: GAS - INTRINSIC, data: NONE, limits: THREAD_LIMITS,
    environment: {
      origin: SENDER, gasPriceWei: 0n, coinbase: SENDER, timestampSec: 1_000n, number: 5n, prevRandao: `0x${'5a'.repeat(32)}` as Hash32, gasLimit: GAS, chainId: 31_337n,
      baseFeeWei: 0n, blobBaseFeeWei: 1n, blockHashes: [], blobHashes: []
    },
    accounts: [account(SENDER, NONE, true, 1n), account(PLACE, code, true, 1n), account(HELPER, badJump(), true, 1n), ...Array.from({ length: STRANGERS }, (_, i) => account(stranger(i))), ...created().map((address) => account(address))],
    slots: []
  }
}

/** What PLACE may create. */
function created (): Address[] {
  return Array.from({ length: 20 }, (_, i) => `0x${hash32(createdBy(i + 1)).slice(26)}` as Address)
}

function createdBy (nonce: number): Uint8Array {
  return concatBytes(Uint8Array.of(0xd6, 0x94), hexToBytes(PLACE), Uint8Array.of(nonce))
}
