/** The same routine by any compiler: what it does in a thread, move by move, which must not depend on who compiled it (specification §11). */
import { AbiCoder, Interface } from 'ethers'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { posix } from 'node:path'
import { bigintToBytes, bytesToHex, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32 } from '../../src/protocol/crypto.js'
import { decodeInput, signInput } from '../../src/protocol/input.js'
import { threadIdOf } from '../../src/protocol/terms.js'
import type { Address, Hex, Terms } from '../../src/protocol/types.js'
import { Machine } from '../../src/machine/machine.js'
import { decodeSuspended, MACHINE_ADDRESS } from '../../src/machine/routine.js'

/** One way to compile. */
export type Manner = { readonly viaIR: boolean, /** Undefined: not optimized. */ readonly runs: number | undefined }

/** Both code generators, not optimized, for short code and for cheap calls. */
export const MANNERS: readonly Manner[] = [false, true].flatMap(viaIR => [undefined, 200, 1_000_000].map(runs => ({ viaIR, runs })))

/** Those of {@link MANNERS} in which this compiler makes Relay.sol. The oldest has too little room on the stack for code via IR that is not optimized ("Stack too deep"). */
export function mannersOf (solc: Solc): readonly Manner[] {
  return MANNERS.filter(({ viaIR, runs }) => !viaIR || runs !== undefined || minorOf(solc) >= PLAIN_IR_SINCE)
}

function minorOf (solc: Solc): number {
  return Number(/^0\.8\.(\d+)/.exec(solc.version())?.[1])
}

/** What a package `solc` exports. */
export type Solc = { compile: (input: string) => string, version: () => string }
type Output = { errors?: { severity: string, formattedMessage: string }[], contracts?: Record<string, Record<string, { abi: never[], evm: { bytecode: { object: string } } }>> }

const ROOT = new URL('../../../', import.meta.url)
const RELAY = 'contracts/test/Relay.sol'
/** The first compiler that knows Cancun. */
const CANCUN_SINCE = 24
/** The first compiler that makes Relay.sol via IR without optimizing. */
const PLAIN_IR_SINCE = 21
const WALLETS = [new Uint8Array(32).fill(0x41), new Uint8Array(32).fill(0x42)] as const
const PLAYERS = WALLETS.map(addressOf)

/** A compiler that lies at `path`, a package's name or folder. */
export function loadSolc (path: string): Solc {
  return createRequire(import.meta.url)(path) as Solc
}

/** Relay.sol, compiled. */
export type CompiledRelay = { readonly abi: Interface, readonly creationCode: Uint8Array }

/** Relay.sol by this compiler. @throws Error with what it says */
export function compileRelay (solc: Solc, manner: Manner): CompiledRelay {
  const compiled = tryRelay(solc, manner)
  if (typeof compiled === 'string') throw new Error(compiled)
  return compiled
}

/** Relay.sol by this compiler, or why it makes nothing of it, in its own words. */
export function tryRelay (solc: Solc, { viaIR, runs }: Manner): CompiledRelay | string {
  const settings = {
    viaIR, evmVersion: minorOf(solc) < CANCUN_SINCE ? 'shanghai' : 'cancun', optimizer: { enabled: runs !== undefined, runs: runs ?? 200 },
    outputSelection: { [RELAY]: { Relay: ['abi', 'evm.bytecode.object'] } }
  }
  const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources: sourcesOf(RELAY), settings }))) as Output
  const failed = output.errors?.find(({ severity }) => severity === 'error')
  const relay = output.contracts?.[RELAY]?.['Relay']
  if (failed !== undefined || relay === undefined) return failed?.formattedMessage ?? 'no Relay'
  return { abi: new Interface(relay.abi), creationCode: hexToBytes(`0x${relay.evm.bytecode.object}`) }
}

