/**
 * The same work done the way one would first write it, as the yardstick of the speed measurement: ethers for every hash and signature, @ethereumjs with its
 * Merkle-Patricia state manager and the root of each state, gossip with its own signatures (StrictSign), each breakpoint on disk with sync before its
 * signature leaves. Two players, strict turns, the same contract, the same two signatures for each input and two for each breakpoint.
 */
import '../../src/polyfill.js'
import { createMPT } from '@ethereumjs/mpt'
import { Common, Mainnet } from '@ethereumjs/common'
import { createEVM } from '@ethereumjs/evm'
import { MerkleStateManager } from '@ethereumjs/statemanager'
import { Account, createAddressFromString, hexToBytes as toBytes } from '@ethereumjs/util'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { identify } from '@libp2p/identify'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { AbiCoder, Interface, Transaction, verifyTypedData, Wallet, getBytes, hexlify, keccak256 } from 'ethers'
import { Level } from 'level'
import { createLibp2p } from 'libp2p'
import { loadArtifact } from '../../src/chain/artifacts.js'
import type { Hex } from '../../src/protocol/types.js'
import { cellOf, cpuMs, type Measured } from './workload.js'

/** What the parent asks for. */
export type NaiveCommand =
  | { readonly type: 'start', readonly dataDir: string, readonly me: number, readonly keys: readonly Hex[] }
  | { readonly type: 'dial', readonly multiaddr: string }
  | { readonly type: 'play', readonly settleMs: number, readonly forMs: number }

type Wire = { readonly kind: 'move', readonly index: number, readonly raw: string, readonly binding: string, readonly root: string, readonly signature: string } | { readonly kind: 'ack', readonly index: number, readonly signature: string }

const TOPIC = 'naive'
const THREAD = `0x${'11'.repeat(32)}`
const DOMAIN = { name: 'EVM Threads', version: '1', chainId: 31337, verifyingContract: `0x${'22'.repeat(20)}` }
const INPUT = { Input: [{ name: 'thread', type: 'bytes32' }, { name: 'txHash', type: 'bytes32' }] }
const BREAKPOINT = {
  Breakpoint: [
    { name: 'thread', type: 'bytes32' }, { name: 'epoch', type: 'uint64' }, { name: 'nonce', type: 'uint64' }, { name: 'parent', type: 'bytes32' },
    { name: 'stateRoot', type: 'bytes32' }, { name: 'inputsRoot', type: 'bytes32' }, { name: 'timestamp', type: 'uint64' }
  ]
}

const artifact = loadArtifact('Rematch')
const calls = new Interface(['function play(uint8 cell)'])

process.on('message', (command: NaiveCommand) => {
  handle(command).then(
    result => { process.send?.({ result: result ?? null }) },
    (error: unknown) => { process.send?.({ error: error instanceof Error ? error.stack ?? error.message : String(error) }) }
  )
})
process.on('disconnect', () => { process.exit(0) })

let player: Naive | undefined

async function handle (command: NaiveCommand): Promise<unknown> {
  if (command.type === 'start') {
    player = await Naive.create(command)
    return { multiaddr: player.multiaddr }
  }
  if (player === undefined) throw new Error('not started')
  if (command.type === 'dial') return await player.dial(command.multiaddr)
  return await player.play(command)
}

async function makeNode () {
  return await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] }, transports: [webSockets()], connectionEncrypters: [noise()], streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub({ globalSignaturePolicy: 'StrictSign', allowPublishToZeroTopicPeers: true }) }
  })
}

async function makeMachine (players: readonly string[]) {
  const common = new Common({ chain: Mainnet, hardfork: 'cancun' })
  const stateManager = new MerkleStateManager({ common, trie: await createMPT({ common, useKeyHashing: true }) })
  const evm = await createEVM({ common, stateManager })
  for (const address of players) await stateManager.putAccount(createAddressFromString(address), new Account(0n, 10n ** 18n))
  const init = artifact.interface.encodeDeploy(players)
  const created = await evm.runCall({ caller: createAddressFromString(players[0] ?? ''), data: new Uint8Array([...artifact.creationCode, ...getBytes(init)]), gasLimit: 5_000_000n })
  return { evm, stateManager, contract: created.createdAddress }
}

class Naive {
  readonly #me: number
  readonly #wallets: readonly Wallet[]
  readonly #node: Awaited<ReturnType<typeof makeNode>>
  readonly #machine: Awaited<ReturnType<typeof makeMachine>>
  readonly #disk: Level<string, string>
  #finality: number[] = []
  #sentAt = 0
  #transitions = 0
  #wireBytes = 0
  #counting = false
  #playing = false
  /** The next move. */
  #index = 0
  #queue: Promise<void> = Promise.resolve()
  #waiting: { index: number, root: string } | undefined
  #fault: unknown

  private constructor (me: number, wallets: readonly Wallet[], node: Awaited<ReturnType<typeof makeNode>>, machine: Awaited<ReturnType<typeof makeMachine>>, disk: Level<string, string>) {
    this.#me = me
    this.#wallets = wallets
    this.#node = node
    this.#machine = machine
    this.#disk = disk
    node.services.pubsub.addEventListener('message', event => {
      const message = JSON.parse(new TextDecoder().decode(event.detail.data)) as Wire
      this.#queue = this.#queue.then(async () => { await this.#receive(message) }).catch((error: unknown) => { this.#fault ??= error })
    })
    node.services.pubsub.subscribe(TOPIC)
  }

  static async create ({ dataDir, me, keys }: NaiveCommand & { type: 'start' }): Promise<Naive> {
    const wallets = keys.map(key => new Wallet(key))
    const disk = new Level<string, string>(dataDir)
    await disk.open()
    return new Naive(me, wallets, await makeNode(), await makeMachine(wallets.map(({ address }) => address)), disk)
  }

