/** A process of its own for `connections.test.ts`: a node that listens, tells its address and waits to be killed. */
import { createNetwork } from '../../src/network/network.js'
import { addressOf, clock, key } from './nodes.js'

const node = await createNetwork({ privateKey: key(2), clock })
await node.start()
process.stdout.write(`${addressOf(node)}\n`)
