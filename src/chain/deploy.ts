/** Puts contracts on a chain that may not have a court yet. */
import { ThreadsError } from '../errors.js'
import { bytesToHex, concatBytes, hexToBytes } from '../protocol/bytes.js'
import { THREAD_LIMITS } from '../protocol/limits.js'
import type { Address, Hex } from '../protocol/types.js'
import type { ClockPort } from '../thread/ports.js'
import { loadArtifact, type Artifact } from './artifacts.js'
import { readInteger } from './reads.js'
import { createRpc } from './rpc.js'
import { createSender, type Sender } from './sender.js'

/** A wallet on a chain, for deployments. */
export type Deployer = {
  readonly chainId: bigint
  readonly wallet: Address
  readonly sender: Sender
  stop (): void
}

/** A contract that is there now. */
export type Deployed = { readonly address: Address, readonly block: bigint, readonly gasUsed: bigint }

/** Options of {@link openDeployer}. */
export type DeployerOptions = {
  readonly url: string
  readonly walletKey: Uint8Array
  readonly clock: ClockPort
  /** Milliseconds between looks for the mined transaction. Default 1,000. */
  readonly pollMs?: number
  readonly maxFeeWei?: bigint
  readonly log?: (message: string, data: Record<string, unknown>) => void
}

/** EIP-170, without the 0x00 that stands first. */
const MAX_CODE_BYTES = 24_576
/** Returns everything that follows these eleven bytes as the contract's code. */
const RETURN_THE_REST = hexToBytes('0x600b5981380380925939f3')

/** Opens a wallet on whatever chain answers. @throws `CHAIN_BAD_URL`, `CHAIN_UNAVAILABLE`, `KEY_INVALID` */
export async function openDeployer (options: DeployerOptions): Promise<Deployer> {
  const probe = createRpc(options.url, 1n)
  let chainId: bigint
  try {
    chainId = await readInteger(probe, 'eth_chainId', [])
  } finally {
    probe.stop()
  }
  const rpc = createRpc(options.url, chainId)
  const { walletKey, clock, maxFeeWei } = options
  const sender = createSender({ rpc, chainId, walletKey, clock, maxFeeWei, pollMs: options.pollMs ?? 1_000, interfaces: [], log: options.log ?? (() => {}) })
  return {
    chainId,
    wallet: sender.wallet,
    sender,
    stop () {
      sender.stop()
      rpc.stop()
    }
  }
}

/**
 * Deploys the court, in its two halves, with a judge of its own, which judges within a thread's limits (§5); `gasUsed` is for all four contracts.
 * @throws `ARTIFACT_MISSING` and what `Sender.send` throws
 */
export async function deployCourt (deployer: Deployer): Promise<{ court: Address, judge: Address, block: bigint, gasUsed: bigint }> {
  const interpreter = await deployContract(deployer, loadArtifact('Interpreter'), [])
  const judge = await deployContract(deployer, loadArtifact('Judge'), [interpreter.address, THREAD_LIMITS])
  const claims = await deployContract(deployer, loadArtifact('Claims'), [judge.address])
  const { address, block, gasUsed } = await deployContract(deployer, loadArtifact('Threads'), [judge.address, claims.address])
  return { court: address, judge: judge.address, block, gasUsed: interpreter.gasUsed + judge.gasUsed + claims.gasUsed + gasUsed }
}

/** Deploys an ordinary contract with its constructor's arguments. @throws `CHAIN_BAD_ARGUMENTS` and what `Sender.send` throws */
export async function deployContract (deployer: Deployer, artifact: Pick<Artifact, 'name' | 'interface' | 'creationCode'>, args: readonly unknown[]): Promise<Deployed> {
  let encoded: Uint8Array
  try {
    encoded = hexToBytes(artifact.interface.encodeDeploy([...args]) as Hex)
  } catch (cause) {
    throw new ThreadsError('CHAIN_BAD_ARGUMENTS', `these are not the arguments of ${artifact.name}'s constructor`, { data: { contract: artifact.name }, cause })
  }
  return await create(deployer, concatBytes(artifact.creationCode, encoded))
}

/**
 * Puts creation code (without constructor arguments) on the chain as data behind a byte 0x00 that makes it uncallable, for threads to
 * take it from (codeKind 0). @throws `CODE_TOO_LARGE` (EIP-170 allows 24,575 bytes) and what `Sender.send` throws
 */
export async function deployCodeAsData (deployer: Deployer, creationCode: Uint8Array): Promise<Deployed> {
  if (creationCode.length + 1 > MAX_CODE_BYTES) {
    throw new ThreadsError('CODE_TOO_LARGE', `${creationCode.length} bytes of creation code; a contract holds ${MAX_CODE_BYTES - 1}`, { data: { bytes: creationCode.length, most: MAX_CODE_BYTES - 1 } })
  }
  return await create(deployer, concatBytes(RETURN_THE_REST, Uint8Array.of(0), creationCode))
}

async function create ({ sender }: Deployer, initCode: Uint8Array): Promise<Deployed> {
  const mined = await sender.send({ to: undefined, data: bytesToHex(initCode), valueWei: 0n })
  if (mined.contract === undefined) throw new ThreadsError('CHAIN_BAD_ANSWER', 'the receipt of a creation names no contract', { data: { transactionHash: mined.transactionHash } })
  return { address: mined.contract, block: mined.blockNumber, gasUsed: mined.gasUsed }
}