  get multiaddr (): string { return this.#node.getMultiaddrs()[0]?.toString() ?? '' }

  async dial (address: string): Promise<void> {
    await this.#node.dial(multiaddr(address))
    for (let tries = 0; this.#node.services.pubsub.getSubscribers(TOPIC).length === 0 && tries < 200; tries++) await new Promise(resolve => setTimeout(resolve, 25))
    await new Promise(resolve => setTimeout(resolve, 1500))
  }

  /** One slice: only what happens in its last `forMs` counts. */
  async play ({ settleMs, forMs }: NaiveCommand & { type: 'play' }): Promise<Measured> {
    this.#playing = true
    this.#queue = this.#queue.then(async () => { await this.#goOn() }).catch((error: unknown) => { this.#fault ??= error })
    await pause(settleMs)
    this.#counting = true
    const [from, cpuFrom] = [performance.now(), cpuMs()]
    await pause(forMs)
    const measured = {
      transitions: this.#transitions, elapsedMs: performance.now() - from, finalityMs: this.#finality, wireBytes: this.#wireBytes, cpuMs: cpuMs() - cpuFrom, total: this.#index
    }
    this.#counting = this.#playing = false
    this.#transitions = this.#wireBytes = 0
    this.#finality = []
    if (this.#fault !== undefined) throw this.#fault
    return measured
  }

  #own (): Wallet { return this.#at(this.#me) }
  #at (index: number): Wallet {
    const wallet = this.#wallets[index]
    if (wallet === undefined) throw new Error('no such player')
    return wallet
  }

  async #execute (index: number): Promise<string> {
    const mover = this.#at(index % 9 % 2)
    const { evm, stateManager, contract } = this.#machine
    if (contract === undefined) throw new Error('the contract was not created')
    const result = await evm.runCall({ caller: createAddressFromString(mover.address), to: contract, data: toBytes(calls.encodeFunctionData('play', [cellOf(index)]) as Hex), gasLimit: 200_000n })
    await evm.journal.cleanJournal()
    if (result.execResult.exceptionError !== undefined) throw new Error(`a move failed: ${result.execResult.exceptionError.error}`)
    return hexlify(await stateManager.getStateRoot())
  }

  #breakpoint (index: number, root: string): Record<string, unknown> {
    return { thread: THREAD, epoch: 0, nonce: index + 1, parent: keccak256(AbiCoder.defaultAbiCoder().encode(['uint256'], [index])), stateRoot: root, inputsRoot: root, timestamp: 1_700_000_000 }
  }

  async #move (index: number): Promise<void> {
    this.#sentAt = performance.now()
    const transaction = Transaction.from({
      type: 2, chainId: 2n ** 50n, nonce: index, gasLimit: 200_000, maxFeePerGas: 0, maxPriorityFeePerGas: 0, to: `0x${'33'.repeat(20)}`, data: calls.encodeFunctionData('play', [cellOf(index)])
    })
    const raw = await this.#own().signTransaction(transaction)
    const binding = await this.#own().signTypedData(DOMAIN, INPUT, { thread: THREAD, txHash: keccak256(raw) })
    const root = await this.#execute(index)
    await this.#disk.put(`j${index}`, raw + root, { sync: true })
    const signature = await this.#own().signTypedData(DOMAIN, BREAKPOINT, this.#breakpoint(index, root))
    this.#waiting = { index, root }
    await this.#send({ kind: 'move', index, raw, binding, root, signature })
  }

  async #send (message: Wire): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(message))
    if (this.#counting) this.#wireBytes += bytes.length
    await this.#node.services.pubsub.publish(TOPIC, bytes)
  }

  async #receive (message: Wire): Promise<void> {
    if (message.kind === 'ack') await this.#receiveAck(message)
    else await this.#receiveMove(message)
  }

  async #receiveMove ({ index, raw, binding, root, signature }: Wire & { kind: 'move' }): Promise<void> {
    const other = this.#at(1 - this.#me)
    const sender = Transaction.from(raw).from
    const bound = verifyTypedData(DOMAIN, INPUT, { thread: THREAD, txHash: keccak256(raw) }, binding)
    const executed = await this.#execute(index)
    const signer = verifyTypedData(DOMAIN, BREAKPOINT, this.#breakpoint(index, root), signature)
    if (sender !== other.address || bound !== other.address || signer !== other.address || executed !== root) throw new Error(`move ${index} is not what it should be`)
    await this.#disk.put(`j${index}`, raw + root, { sync: true })
    const own = await this.#own().signTypedData(DOMAIN, BREAKPOINT, this.#breakpoint(index, root))
    await this.#send({ kind: 'ack', index, signature: own })
    await this.#disk.put(`c${index}`, signature + own, { sync: true })
    if (this.#counting) this.#transitions++
    this.#index = index + 1
    await this.#goOn()
  }

  async #receiveAck ({ index, signature }: Wire & { kind: 'ack' }): Promise<void> {
    const waiting = this.#waiting
    if (waiting?.index !== index) return
    this.#waiting = undefined
    const signer = verifyTypedData(DOMAIN, BREAKPOINT, this.#breakpoint(index, waiting.root), signature)
    if (signer !== this.#at(1 - this.#me).address) throw new Error('a wrong acknowledgement')
    await this.#disk.put(`c${index}`, signature, { sync: true })
    if (this.#counting) {
      this.#transitions++
      this.#finality.push(performance.now() - this.#sentAt)
    }
    this.#index = index + 1
    await this.#goOn()
  }

  async #goOn (): Promise<void> {
    if (this.#playing && this.#waiting === undefined && this.#index % 9 % 2 === this.#me) await this.#move(this.#index)
  }
}

async function pause (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}
