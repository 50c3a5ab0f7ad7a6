/** The node's methods, put together: one file a group in `methods/`. */
import type { ThreadId } from '../protocol/types.js'
import type { NodeApi } from './api.js'
import { eventJson } from './convert.js'
import type { NodeHost } from './host.js'
import { chainMethods } from './methods/chain.js'
import { disputeMethods } from './methods/dispute.js'
import { inputMethods } from './methods/inputs.js'
import { nodeMethods } from './methods/node.js'
import { oracleMethods } from './methods/oracle.js'
import { oracleReportMethods } from './methods/oracle-report.js'
import { receiptMethods } from './methods/receipts.js'
import { threadMethods } from './methods/threads.js'

/** The node as its interface. */
export function createMethods (node: NodeHost): NodeApi {
  const api: NodeApi = {
    ...nodeMethods(node),
    ...threadMethods(node),
    ...inputMethods(node),
    ...chainMethods(node),
    ...disputeMethods(node),
    ...oracleMethods(node),
    ...oracleReportMethods(node),
    ...receiptMethods(node),
    subscribe: listener => node.subscribe(event => {
      const terms = node.glance(event.thread)?.terms
      const told = terms === undefined ? undefined : eventJson(event, terms)
      if (told !== undefined) listener(told)
    })
  }
  // The cast: the same names with the same signatures.
  return Object.fromEntries(Object.entries(api).map(([name, method]) => [name, name === 'subscribe' ? method : onThread(node, method as Method)])) as unknown as NodeApi
}

type Method = (params: { readonly thread?: ThreadId | undefined }, options?: { readonly signal?: AbortSignal }) => Promise<unknown>

/**
 * A method about one thread finds it in memory, and is done again where the thread was loaded anew before a step of it was begun.
 * SAFETY: after it has sent something to the chain a method takes no step, or one before which it finds there what it has sent: nothing is sent twice.
 */
function onThread (node: NodeHost, method: Method): Method {
  return async (params, options) => params.thread === undefined ? await method(params, options) : await node.threads.use(params.thread, async () => await method(params, options))
}
