/**
 * What libp2p 3 expects of the platform and Node 20 lacks. An entry point imports this file before anything else; on Node 22 and
 * later, and in browsers, it changes nothing.
 */
import { WebSocket as NodeWebSocket } from 'ws'

// Node 22 has both. The declarations of the standard library know no platform without them, hence the look-up by name.
if (!('withResolvers' in Promise)) {
  Object.defineProperty(Promise, 'withResolvers', { value: withResolvers, writable: true, configurable: true })
}

/**
 * `ws` throws an error event that nobody listens to, which ends the process; the standard's WebSocket lets it pass. libp2p stops listening
 * when it gives up a dial, and the refusal may come after that.
 */
class StandardWebSocket extends NodeWebSocket {
  constructor (...args: ConstructorParameters<typeof NodeWebSocket>) {
    super(...args)
    this.on('error', () => {})
  }
}

if (!('WebSocket' in globalThis)) {
  Object.defineProperty(globalThis, 'WebSocket', { value: StandardWebSocket, writable: true, configurable: true })
}

/** `Promise.withResolvers`, see https://tc39.es/ecma262/#sec-promise.withResolvers. Called with the promise's constructor as `this`. */
function withResolvers<T> (this: PromiseConstructor): PromiseWithResolvers<T> {
  let resolve: PromiseWithResolvers<T>['resolve'] = () => {}
  let reject: PromiseWithResolvers<T>['reject'] = () => {}
  const promise = new this<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
