import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import {
  createMcpHandler,
  fromJsonSchema,
  inputRequired,
  McpServer,
} from '@modelcontextprotocol/server'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { McpServer as LegacyServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'

/** One request as an MCP server saw it. */
export type Seen = {
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly message: { readonly method?: string; readonly params?: Record<string, unknown> } | null
}

export type Upstream = {
  readonly url: string
  readonly seen: Seen[]
  readonly close: () => Promise<void>
}

export const toolCalls = (upstream: Upstream): readonly Seen[] =>
  upstream.seen.filter(({ message }) => message?.method === 'tools/call')

/** Serves a listener that is given the parsed body, and keeps a journal of what came. */
export async function startHttp(
  listener: (
    request: IncomingMessage,
    response: Parameters<RequestListener>[1],
    body: unknown,
  ) => void,
): Promise<Upstream> {
  const seen: Seen[] = []
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const message = text === '' ? null : JSON.parse(text)
    seen.push({ method: request.method ?? '', headers: request.headers, message })
    listener(request, response, message ?? undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })

const NO_ARGUMENTS = fromJsonSchema({ type: 'object', properties: {} })

// The annotation is of the protocol, not of JSON Schema; the library's type knows only the latter.
const REGION: object = { type: 'string', 'x-mcp-header': 'Region' }

const REFUND_ARGUMENTS = fromJsonSchema<{ amount: number }>({
  type: 'object',
  properties: { order: { type: 'string' }, amount: { type: 'number', minimum: 0 }, region: REGION },
  required: ['amount'],
})

/** What a test may change while the server runs. */
export type PaymentsState = { description: string }

/** A payments server that speaks both eras, without sessions. */
export function startPayments(
  state: PaymentsState = { description: 'Refunds money' },
): Promise<Upstream> {
  const handler = createMcpHandler(() => {
    const server = new McpServer(
      { name: 'payments', version: '1.0.0' },
      { capabilities: { logging: {} } },
    )
    server.registerTool(
      'refund',
      { description: state.description, inputSchema: REFUND_ARGUMENTS },
      async ({ amount }) => say(`refunded ${amount}`),
    )
    server.registerTool(
      'close_account',
      {
        description: 'Closes',
        inputSchema: NO_ARGUMENTS,
      },
      async () => say('closed'),
    )
    server.registerTool(
      'slow',
      {
        description: 'Reports',
        inputSchema: NO_ARGUMENTS,
      },
      async (_args, context) => {
        const progressToken = context.mcpReq._meta?.progressToken
        if (progressToken !== undefined) {
          for (const progress of [1, 2]) {
            await context.mcpReq.notify({
              method: 'notifications/progress',
              params: { progressToken, progress, total: 2 },
            })
          }
        }
        return say('done')
      },
    )
    server.registerTool(
      'ask_back',
      {
        description: 'Asks',
        inputSchema: NO_ARGUMENTS,
      },
      async () =>
        inputRequired({
          inputRequests: {
            name: {
              method: 'elicitation/create',
              params: {
                mode: 'form',
                message: 'who?',
                requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
              },
            },
          },
        } as never) as never,
    )
    return server
  })
  const node = toNodeHandler(handler)
  return startHttp(
    (request, response, body) => void node(request as Parameters<typeof node>[0], response, body),
  )
}

/** A server of the legacy era that keeps sessions, made with the first SDK. */
export async function startTickets(): Promise<Upstream> {
  const transports = new Map<string, StreamableHTTPServerTransport>()
  return startHttp(async (request, response, body) => {
    const known = transports.get(String(request.headers['mcp-session-id'] ?? ''))
    if (known !== undefined) return known.handleRequest(request, response, body)
    const isHello = (body as { method?: string } | undefined)?.method === 'initialize'
    if (!isHello) {
      response.writeHead(request.headers['mcp-session-id'] === undefined ? 400 : 404)
      return response.end()
    }
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    })
    const server = new LegacyServer({ name: 'tickets', version: '1.0.0' })
    server.registerTool('list_tickets', { description: 'Lists tickets' }, async () => say('T-77'))
    server.registerTool('ask_back', { description: 'Asks the client' }, async (extra) => {
      const requestedSchema = { type: 'object', properties: { name: { type: 'string' } } } as const
      const params = { message: 'who?', requestedSchema } as never
      const answer = await extra.sendRequest(
        { method: 'elicitation/create', params },
        ElicitResultSchema,
        { timeout: 500 },
      )
      return say(answer.action)
    })
    await server.connect(transport)
    return transport.handleRequest(request, response, body)
  })
}
