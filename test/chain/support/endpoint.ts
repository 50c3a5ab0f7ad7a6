import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One JSON-RPC request as it passes by. */
export type Request = { readonly id: number, readonly method: string, readonly params: readonly unknown[] }
/** What the endpoint does with a request: passes it on, answers with an error or with nothing known, or passes it on and loses the answer. */
export type Treatment = 'pass' | { readonly error: string } | 'null' | 'lose'

/** An endpoint in front of a chain, as flaky as a test wants it. */
export type Endpoint = {
  readonly url: string
  /** Requests seen, by method. */
  readonly seen: Map<string, number>
  /** Another chain under the same URL. */
  target: string
  treat: (request: Request) => Treatment
  /** Nobody listens any more. */
  down (): Promise<void>
  /** Listens again, at the same port. */
  up (): Promise<void>
}

/** Listens on a free port. */
export async function startEndpoint (target: string): Promise<Endpoint> {
  let server: Server | undefined
  let port = 0
  const endpoint: Endpoint = {
    get url () { return `http://127.0.0.1:${port}` },
    seen: new Map(),
    target,
    treat: () => 'pass',
    async up () {
      server = createServer((request, response) => { handle(endpoint, request, response).catch(() => response.destroy()) })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
    async down () {
      if (server === undefined) return
      const closing = once(server, 'close')
      server.close()
      server.closeAllConnections()
      server = undefined
      await closing
    }
  }
  await endpoint.up()
  return endpoint
}

async function handle (endpoint: Endpoint, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const body = JSON.parse(Buffer.concat(chunks).toString()) as Request | Request[]
  const answers: unknown[] = []
  let lost = false
  for (const request of Array.isArray(body) ? body : [body]) {
    endpoint.seen.set(request.method, (endpoint.seen.get(request.method) ?? 0) + 1)
    const treatment = endpoint.treat(request)
    if (typeof treatment === 'object') {
      answers.push({ jsonrpc: '2.0', id: request.id, error: { code: -32005, message: treatment.error } })
      continue
    }
    if (treatment === 'null') {
      answers.push({ jsonrpc: '2.0', id: request.id, result: null })
      continue
    }
    const passed = await fetch(endpoint.target, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) })
    answers.push(await passed.json())
    lost ||= treatment === 'lose'
  }
  if (lost) return void response.destroy()
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]))
}
