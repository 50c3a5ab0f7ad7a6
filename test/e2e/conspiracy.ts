/** Two of three players and the oracle by hand, with their keys: what their nodes would never send, at the court of a thread that they have played honestly so far. */
import { join } from 'node:path'
import { Contract, type InterfaceAbi } from 'ethers'
import type { Player } from '../../scripts/arena.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { asHash32, bytesToHex, concatBytes, hexToBytes, ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import { hash32, sign } from '../../src/protocol/crypto.js'
import { inputsRoot, signInput } from '../../src/protocol/input.js'
import { contractAddressOf } from '../../src/protocol/terms.js'
import { breakpointDigest, breakpointHash, forceHash, resultDigest } from '../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Domain, Hash32, Hex, SignedInput } from '../../src/protocol/types.js'
import { decodeMessage } from '../../src/protocol/wire.js'
import { encodeCalldata } from '../../src/rpc/calldata.js'
import { openLevelStore } from '../../src/store/level.js'
import { ThreadRecords } from '../../src/thread/records.js'
import type { Table } from './table.js'

/** A breakpoint that all have signed, and their signatures. */
export type Signed = { readonly breakpoint: Breakpoint, readonly signatures: Hex }

/** Every breakpoint that a node holds, by its nonce. */
export async function heldBy (player: Player, { thread }: Table): Promise<readonly Signed[]> {
  const { breakpoints } = await player.rpc.request('thread_breakpoints', { thread, limit: 64 })
  return breakpoints.map(({ slot, parent, stateRoot, inputsRoot, timestampSec, signatures }) => ({
    breakpoint: {
      thread, epoch: BigInt(slot.epoch), nonce: BigInt(slot.nonce), parent: parent as Hash32, stateRoot: stateRoot as Hash32, inputsRoot: inputsRoot as Hash32, timestampSec: BigInt(timestampSec)
    },
    signatures: `0x${signatures.map(signature => signature.slice(2)).join('')}`
  }))
}

/** The hands of the cheats of one table. */
export class Conspiracy {
  readonly #table: Table
  readonly #oracle: { readonly key: Hex, readonly account: number }

  /** @param oracle its wallet's key and number on the chain */
  constructor (table: Table, oracle: { readonly key: Hex, readonly account: number }) {
    this.#table = table
    this.#oracle = oracle
  }

  get #domain (): Domain { return { chainId: this.#table.arena.anvil.chainId, court: this.#table.arena.court } }
  get #contract (): Address { return contractAddressOf(this.#table.thread, this.#table.arena.court) }

