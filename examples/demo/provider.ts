/**
 * A model provider for the demo and the tests: deterministic, on one port, in the wire formats of
 * OpenAI and Anthropic. It keeps a journal of what it was sent, and knows only its own API key, so
 * that a caller's token that reached it would show.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { answerTo } from './provider-script.ts'
import { CHAT, MESSAGES, RESPONSES, type Body, type Event, type Wire } from './provider-wire.ts'

export type ProviderOptions = {
  /** 0 takes a free one. */
  readonly port: number
  readonly apiKey?: string
  /** Awaited before each event of a stream; a test holds a stream open with it. */
  readonly beforeEvent?: (index: number) => Promise<void>
}

/** One request as it arrived. */
export type JournalEntry = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** The body's exact text. */
  readonly body: string
  /** Set when the peer went away before the answer was whole. */
  aborted: boolean
}

export type RunningProvider = {
  /** `http://127.0.0.1:<port>`: Anthropic's base URL; OpenAI's is this and `/v1`. */
  readonly url: string
  readonly requests: readonly JournalEntry[]
  readonly close: () => Promise<void>
}

export const DEMO_PROVIDER_KEY: string = 'demo-provider-key'

export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  const requests: JournalEntry[] = []
  const server = createServer((request, response) => {
    void serve(options, requests, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const WIRES: ReadonlyMap<string, Wire> = new Map([
  ['/v1/chat/completions', CHAT],
  ['/v1/responses', RESPONSES],
  ['/v1/messages', MESSAGES],
])

async function serve(
  options: ProviderOptions,
  requests: JournalEntry[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let body = ''
  request.setEncoding('utf8')
  for await (const part of request) body += String(part)
  const path = (request.url ?? '/').replace(/\?.*$/, '')
  const entry: JournalEntry = {
    method: request.method ?? '',
    path,
    headers: request.headers,
    body,
    aborted: false,
  }
  requests.push(entry)
  response.on('close', () => {
    entry.aborted = !response.writableFinished
  })
  const anthropic = path.startsWith('/v1/messages')
  const key = anthropic ? request.headers['x-api-key'] : bearerOf(request)
  if (key !== (options.apiKey ?? DEMO_PROVIDER_KEY))
    return send(response, 401, errorOf(anthropic, 'authentication_error', 'wrong API key'))
  const parsed = request.method === 'POST' ? (JSON.parse(body) as Body) : {}
  const wire = request.method === 'POST' ? WIRES.get(path) : undefined
  if (wire !== undefined) return answer(options, wire, parsed, response)
  const other = otherAnswer(`${request.method} ${path}`, parsed)
  if (other !== null) return send(response, 200, other)
  return send(response, 404, errorOf(anthropic, 'not_found_error', 'no such path'))
}

const bearerOf = ({ headers }: IncomingMessage): string | undefined =>
  headers.authorization?.replace(/^Bearer /, '')

async function answer(
  options: ProviderOptions,
  wire: Wire,
  body: Body,
  response: ServerResponse,
): Promise<void> {
  const conversation = wire.read(body)
  const what = answerTo(conversation)
  if (!conversation.stream) return send(response, 200, wire.json(conversation, what))
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_demo' })
  let index = 0
  for (const event of wire.events(conversation, what)) {
    await options.beforeEvent?.(index++)
    if (response.destroyed) return
    response.write(frameOf(event))
  }
  response.end()
}

const frameOf = ({ event, data }: Event): string =>
  `${event === null ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

function otherAnswer(call: string, body: Body): unknown {
  switch (call) {
    case 'POST /v1/messages/count_tokens':
      return { input_tokens: Math.ceil(JSON.stringify(body).length / 4) }
    case 'POST /v1/embeddings':
      return {
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5, 0.75] }],
        model: body['model'],
        usage: { prompt_tokens: 3, total_tokens: 3 },
      }
    case 'GET /v1/models':
      return {
        object: 'list',
        data: [{ id: 'only-upstream', object: 'model', created: 0, owned_by: 'demo' }],
      }
    default:
      return null
  }
}

const errorOf = (anthropic: boolean, type: string, message: string): unknown =>
  anthropic
    ? { type: 'error', error: { type, message } }
    : { error: { message, type, param: null, code: null } }

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_demo' })
  response.end(JSON.stringify(body))
}
