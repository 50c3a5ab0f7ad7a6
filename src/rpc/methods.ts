/** The node's methods, put together: one file a group in `methods/`. */
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
  return {
    ...nodeMethods(node),
    ...threadMethods(node),
    ...inputMethods(node),
    ...chainMethods(node),
    ...disputeMethods(node),
    ...oracleMethods(node),
    ...oracleReportMethods(node),
    ...receiptMethods(node),
    subscribe: listener => node.subscribe(event => {
      const running = node.threads.get(event.thread)
      const told = running === undefined ? undefined : eventJson(event, running.coordinator.parts.context.terms)
      if (told !== undefined) listener(told)
    })
  }
}
