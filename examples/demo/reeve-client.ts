import { Client as ModernClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { AgentKey } from './agent-keys.ts'

export type Token = { readonly token: string; readonly expiresIn: number; readonly run: string }

export type HttpAnswer = { readonly status: number; readonly body: Record<string, unknown> }

/** Token exchange (RFC 8693 §2.1): the person's token in, a token for this agent acting for that person out. */
export async function exchange(
  reeveUrl: string,
  key: AgentKey,
  personToken: string | null,
  resource: string,
  issuer: string,
  purpose: string,
): Promise<HttpAnswer> {
  const form = new URLSearchParams({
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await key.assertion(issuer),
    resource,
  })
  if (personToken === null) form.set('grant_type', 'client_credentials')
  else {
    form.set('grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange')
    form.set('subject_token', personToken)
    form.set('subject_token_type', 'urn:ietf:params:oauth:token-type:jwt')
  }
  form.set('purpose', purpose)
  return answerOf(await fetch(`${reeveUrl}/token`, { method: 'POST', body: form }))
}

export async function post(
  url: string,
  body: unknown,
  bearer: string | null = null,
): Promise<HttpAnswer> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (bearer !== null) headers['authorization'] = `Bearer ${bearer}`
  return answerOf(await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }))
}

async function answerOf(response: Response): Promise<HttpAnswer> {
  const text = await response.text()
  const body: unknown = text === '' ? {} : JSON.parse(text)
  return { status: response.status, body: body as Record<string, unknown> }
}

/** The current MCP client, which speaks the newest revision that the server offers. */
export async function connectModern(url: string, token: string): Promise<ModernClient> {
  const client = new ModernClient(
    { name: 'refund-agent', version: '1.0.0' },
    { versionNegotiation: { mode: 'auto' } },
  )
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  return client
}

/** The client of the first SDK, for servers and agents of the era of `initialize`. */
export async function connectLegacy(url: string, token: string): Promise<LegacyClient> {
  const client = new LegacyClient({ name: 'triage-agent', version: '1.0.0' })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  const transport = new LegacyTransport(new URL(url), { requestInit })
  await client.connect(transport)
  return client
}

/** The text that a model would read of a tool's result. */
export function textOf(result: Readonly<Record<string, unknown>>): string {
  const content = Array.isArray(result['content']) ? (result['content'] as { text?: string }[]) : []
  return content.map((part) => part.text ?? '').join('\n')
}

/** A text of an answer, or the empty one when it is not there. */
export function textIn(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name]
  return typeof value === 'string' ? value : ''
}
