/** A player who cheats by the court's own means: its node is off, and a script of its own sends what its wallet can send. */
import { Contract, type ContractTransactionReceipt, type InterfaceAbi, type Result } from 'ethers'
import type { Player } from '../../scripts/arena.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { hexToBytes } from '../../src/protocol/bytes.js'
import { hash32, sign } from '../../src/protocol/crypto.js'
import { decodeInput, signInput, type InputFields } from '../../src/protocol/input.js'
import { contractAddressOf, termsFromAbi } from '../../src/protocol/terms.js'
import { inputDigest } from '../../src/protocol/typed-data.js'
import type { Address, Domain, Hash32, Hex, SignedInput } from '../../src/protocol/types.js'
import { encodeCalldata } from '../../src/rpc/calldata.js'
import { Machine } from '../../src/machine/machine.js'
import { certificate, STAKE, type Table } from './table.js'

/** Player `index` of a table, without its node. */
export class Cheat {
  readonly #table: Table
  readonly #index: number
  readonly #player: Player
  readonly court: Contract

  /** @param account the chain's account that is the player's wallet */
  constructor (table: Table, index: number, account: number) {
    this.#table = table
    this.#index = index
    this.#player = table.player(index)
    this.court = new Contract(table.arena.court, loadArtifact('Threads').interface as unknown as InterfaceAbi, table.arena.wallet(account))
  }

  get #domain (): Domain { return { chainId: this.#table.arena.anvil.chainId, court: this.#table.arena.court } }
  get contract (): Address { return contractAddressOf(this.#table.thread, this.#table.arena.court) }

  /** An input of the player's, for the thread's contract. */
  input (nonce: bigint, signature: string, args: readonly (string | number)[] = [], change: Partial<InputFields> = {}): SignedInput {
    const data = hexToBytes(encodeCalldata({ signature, args: [...args] }))
    return signInput({ nonce, gasLimit: 1_000_000n, to: this.contract, valueWei: 0n, data, ...change }, hexToBytes(this.#player.key), { thread: this.#table.thread, domain: this.#domain })
  }

  /** Whatever bytes, bound like an input. */
  bound (raw: Uint8Array): SignedInput {
    return { raw, binding: sign(inputDigest(this.#table.thread, hash32(raw), this.#domain), hexToBytes(this.#player.key)) }
  }

  /** Opens a dispute with the last certificate that `from` holds. @returns that breakpoint, as the court's functions take it */
  async challenge (from: Player): Promise<unknown> {
    const { breakpoints } = await from.rpc.request('thread_breakpoints', { thread: this.#table.thread, limit: 64 })
    const last = breakpoints.at(-1)
    if (last === undefined) throw new Error('nothing is signed')
    const [recorded, signatures] = certificate(last)
    await mined(this.court.getFunction('challenge').send(this.#table.terms(), recorded, signatures))
    return recorded
  }

  /** What answers for one claim in this thread, and for one doubt, in wei. */
  async bondWei (): Promise<bigint> {
    return await this.court.getFunction('bondFor').staticCall(this.#table.opened.terms.gasLimit) as bigint
  }

  /** The chain's time, in seconds: what a move can bear now. */
  async nowSec (): Promise<bigint> {
    return BigInt((await this.#table.arena.provider.getBlock('latest'))?.timestamp ?? 0)
  }

  /** What all players' machines make of an input on the last breakpoint that `from` holds, after these moves of TicTacToe. */
  async rootAfter (from: Player, cells: readonly number[], input: SignedInput, timestampSec: bigint): Promise<Hash32> {
    const [opened] = await this.told('CREATE3')
    const context = { thread: this.#table.thread, terms: termsFromAbi(opened?.['terms'] as Result), domain: this.#domain }
    const { breakpoints } = await from.rpc.request('thread_breakpoints', { thread: this.#table.thread, limit: 64 })
    const { machine } = await Machine.genesis(context, loadArtifact('TicTacToe').creationCode, BigInt(breakpoints[0]?.timestampSec ?? 0))
    const inputs = cells.map((cell, i) => signInput(
      { nonce: BigInt(i >> 1) + 1n, gasLimit: 1_000_000n, to: this.contract, valueWei: i < 2 ? STAKE : 0n, data: hexToBytes(encodeCalldata({ signature: 'play(uint8)', args: [cell] })) },
      hexToBytes(this.#table.player(i % 2).key), context
    ))
    for (const [i, signed] of [...inputs, input].entries()) {
      const at = breakpoints[i + 1]
      const parent = (breakpoints[i]?.hash ?? '') as Hash32
      const prepared = await machine.prepare({ nonce: BigInt(i) + 1n, parent, timestampSec: at === undefined ? timestampSec : BigInt(at.timestampSec), inputs: [decodeInput(signed, context)] })
      machine.commit(prepared)
      // What is signed was played like this.
      if (at !== undefined && at.stateRoot !== machine.root) throw new Error(`slot ${i + 1} has another root`)
    }
    return machine.root
  }

  /** Claims a result for a move on what is recorded, with a bond of its own. */
  async claim (recorded: unknown, { raw, binding }: SignedInput, stateRoot: Hash32, timestampSec?: bigint): Promise<ContractTransactionReceipt> {
    const bondWei = await this.bondWei()
    const move = [this.#index, raw, binding, '0x', timestampSec ?? await this.nowSec(), `0x${'00'.repeat(32)}`]
    return await mined(this.court.getFunction('claim').send(this.#table.terms(), recorded, move, stateRoot, '0x', { value: bondWei }))
  }

  /** The court's events of this name about the thread, in order. */
  async told (name: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const logs = await this.court.queryFilter(this.court.getEvent(name)(this.#table.thread))
    return logs.flatMap(log => 'args' in log ? [log.args.toObject() as Record<string, unknown>] : [])
  }
}

async function mined (sent: Promise<unknown>): Promise<ContractTransactionReceipt> {
  const receipt = await (await sent as { wait: () => Promise<ContractTransactionReceipt | null> }).wait()
  if (receipt === null) throw new Error('not mined')
  return receipt
}

/** What nobody's play leads to. */
export const NONSENSE = `0x${'5a'.repeat(32)}` as Hash32 & Hex
