/**
 * Is the endpoint still the chain that this node was made for? Asked before the first request and again after each failure, so that
 * nothing is read from, and nothing sent to, another chain that took its place.
 */
import { ThreadsError, hasCode } from '../errors.js'
import type { Address, Domain, Hash32 } from '../protocol/types.js'
import type { Interface } from 'ethers'
import { readCode, readHeader, readInteger, readView, type Sends } from './reads.js'

/** What the chain must be. */
export type ExpectedChain = {
  readonly chainId: bigint
  readonly court: Address
  /** Hash of block 0, where it is known from an earlier run: development chains share their chain ids. */
  readonly genesis: Hash32 | undefined
}

/** An endpoint that answers only as the expected chain. */
export type GuardedRpc = Sends & {
  /** Hash of block 0, once the endpoint has been verified; undefined where it does not serve block 0. */
  genesis (): Hash32 | undefined
  /**
   * Asks now, whatever was known.
   * @throws `CHAIN_WRONG_CHAIN` (other chain id or genesis), `CHAIN_NO_COURT` (no code at the court's address), and what `send` throws
   */
  verify (): Promise<void>
}

/** Guards `rpc`: `send` also throws what {@link GuardedRpc.verify} throws. */
export function guard (rpc: Sends, expected: ExpectedChain): GuardedRpc {
  let genesis = expected.genesis
  let verified = false
  let underway: Promise<void> | undefined

  const ask = async () => {
    const [chainId, first, code] = await Promise.all([
      readInteger(rpc, 'eth_chainId', []), firstHash(rpc), readCode(rpc, expected.court)
    ])
    if (chainId !== expected.chainId) throw wrongChain('chain id', expected.chainId.toString(), chainId.toString())
    if (genesis !== undefined && first !== undefined && first !== genesis) throw wrongChain('first block', genesis, first)
    if (code.length === 0) throw new ThreadsError('CHAIN_NO_COURT', `there is no contract at the court's address ${expected.court}`, { data: { court: expected.court } })
    genesis ??= first
    verified = true
  }
  const verify = async () => {
    verified = false
    underway ??= ask().finally(() => { underway = undefined })
    await underway
  }

  return {
    genesis: () => genesis,
    verify,
    async send (method, params) {
      if (!verified) await verify()
      try {
        return await rpc.send(method, params)
      } catch (error) {
        if (hasCode(error, 'CHAIN_UNAVAILABLE')) verified = false // whoever answers next is a stranger
        throw error
      }
    }
  }
}

/**
 * Asks the contract at the court's address which domain its signatures are for (EIP-5267). A data directory belongs to its court for good: whoever
 * gives the address of something else must hear of it before that.
 * @throws `CHAIN_NO_COURT`, and what `send` throws
 */
export async function requireCourt (rpc: Sends, domain: Domain, court: Interface): Promise<void> {
  const expected = court.encodeFunctionResult('eip712Domain', ['0x0f', 'EVM Threads', '1', domain.chainId, domain.court, `0x${'00'.repeat(32)}`, []])
  const said = await readView(rpc, { to: domain.court, data: court.encodeFunctionData('eip712Domain') }).catch((error: unknown) => {
    if (hasCode(error, 'CHAIN_RPC_ERROR')) return undefined // it reverted
    throw error
  })
  if (said !== expected) {
    throw new ThreadsError('CHAIN_NO_COURT', `the contract at ${domain.court} is no court: "deploy" without --contract makes one`, { data: { court: domain.court } })
  }
}

async function firstHash (rpc: Sends): Promise<Hash32 | undefined> {
  try {
    return (await readHeader(rpc, 0n))?.hash
  } catch (error) {
    if (hasCode(error, 'CHAIN_RPC_ERROR')) return undefined // an endpoint that has pruned its history
    throw error
  }
}

function wrongChain (what: string, expected: string, got: string): ThreadsError {
  return new ThreadsError('CHAIN_WRONG_CHAIN', `this is another chain: its ${what} is ${got}, expected ${expected}`, { data: { what, expected, got } })
}
