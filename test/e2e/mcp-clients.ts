import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

export type ToolResult = {
  readonly content: readonly { readonly type: string; readonly text?: string }[]
  readonly isError?: boolean
  readonly structuredContent?: {
    readonly code: string
    readonly message: string
    readonly remedies: readonly { readonly condition: string }[]
  }
  readonly _meta?: Readonly<Record<string, unknown>>
}

/** What the tests ask of a client, whichever library it comes from. */
export type AgentClient = {
  readonly toolNames: () => Promise<readonly string[]>
  readonly call: (
    tool: string,
    args: Record<string, unknown>,
    onprogress?: (update: { progress: number }) => void,
  ) => Promise<ToolResult>
  readonly session: () => string
  readonly endSession: () => Promise<void>
  readonly close: () => Promise<void>
}

export type Connect = (url: string, token: string) => Promise<AgentClient>

const INFO = { name: 'refund-agent', version: '1.0.0' }

/** A client that could answer what a server asks it. */
const CAPABLE = { capabilities: { elicitation: { form: {} } } }

/** Everything of a client that must stay between it and the gateway. */
const requestInit = (token: string) => ({
  headers: { authorization: `Bearer ${token}`, cookie: 'a=b', 'x-api-key': 'k' },
})

export const connectModern: Connect = async (url, token) => {
  const client = new Client(INFO, { ...CAPABLE, versionNegotiation: { mode: 'auto' } })
  return second(client, url, token)
}

export const connectLegacy: Connect = async (url, token) =>
  second(new Client(INFO, CAPABLE), url, token)

async function second(client: Client, url: string, token: string): Promise<AgentClient> {
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: requestInit(token),
  })
  await client.connect(transport)
  return {
    toolNames: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: async (name, args, onprogress) => {
      const options = onprogress === undefined ? {} : { onprogress }
      return (await client.callTool({ name, arguments: args }, options)) as ToolResult
    },
    session: () => transport.sessionId ?? '',
    endSession: () => transport.terminateSession(),
    close: () => client.close(),
  }
}

/** The first SDK, which knows the legacy era only. */
export const connectFirst: Connect = async (url, token) => {
  const client = new LegacyClient(INFO, CAPABLE)
  const transport = new LegacyTransport(new URL(url), { requestInit: requestInit(token) })
  await client.connect(transport)
  return {
    toolNames: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: async (name, args, onprogress) => {
      const options = onprogress === undefined ? {} : { onprogress }
      return (await client.callTool(
        { name, arguments: args },
        undefined,
        options,
      )) as unknown as ToolResult
    },
    session: () => transport.sessionId ?? '',
    endSession: () => transport.terminateSession(),
    close: () => client.close(),
  }
}
