/**
 * Sends one wallet's transactions, one nonce after the other.
 *
 * A send is one transaction for good: a bump re-uses its nonce, and a fresh nonce is taken only where the old one was used by somebody
 * else. What has reached the pool is watched until it is mined, also when its caller has given up waiting, because every later
 * nonce waits for it. Nonces live in memory only: after a restart the pool's own count is where we go on.
 */
import type { Interface } from 'ethers'
import { ThreadsError, hasCode } from '../errors.js'
import type { Address, Hex } from '../protocol/types.js'
import type { ClockPort } from '../thread/ports.js'
import { presentFee, quoteFees } from './fees.js'
import { createLock } from './lock.js'
import { createPatiences, type Patience } from './patience.js'
import { createPool, isKnown, isNonceTaken, isPoor, isUnderpriced, type Pool } from './pool.js'
import { quantity, readInteger, type MinedTransaction, type Sends } from './reads.js'
import { isRevert, revertError } from './reverts.js'
import { saysRpc } from './rpc.js'
import { createSigner, type Signed, type Signer } from './signer.js'

/** A transaction as its caller thinks of it. Without `to`: a creation. */
export type SendRequest = { readonly to: Address | undefined, readonly data: Hex, readonly valueWei: bigint }

/** Options of {@link createSender}. */
export type SenderOptions = {
  readonly rpc: Sends
  readonly chainId: bigint
  readonly walletKey: Uint8Array
  readonly clock: ClockPort
  /** How often the pool and the newest block are asked, milliseconds. */
  readonly pollMs: number
  /** A transaction that is next in line and unmined for this long is replaced by one that pays more. Default 30,000. */
  readonly bumpAfterMs?: number | undefined
  /** How long a caller waits at most, an absent chain included. Default 300,000. */
  readonly giveUpAfterMs?: number | undefined
  /** Highest maxFeePerGas, wei. Default: none. */
  readonly maxFeeWei?: bigint | undefined
  /** Whose custom errors are told by name. */
  readonly interfaces: readonly Interface[]
  readonly log: (message: string, data: Record<string, unknown>) => void
}

/** One wallet's way to the chain. */
export type Sender = {
  readonly wallet: Address
  /**
   * Resolves when the transaction is mined and succeeded (it may still be reorganised away: the follower tells what became final).
   * @throws `CHAIN_REVERTED` (from the estimate: nothing was sent; with `data.transactionHash`: mined and failed),
   *   `CHAIN_INSUFFICIENT_FUNDS`, `CHAIN_BUSY`, `CHAIN_UNAVAILABLE` (no answer within the time, or aborted: with
   *   `data.transactionHash` it may be mined yet), `CHAIN_NOT_MINED` (likewise), `CHAIN_NONCE_TAKEN`, `CHAIN_REFUSED`, `CHAIN_STOPPED`, and
   *   what `rpc.send` throws
   */
  send (request: SendRequest, options?: { signal?: AbortSignal | undefined, /** Chain time, seconds: the nearer, the more is offered. */ usefulUntilSec?: bigint | undefined }): Promise<MinedTransaction>
  /** What the transaction would take and cost at the present price; nothing is sent. @throws as {@link Sender.send} does from its estimate */
  quote (request: SendRequest, options?: { usefulUntilSec?: bigint | undefined }): Promise<{ readonly gas: bigint, readonly feeWei: bigint }>
  /** Transactions in the pool, ours. */
  pending (): number
  /** Callers that still wait get `CHAIN_STOPPED`. */
  stop (): void
}

/** Waiting and in the pool together; the next caller gets `CHAIN_BUSY`. */
const MAX_SENDS = 256
/** Nonces and fees that a pool refuses before we believe it. */
const MAX_REFUSALS = 8
/** No transaction may have more (EIP-7825). */
const MAX_TRANSACTION_GAS = 16_777_216n

/** Opens a wallet's queue; asks nothing yet. @throws `KEY_INVALID` */
export function createSender (options: SenderOptions): Sender {
  const { rpc, clock, interfaces } = options
  const signer = createSigner(options.walletKey, options.chainId)
  const stopping = new AbortController()
  const patiences = createPatiences(clock, options.giveUpAfterMs ?? 300_000)
  const pool = createPool({ ...options, signer, bumpAfterMs: options.bumpAfterMs ?? 30_000, signal: stopping.signal })
  const lock = createLock()
  let waiting = 0

  return {
    wallet: signer.wallet,
    pending: pool.size,
    stop () {
      stopping.abort()
      patiences.stop()
    },
    async quote (request, { usefulUntilSec } = {}) {
      const [gas, fees] = await Promise.all([exactGas({ rpc, signer, interfaces, usefulUntilSec }, request), presentFee(rpc)])
      return { gas, feeWei: gas * fees }
    },
    async send (request, { signal, usefulUntilSec } = {}) {
      if (waiting + pool.size() >= MAX_SENDS) throw new ThreadsError('CHAIN_BUSY', 'too many transactions are waiting', { data: { most: MAX_SENDS } })
      const patience = patiences.begin(signal)
      waiting++
      const submitted = lock.run(() => submit({ rpc, signer, pool, patience, interfaces, maxFeeWei: options.maxFeeWei, usefulUntilSec }, request))
        .finally(() => { waiting-- })
      try {
        const sent = await submitted
        return await patience.mined(pool.mined(sent), sent.hash)
      } finally {
        patience.end()
      }
    }
  }
}

type Submission = {
  readonly rpc: Sends, readonly signer: Signer, readonly pool: Pool, readonly patience: Patience
  readonly interfaces: readonly Interface[], readonly maxFeeWei: bigint | undefined, readonly usefulUntilSec: bigint | undefined
}

