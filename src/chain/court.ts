/** The court's functions as transactions of this node's wallet. Those of a dispute are in `dispute-calls.ts`. */
import type { Interface } from 'ethers'
import { ThreadsError } from '../errors.js'
import { bytesToBigint, concatBytes, hexToBytes, parseHash32, ZERO_ADDRESS } from '../protocol/bytes.js'
import { termsToAbi } from '../protocol/terms.js'
import { checkTerms } from '../protocol/check-terms.js'
import type { Address, Close, CloseCertificate, Hex, Terms } from '../protocol/types.js'
import type { ChainPort, DisputeCalls, Quote, Receipt, SendOptions, ShownCertificate } from '../thread/ports.js'
import { bondCalls, type BondCalls } from './bond-calls.js'
import { breakpointToAbi, disputeCalls } from './dispute-calls.js'
import { createLock, type Lock } from './lock.js'
import { oracleRecord } from './oracle-record.js'
import { readView, type Sends } from './reads.js'
import type { Sender } from './sender.js'
import { allow } from './tokens.js'

/** The calls of {@link ChainPort}. */
export type CourtCalls = Pick<ChainPort, keyof DisputeCalls<Receipt> | 'quotes' | 'lineage' | 'recordedHash' | 'open' | 'join' | 'cancel' | 'checkpoint' | 'resume' | 'close' | 'credit' | 'withdraw' | 'oracleRecord' | keyof BondCalls>

/**
 * Calls of one court. Each resolves when its transaction is mined, and throws what `Sender.send` throws; `open` and `join` also what
 * `allow` throws, and `TERMS_INVALID` before anything is spent.
 */
export function createCourtCalls (options: { rpc: Sends, sender: Sender, court: Address, interface: Interface, /** The court's first block, where it is known. */ startBlock?: bigint | undefined }): CourtCalls {
  const { rpc, sender, court, interface: abi, startBlock = 0n } = options
  const turns = new Map<Address, Lock>()

  const call = async (name: string, parameters: readonly unknown[], valueWei = 0n, options: SendOptions = {}): Promise<Receipt> => {
    const data = abi.encodeFunctionData(name, parameters) as Hex
    const { transactionHash, blockNumber, gasUsed, feeWei } = await sender.send({ to: court, data, valueWei }, options)
    return { transactionHash, blockNumber, gasUsed, feeWei, dataBytes: data.length / 2 - 1 }
  }

  const quote = async (name: string, parameters: readonly unknown[], options: SendOptions = {}, valueWei = 0n): Promise<Quote> => {
    const data = abi.encodeFunctionData(name, parameters) as Hex
    return { ...await sender.quote({ to: court, data, valueWei }, options), dataBytes: data.length / 2 - 1 }
  }

  /** Ether goes along; tokens are allowed first, one deposit of a token at a time: an allowance serves one of them only. */
  const pay = async (terms: Terms, amount: bigint, name: string, parameters: readonly unknown[]): Promise<Receipt> => {
    const token = terms.asset
    if (token === ZERO_ADDRESS) return await call(name, parameters, amount)
    const turn = turns.get(token) ?? createLock()
    turns.set(token, turn)
    return await turn.run(async () => {
      await allow(rpc, sender, { token, spender: court, amount })
      return await call(name, parameters)
    })
  }

  const evidence = (terms: Terms, certificate: ShownCertificate): readonly unknown[] => [termsToAbi(terms), breakpointToAbi(certificate.breakpoint), concatBytes(...certificate.signatures)]
  const end = (terms: Terms, { close, signatures }: CloseCertificate): readonly unknown[] => [termsToAbi(terms), closeToAbi(close), concatBytes(...signatures)]

  return {
    ...disputeCalls(async (name, parameters, options, valueWei) => await call(name, parameters, valueWei, options)),
    quotes: {
      ...disputeCalls(quote),
      checkpoint: async (terms, certificate) => await quote('checkpoint', evidence(terms, certificate)),
      close: async (terms, certificate) => await quote('close', end(terms, certificate)),
      withdraw: async asset => await quote('withdraw', [asset])
    },
    async lineage (thread) {
      const returned = await readView(rpc, { to: court, data: abi.encodeFunctionData('lineage', [thread]) })
      const [forced, used] = abi.decodeFunctionResult('lineage', returned) as unknown as [bigint, Iterable<bigint>]
      return { forced: Number(forced), usedSec: [...used] }
    },
    async recordedHash (thread) {
      const returned = await readView(rpc, { to: court, data: abi.encodeFunctionData('record', [thread]) })
      const [{ recorded }] = abi.decodeFunctionResult('record', returned) as unknown as [{ readonly recorded: string }]
      return BigInt(recorded) === 0n ? undefined : parseHash32(recorded)
    },
    async open (terms, multiaddr) {
      checkTerms(terms)
      return await pay(terms, depositOf(terms, 0) + terms.oracleFee, 'open', [termsToAbi(terms), multiaddr])
    },
    async join (terms, player, multiaddr, authorisation) {
      checkTerms(terms)
      return await pay(terms, depositOf(terms, player), 'join', [termsToAbi(terms), player, multiaddr, authorisation ?? new Uint8Array()])
    },
    cancel: async terms => await call('cancel', [termsToAbi(terms)]),
    checkpoint: async (terms, certificate) => await call('checkpoint', evidence(terms, certificate)),
    resume: async (terms, certificate) => await call('resume', evidence(terms, certificate)),
    close: async (terms, certificate) => await call('close', end(terms, certificate)),
    ...bondCalls(call, async (name, parameters) => abi.decodeFunctionResult(name, await readView(rpc, { to: court, data: abi.encodeFunctionData(name, parameters) }))),
    async credit (asset, account) {
      return bytesToBigint(hexToBytes(await readView(rpc, { to: court, data: abi.encodeFunctionData('credits', [asset, account]) })))
    },
    withdraw: async asset => await call('withdraw', [asset]),
    oracleRecord: async (account, fromBlock) => await oracleRecord(rpc, abi, court, account, fromBlock > startBlock ? fromBlock : startBlock)
  }
}

function closeToAbi ({ epoch, nonce, parent, payouts }: Close): readonly unknown[] {
  return [epoch, nonce, parent, payouts]
}

function depositOf (terms: Terms, player: number): bigint {
  const deposit = terms.deposits[player]
  if (deposit === undefined) throw new ThreadsError('CHAIN_UNKNOWN_PLAYER', `the thread has no player ${player}`, { data: { player, players: terms.players.length } })
  return deposit
}