  /** The court, called by one of the chain's accounts. */
  court (account: number): Contract {
    return new Contract(this.#table.arena.court, loadArtifact('Threads').interface as unknown as InterfaceAbi, this.#table.arena.wallet(account))
  }

  /** The oracle takes the thread, with what answers for so many claims. */
  async accept (claims: bigint): Promise<void> {
    const amount = claims * await this.bondWei()
    const court = this.court(this.#oracle.account)
    await mined(court.getFunction('bond').send({ value: amount }))
    await mined(court.getFunction('accept').send(this.#table.terms(), amount, '0x'))
  }

  /** What answers for one claim here, in wei. */
  async bondWei (): Promise<bigint> {
    return await this.court(0).getFunction('bondFor').staticCall(this.#table.opened.terms.gasLimit) as bigint
  }

  async challenge (seat: number, { breakpoint, signatures }: Signed): Promise<void> {
    await mined(this.court(seat + 1).getFunction('challenge').send(this.#table.terms(), abi(breakpoint), signatures))
  }

  async respond (seat: number, { breakpoint, signatures }: Signed): Promise<void> {
    await mined(this.court(seat + 1).getFunction('respond').send(this.#table.terms(), abi(breakpoint), signatures))
  }

  /**
   * The breakpoint of the open slot that a cheat's node has signed and the honest player's too, completed by the cheats and shown to nobody. The node must be dead: its store is opened.
   * @param honest the seat whose signature must be in what the node has on disk
   */
  async withheld (cheat: Player, honest: number): Promise<Signed> {
    const store = await openLevelStore(join(cheat.dataDir, 'store'))
    try {
      const message = decodeMessage(await new ThreadRecords(store, this.#table.thread).open() ?? new Uint8Array(0))
      if (message.kind !== 'proposal' || message.proposer !== honest) throw new Error('the honest player has proposed nothing')
      const { breakpoint, signature } = message
      const digest = breakpointDigest(breakpoint, this.#domain)
      const signatures = this.#table.players.map(({ key }, seat) => seat === honest ? signature : sign(digest, hexToBytes(key)))
      return { breakpoint, signatures: bytesToHex(concatBytes(...signatures)) }
    } finally {
      await store.close()
    }
  }

  /** A call of the thread's contract by a player. */
  input (seat: number, nonce: bigint, signature: string, valueWei = 0n): SignedInput {
    const { thread } = this.#table
    const data = hexToBytes(encodeCalldata({ signature, args: [] }))
    return signInput({ nonce, gasLimit: 500_000n, to: this.#contract, valueWei, data }, hexToBytes(this.#table.player(seat).key), { thread, domain: this.#domain })
  }

  /** A player claims a result of its input on `parent`, with the oracle's word for it or a bond of its own. @returns what then stands at the court */
  async claim (seat: number, { raw, binding }: SignedInput, parent: Breakpoint, stateRoot: Hash32, answers: 'oracle' | 'mover'): Promise<Breakpoint> {
    const { thread, arena } = this.#table
    const [nowSec, dispute] = [BigInt(await arena.now()), await this.dispute()]
    const timestampSec = nowSec < parent.timestampSec ? parent.timestampSec : nowSec
    const force = forceHash({ thread, dispute, parent: breakpointHash(parent), txHash: hash32(raw), timestampSec })
    const result = sign(resultDigest({ force, stateRoot, feeWei: 0n }, this.#domain), hexToBytes(this.#oracle.key))
    const move = [seat, raw, binding, '0x', timestampSec, `0x${'00'.repeat(32)}`]
    const [word, value] = answers === 'oracle' ? [bytesToHex(result), 0n] : ['0x', await this.bondWei()]
    await mined(this.court(seat + 1).getFunction('claim').send(this.#table.terms(), abi(parent), move, stateRoot, word, { value }))
    return {
      thread, epoch: dispute, nonce: parent.nonce + 1n, parent: breakpointHash(parent), stateRoot, inputsRoot: inputsRoot([{ leaf: hash32(concatBytes(raw, binding)) }]), timestampSec
    }
  }

  /** What the court owes an account besides, in wei. */
  async credit (account: Address): Promise<bigint> { return await this.court(0).getFunction('credits').staticCall(ZERO_ADDRESS, account) as bigint }

  async recorded (): Promise<Hash32> {
    const { recorded } = await this.court(0).getFunction('record').staticCall(this.#table.thread) as { recorded: string }
    return asHash32(hexToBytes(recorded as Hex))
  }

  async dispute (): Promise<bigint> {
    return (await this.court(0).getFunction('record').staticCall(this.#table.thread) as { dispute: bigint }).dispute
  }

  /** Every claim that fell: what the bond paid, and what the transaction that refuted it has used, and at what price. */
  async slashed (): Promise<readonly { readonly refuter: string, readonly toRefuter: bigint, readonly toEachOther: bigint, readonly gasUsed: bigint, readonly priceWei: bigint }[]> {
    const court = this.court(0)
    const logs = await court.queryFilter(court.getEvent('Slashed')(this.#table.thread))
    return await Promise.all(logs.flatMap(log => 'args' in log ? [log] : []).map(async ({ args, transactionHash }) => {
      const receipt = await this.#table.arena.provider.getTransactionReceipt(transactionHash)
      return { refuter: String(args['refuter']).toLowerCase(), toRefuter: args['toRefuter'] as bigint, toEachOther: args['toEachOther'] as bigint, gasUsed: receipt?.gasUsed ?? 0n, priceWei: receipt?.gasPrice ?? 0n }
    }))
  }
}

function abi ({ epoch, nonce, parent, stateRoot, inputsRoot, timestampSec }: Breakpoint): readonly unknown[] {
  return [epoch, nonce, parent, stateRoot, inputsRoot, timestampSec]
}

async function mined (sent: Promise<unknown>): Promise<void> {
  const receipt = await (await sent as { wait: () => Promise<{ status: number | null } | null> }).wait()
  if (receipt?.status !== 1) throw new Error('not mined, or reverted')
}
