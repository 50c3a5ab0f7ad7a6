import { courtInterface } from '../../../src/chain/artifacts.js'
import { createFeed } from '../../../src/chain/feed.js'
import { createFollower, type Follower } from '../../../src/chain/follower.js'
import { guard } from '../../../src/chain/identity.js'
import { createRpc } from '../../../src/chain/rpc.js'
import type { Address, Hash32 } from '../../../src/protocol/types.js'
import type { ChainCursor } from '../../../src/thread/ports.js'

/** A consumer as a node is one: it keeps what stands, drops what a reorganisation voids, and remembers its cursor. */
export type Recorder = {
  /** Serial numbers of the `Resumed` events that stand. */
  serials (): number[]
  /** How often each serial number was delivered. */
  readonly deliveries: Map<number, number>
  readonly reorgs: bigint[]
  cursor: ChainCursor | undefined
  readonly follower: Follower
  stop (): Promise<void>
}

/** Follows an emitter. `onSerial` may throw, to be told again. */
export function record (options: {
  url: string, court: Address, chainId: bigint, confirmations?: number, startBlock?: bigint | undefined, genesis?: Hash32 | undefined
  from?: Pick<Recorder, 'cursor' | 'serials'> | undefined, onSerial?: (serial: number) => Promise<void>
}): Recorder {
  const rpc = createRpc(options.url, options.chainId)
  const guarded = guard(rpc, { chainId: options.chainId, court: options.court, genesis: options.genesis })
  const feed = createFeed({ rpc: guarded, court: courtInterface(), domain: { chainId: options.chainId, court: options.court }, log: () => {} })
  const follower = createFollower({
    rpc: guarded, court: options.court, confirmations: options.confirmations ?? 1, pollMs: 20, startBlock: options.startBlock, eventsOf: feed.eventsOf, log: () => {}
  })
  let standing: { serial: number, block: bigint }[] = (options.from?.serials() ?? []).map(serial => ({ serial, block: 0n }))
  const recorder: Recorder = {
    serials: () => standing.map(({ serial }) => serial),
    deliveries: new Map(),
    reorgs: [],
    cursor: options.from?.cursor,
    follower,
    async stop () {
      rpc.stop()
      await follower.stop()
    }
  }
  follower.start({
    cursor: recorder.cursor,
    async onEvent (event) {
      if (event.type !== 'resumed') throw new Error(`unexpected ${event.type}`)
      const serial = Number(event.epoch)
      await options.onSerial?.(serial)
      recorder.deliveries.set(serial, (recorder.deliveries.get(serial) ?? 0) + 1)
      standing.push({ serial, block: event.at.blockNumber })
    },
    async onCursor (cursor) { recorder.cursor = cursor },
    async onReorg (toBlock) {
      recorder.reorgs.push(toBlock)
      standing = standing.filter(({ block }) => block <= toBlock)
    }
  })
  return recorder
}