function sourcesOf (path: string, found: Record<string, { content: string }> = {}): Record<string, { content: string }> {
  const content = readFileSync(new URL(path, ROOT), 'utf8')
  found[path] = { content }
  for (const [, target = ''] of content.matchAll(/^import [^;]*"(\.[^"]+)";/gm)) sourcesOf(posix.join(posix.dirname(path), target), found)
  return found
}

/** What a compiled relay has done. */
export type Played = {
  /** What it has stored, as its getters say. */
  readonly said: readonly bigint[]
  readonly sums: readonly bigint[]
  readonly digest: string
  /** Words of memory that waited at the end of each round but the last. */
  readonly memoryWords: readonly number[]
}

/** Plays `rounds` rounds: three moves each, a second apart, with a value in each. @throws Error when a move is skipped or fails */
export async function playRelay ({ abi, creationCode }: CompiledRelay, rounds: number): Promise<Played> {
  const terms: Terms = {
    players: PLAYERS, sessionKeys: PLAYERS, deposits: [10n ** 9n, 10n ** 9n], shares: [1n, 1n], asset: ZERO_ADDRESS, assetDecimals: 18, codeKind: 2, codeSource: ZERO_ADDRESS, codeHash: hash32(creationCode),
    ctorArg: hexToBytes(AbiCoder.defaultAbiCoder().encode(['address', 'address'], PLAYERS) as Hex), oracle: ZERO_ADDRESS, oracleFee: 0n, windowSec: 60n, timeBankSec: 60n, forcedMoves: 3,
    settlement: abi.getFunction('late')?.selector as Hex, gasLimit: 3_000_000n, pieceGas: 0n, joinDeadlineSec: 0n, salt: ZERO_HASH
  }
  const domain = { chainId: 1n, court: addressOf(new Uint8Array(32).fill(0x71)) }
  const context = { terms, domain, thread: threadIdOf(terms, domain) }
  const { machine } = await Machine.genesis(context, creationCode)
  let slot = 0n
  const move = async (player: 0 | 1, data: Uint8Array, valueWei: bigint): Promise<void> => {
    const input = signInput({ nonce: machine.nonceOf(player), to: machine.contract, data, valueWei, gasLimit: 2_000_000n }, WALLETS[player], context)
    const prepared = await machine.prepare({ nonce: ++slot, timestampSec: 1_000n + slot, parent: ZERO_HASH, inputs: [decodeInput(input, context)] })
    const why = prepared.skipped[0]?.message ?? prepared.receipts[0]?.reason
    if (why !== undefined) throw new Error(`move ${slot}: ${why}`)
    machine.commit(prepared)
  }
  // The longest answer first: memory never shrinks.
  const memoryWords: number[] = []
  await move(0, hexToBytes(abi.encodeFunctionData('run', [rounds]) as Hex), 11n)
  for (let round = 0; round < rounds; round++) {
    await move(0, bigintToBytes(BigInt(1 + round % 9), 32), BigInt(round))
    await move(1, bigintToBytes(BigInt(9 - round % 9), 32), 0n)
    await move(round % 2 === 0 ? 1 : 0, new Uint8Array(200 - (37 * round) % 200).fill(round), BigInt(2 * round))
    const waiting = machine.code(MACHINE_ADDRESS)
    if (waiting.length > 0) memoryWords.push(decodeSuspended(waiting).memory.length / 32)
  }
  const read = async (name: string, ...args: readonly unknown[]): Promise<string> => {
    const { returnData } = await machine.call({ from: PLAYERS[0] as Address, to: machine.contract, data: hexToBytes(abi.encodeFunctionData(name, args) as Hex) }, { nonce: slot + 1n, timestampSec: 9_999n, parent: ZERO_HASH })
    return bytesToHex(returnData)
  }
  return {
    said: await Promise.all(Array.from({ length: rounds }, async (_, i) => BigInt(await read('said', i)))), digest: await read('digest'), memoryWords,
    sums: await Promise.all(['times', 'values', 'balances'].map(async name => BigInt(await read(name))))
  }
}