/** From the request to a transaction that the pool has. Under the wallet's lock, so that nonces are taken in order and none is left out. */
async function submit (context: Submission, request: SendRequest): Promise<Signed> {
  const { rpc, signer, pool, patience } = context
  const prepared = await patience.retry(undefined, async () => {
    // Together: one request to the endpoint instead of five.
    const [gasLimit, { fees, leftSec }, balanceWei, nonce] = await Promise.all([
      estimate(context, request), quoteFees(rpc, context.maxFeeWei, context.usefulUntilSec), readInteger(rpc, 'eth_getBalance', [signer.wallet, 'latest']), pool.nextNonce()
    ])
    checkFunds(signer.wallet, balanceWei, request.valueWei + gasLimit * fees.maxFeePerGasWei)
    return { gasLimit, fees, nonce, leftSec }
  })
  let signed = signer.sign({ ...request, ...prepared })
  for (let refusals = 0; ; refusals++) {
    const refusal = await place(context, signed)
    if (refusal === undefined) break
    if (refusals === MAX_REFUSALS) throw refused(refusal, signer.wallet)
    signed = await otherwise(context, signed, refusal)
  }
  pool.add(signed, prepared.leftSec, context.usefulUntilSec)
  return signed
}

/** Undefined when the pool has it, or may have it; else why it does not, and never will. */
async function place ({ rpc, pool, patience }: Submission, signed: Signed): Promise<ThreadsError | undefined> {
  let unsure = false
  const refusal = await patience.retry(signed.hash, async () => {
    try {
      return await broadcast(rpc, signed)
    } catch (error) {
      unsure = true
      throw error
    }
  })
  if (refusal === undefined || await patience.retry(signed.hash, () => pool.isMined(signed.hash))) return undefined
  // SAFETY: after a broadcast without an answer, whoever used the nonce may be this very transaction, and its receipt late. Another
  // nonce could make two of it, so the pool's watch finds out.
  return unsure && isNonceTaken(refusal) ? undefined : refusal
}

/** The same transaction as the pool may take it. */
async function otherwise ({ signer, pool, patience }: Submission, signed: Signed, refusal: ThreadsError): Promise<Signed> {
  if (isNonceTaken(refusal)) {
    // By somebody else (the same wallet elsewhere, or an endpoint whose count lags behind): ours was never accepted and never can be
    // mined, so the next nonce does not make two of it.
    const nonce = await patience.retry(undefined, () => pool.nextNonce(signed.nonce + 1n))
    return signer.sign({ ...signed, nonce })
  }
  const fees = isUnderpriced(refusal) ? pool.raised(signed.fees) : undefined
  if (fees === undefined) throw refused(refusal, signer.wallet)
  return signer.sign({ ...signed, fees })
}

type Estimation = Pick<Submission, 'rpc' | 'signer' | 'interfaces' | 'usefulUntilSec'>

/** Gas for the transaction, with a fifth more: what it does may depend on what is mined before it. */
async function estimate (context: Estimation, request: SendRequest): Promise<bigint> {
  const gas = await exactGas(context, request)
  const generous = gas + gas / 5n
  return generous < MAX_TRANSACTION_GAS ? generous : gas > MAX_TRANSACTION_GAS ? gas : MAX_TRANSACTION_GAS
}

async function exactGas ({ rpc, signer, interfaces, usefulUntilSec }: Estimation, request: SendRequest): Promise<bigint> {
  const call = { from: signer.wallet, data: request.data, value: quantity(request.valueWei), ...request.to === undefined ? {} : { to: request.to } }
  try {
    // What depends on time is tried at the next block's, which is later than the newest's.
    return await readInteger(rpc, 'eth_estimateGas', usefulUntilSec === undefined ? [call] : [call, 'pending'])
  } catch (error) {
    if (isPoor(error) && !saysRpc(error, /revert/i)) throw refused(error, signer.wallet) // tokens revert with such words
    if (!isRevert(error)) throw error
    throw revertError(interfaces, typeof error.data.returned === 'string' ? error.data.returned : undefined, { to: request.to }, error)
  }
}

function checkFunds (wallet: Address, balanceWei: bigint, neededWei: bigint): void {
  if (balanceWei < neededWei) {
    throw new ThreadsError('CHAIN_INSUFFICIENT_FUNDS', `the wallet ${wallet} holds ${balanceWei} wei; this transaction may take ${neededWei}`,
      { data: { wallet, balanceWei: balanceWei.toString(), neededWei: neededWei.toString() } })
  }
}

/** Undefined when the pool has it; the answer when the pool does not want it. @throws `CHAIN_UNAVAILABLE` when nobody knows. */
async function broadcast (rpc: Sends, signed: Signed): Promise<ThreadsError | undefined> {
  try {
    await rpc.send('eth_sendRawTransaction', [signed.raw])
    return undefined
  } catch (error) {
    if (isKnown(error)) return undefined
    if (hasCode(error, 'CHAIN_RPC_ERROR')) return error
    throw error
  }
}

function refused (answer: unknown, wallet: Address): ThreadsError {
  const said = answer instanceof ThreadsError ? String(answer.data.message) : ''
  if (isPoor(answer)) return new ThreadsError('CHAIN_INSUFFICIENT_FUNDS', `the wallet ${wallet} cannot pay for this transaction`, { data: { wallet }, cause: answer })
  return new ThreadsError('CHAIN_REFUSED', `the chain does not take the transaction: ${said}`, { data: { wallet, said }, cause: answer })
}
