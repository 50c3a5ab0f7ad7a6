/** A process of its own for `connections.test.ts`: stops in the midst of work and must then end by itself. */
import { createNetwork } from '../../src/network/network.js'
import { addressOf, clock, key, link, message, threadId } from './nodes.js'

const [a, b] = await Promise.all([createNetwork({ privateKey: key(1), clock }), createNetwork({ privateKey: key(2), clock })])
await Promise.all([a.start(), b.start()])
a.follow(threadId(1), () => 'accept')
b.follow(threadId(1), () => 'accept')
await link(a, b)
// Somebody who is not there is being redialled, requests wait for an answer, and a message is on its way.
const absent = await createNetwork({ privateKey: key(3), clock })
a.connect(addressOf(b).replace(/tcp\/\d+/, 'tcp/9').replace(b.id, absent.id))
b.serve(async () => await new Promise(() => {}))
const requests = Promise.allSettled([a.request(b.id, message('1')), a.request(b.id, message('2'))])
await a.publish(threadId(1), message('x'))
await Promise.all([a.stop(), b.stop()])
await requests
process.stdout.write('stopped\n')
