import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { z } from 'zod'

/** What a server saw of one request: enough to prove what reached it and what did not. */
export type Seen = {
  readonly server: string
  readonly method: string | null
  readonly tool: string | null
  readonly arguments: unknown
  readonly authorization: string | null
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export type DemoServers = {
  readonly urls: Readonly<Record<string, string>>
  readonly seen: readonly Seen[]
  readonly close: () => Promise<void>
}

type Register = (server: McpServer) => void

const text = (value: string): { content: { type: 'text'; text: string }[] } => ({
  content: [{ type: 'text', text: value }],
})

const payments: Register = (server) => {
  server.registerTool(
    'refund',
    {
      description: 'Refund an order to the card it was paid with',
      inputSchema: z.object({
        order: z.string(),
        amount: z.number(),
        reason: z.string().optional(),
      }),
    },
    ({ order, amount }) => text(`refunded ${amount} for order ${order}`),
  )
  server.registerTool(
    'list_payments',
    { description: 'List the payments of an order', inputSchema: z.object({ order: z.string() }) },
    ({ order }) => text(`order ${order}: one payment of 9000`),
  )
  server.registerTool(
    'close_account',
    { description: 'Close a customer account', inputSchema: z.object({ account: z.string() }) },
    ({ account }) => text(`closed ${account}`),
  )
}

const tickets: Register = (server) => {
  server.registerTool(
    'list_tickets',
    { description: 'List open tickets', inputSchema: z.object({}) },
    () => text('T-77: parcel damaged in transit, wants 9000 back'),
  )
  server.registerTool(
    'comment',
    {
      description: 'Comment on a ticket',
      inputSchema: z.object({ ticket: z.string(), text: z.string() }),
    },
    ({ ticket }) => text(`commented on ${ticket}`),
  )
}

const crm: Register = (server) => {
  server.registerTool(
    'find_customer',
    { description: 'Find a customer by e-mail', inputSchema: z.object({ email: z.string() }) },
    ({ email }) => text(`${email}: customer since 2019`),
  )
}

const payroll: Register = (server) => {
  server.registerTool(
    'list_salaries',
    { description: 'List salaries', inputSchema: z.object({}) },
    () => text('no agent should ever read this'),
  )
}

const SERVERS: Readonly<Record<string, Register>> = { payments, tickets, crm, payroll }

/**
 * Starts the four MCP servers on loopback. Their tools run only with a call token that Reeve
 * signed for exactly this server: each checks it against Reeve's published keys.
 */
export async function startServers(options: {
  readonly reeveUrl: string
  readonly ports: Readonly<Record<string, number>>
}): Promise<DemoServers> {
  const seen: Seen[] = []
  const urls: Record<string, string> = {}
  const servers: Server[] = []
  const keys = createRemoteJWKSet(new URL(`${options.reeveUrl}/.well-known/jwks.json`))
  for (const [name, register] of Object.entries(SERVERS)) {
    const mcp = toNodeHandler(
      createMcpHandler(() => {
        const server = new McpServer({ name, version: '1.0.0' })
        register(server)
        return server
      }),
    )
    const http = createServer((request, response) => {
      void (async () => {
        const body = await readJson(request)
        const entry = seenOf(name, request, body)
        seen.push(entry)
        if (entry.method === 'tools/call' && !(await isOurCall(entry, keys, urls[name] ?? ''))) {
          response.writeHead(401, { 'content-type': 'application/json' })
          response.end('{"error":"a call token for this server is required"}')
          return
        }
        await mcp(request as Parameters<typeof mcp>[0], response, body)
      })()
    })
    servers.push(http)
    const port = await listen(http, options.ports[name] ?? 0)
    urls[name] = `http://127.0.0.1:${port}/mcp`
  }
  return { urls, seen, close: async () => void (await Promise.all(servers.map(close))) }
}

async function isOurCall(
  seen: Seen,
  keys: ReturnType<typeof createRemoteJWKSet>,
  audience: string,
): Promise<boolean> {
  const token = seen.authorization?.replace(/^Bearer /, '')
  if (token === undefined) return false
  try {
    await jwtVerify(token, keys, { typ: 'txntoken+jwt', algorithms: ['ES256'], audience })
    return true
  } catch {
    return false
  }
}

function seenOf(server: string, request: IncomingMessage, body: unknown): Seen {
  const message = (typeof body === 'object' && body !== null ? body : {}) as {
    method?: string
    params?: { name?: string; arguments?: unknown }
  }
  return {
    server,
    method: message.method ?? null,
    tool: message.params?.name ?? null,
    arguments: message.params?.arguments ?? null,
    authorization: request.headers.authorization ?? null,
    headers: request.headers,
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (chunks.length === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new Error(`the demo's port 127.0.0.1:${port} cannot be opened: ${error.message}`))
    })
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
