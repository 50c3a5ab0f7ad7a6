/** The OpenRPC document of the interface, from the same schemas that check the requests. @see https://spec.open-rpc.org */
import { z } from 'zod'
import { METHODS, type MethodSpec } from './api.js'
import { nodeEvent } from './schemas.js'

/** The document that `rpc.discover` returns. */
export function openRpcDocument (version: string): Record<string, unknown> {
  return {
    openrpc: '1.3.2',
    info: {
      title: 'EVM threads: a node\'s interface', version, license: { name: 'MIT' },
      description: 'JSON-RPC 2.0 over WebSocket. Amounts are decimal strings, bytes are hex, slots and times are numbers. ' +
        'Errors of the node have code -32000 and a stable data.code. A subscription\'s events come as thread_event notifications with {subscription, event}.'
    },
    methods: Object.entries(METHODS).map(([name, spec]) => describeMethod(name, spec)),
    components: { schemas: { NodeEvent: jsonSchema(nodeEvent) } }
  }
}

function describeMethod (name: string, spec: MethodSpec): Record<string, unknown> {
  const params = jsonSchema(spec.params)
  const properties = params['properties'] as Record<string, unknown> | undefined
  const required = new Set(params['required'] as string[] | undefined)
  return {
    name, summary: spec.summary, paramStructure: 'by-name',
    params: Object.entries(properties ?? {}).map(([key, schema]) => ({ name: key, required: required.has(key), schema })),
    result: { name: 'result', schema: jsonSchema(spec.result) }
  }
}

/** What a caller may give, and what the node gives back, before brands and defaults. */
function jsonSchema (schema: z.ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>
  return rest
}
