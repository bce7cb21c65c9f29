import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { operatorCredential, runReeve } from './reeve-process.ts'
import { connectLegacy, connectModern, exchange, post, textIn, textOf } from './reeve-client.ts'
import type { Stage } from './stage.ts'

/** One step as it went: what the newcomer reads, and what the end-to-end test asserts. */
export type StepResult = {
  readonly id: string
  readonly title: string
  readonly decision: 'allow' | 'deny' | null
  readonly lines: readonly string[]
  readonly ok: boolean
  readonly seen: Readonly<Record<string, unknown>>
}

export type Scene = {
  readonly stage: Stage
  readonly tell: (step: StepResult) => void
  readonly tokens: Record<string, string>
}

type Step = (scene: Scene) => Promise<void>

const ISSUER = 'urn:reeve:development'

const signIn: Step = async ({ stage, tell, tokens }) => {
  const answer = await post(
    `${stage.controlUrl}/people/alice:sign-in`,
    {},
    operatorCredential(stage.stateDirectory),
  )
  tokens['alice'] = textIn(answer.body, 'token')
  tell({
    id: 'sign-in',
    title: 'Alice signs in',
    decision: null,
    lines: [],
    ok: answer.status === 200,
    seen: { status: answer.status },
  })
}

const delegate: Step = async ({ stage, tell, tokens }) => {
  const resource = `${stage.reeveUrl}/mcp/payments`
  const answer = await exchange(
    stage.reeveUrl,
    stage.keys['refund-agent'],
    tokens['alice'] ?? '',
    resource,
    ISSUER,
    'refund order T-77',
  )
  tokens['refund'] = textIn(answer.body, 'access_token')
  const claims = claimsOf(tokens['refund'])
  tell({
    id: 'delegate',
    title: 'her refund agent exchanges her token for one of its own, for payments only',
    decision: answer.status === 200 ? 'allow' : 'deny',
    lines: [
      `sub ${String(claims['sub'])}, acting agent:refund-agent, sponsor ${String(claims['sponsor_id'])}, ${String(claims['ttl_seconds'])} s`,
    ],
    ok: answer.status === 200 && claims['sub'] === 'alice' && claims['sponsor_id'] === 'dana',
    seen: { status: answer.status, claims },
  })
}

const listTools: Step = async ({ stage, tell, tokens }) => {
  const client = await connectModern(`${stage.reeveUrl}/mcp/payments`, tokens['refund'] ?? '')
  const { tools } = await client.listTools()
  await client.close()
  const names = tools.map((tool) => tool.name).sort()
  tell({
    id: 'list-tools',
    title: 'the agent lists the tools: it sees only what may be called',
    decision: 'allow',
    lines: [`${names.join(', ')}   (close_account exists, and is not shown)`],
    ok: names.join() === 'list_payments,refund',
    seen: { names },
  })
}

/** The model asks for the refund; the agent does what the model says. */
const askModel: Step = async ({ stage, tell, tokens }) => {
  const answer = await exchange(
    stage.reeveUrl,
    stage.keys['refund-agent'],
    tokens['alice'] ?? '',
    `${stage.reeveUrl}/llm/openai`,
    ISSUER,
    'refund order T-77',
  )
  tokens['model'] = textIn(answer.body, 'access_token')
  const openai = new OpenAI({ baseURL: `${stage.reeveUrl}/llm/openai/v1`, apiKey: tokens['model'] })
  const completion = await openai.chat.completions.create({
    model: 'large',
    messages: [{ role: 'user', content: 'Refund $9,000 for order T-77.' }],
    tools: [REFUND_TOOL],
  })
  const call = completion.choices[0]?.message.tool_calls?.[0]
  const wanted = call?.type === 'function' ? call.function.arguments : ''
  tell({
    id: 'ask-model',
    title: 'the agent asks a large model through the official OpenAI client',
    decision: 'allow',
    lines: [`the model wants: refund ${wanted}`],
    ok: amountOf(wanted) === 9000,
    seen: { wanted },
  })
}

const REFUND_TOOL = {
  type: 'function' as const,
  function: {
    name: 'refund',
    description: 'Refund an order',
    parameters: {
      type: 'object',
      properties: { order: { type: 'string' }, amount: { type: 'number' } },
      required: ['order', 'amount'],
    },
  },
}

const refundTooMuch: Step = async ({ stage, tell, tokens }) => {
  const client = await connectModern(`${stage.reeveUrl}/mcp/payments`, tokens['refund'] ?? '')
  const result = await client.callTool({
    name: 'refund',
    arguments: { order: 'T-77', amount: 9000 },
  })
  await client.close()
  const denial = (result.structuredContent ?? {}) as Record<string, unknown>
  const reached = stage.servers.seen.filter(
    (seen) => seen.server === 'payments' && seen.method === 'tools/call',
  )
  tell({
    id: 'refund-9000',
    title: 'it asks for a refund of 9,000: denied before the tool runs',
    decision: 'deny',
    lines: [
      ...textOf(result).split('\n'),
      `calls that reached the payments server: ${reached.length}`,
    ],
    ok: result.isError === true && denial['code'] === 'forbidden_by_policy' && reached.length === 0,
    seen: { isError: result.isError, denial, reached: reached.length },
  })
}

const refundAllowed: Step = async ({ stage, tell, tokens }) => {
  const client = await connectModern(`${stage.reeveUrl}/mcp/payments`, tokens['refund'] ?? '')
  const result = await client.callTool({
    name: 'refund',
    arguments: { order: 'T-77', amount: 500 },
  })
  await client.close()
  const reached = stage.servers.seen.filter(
    (seen) => seen.server === 'payments' && seen.method === 'tools/call',
  )
  const leaked = isLeaked(stage, tokens)
  tell({
    id: 'refund-500',
    title: 'it reads why, and refunds 500',
    decision: 'allow',
    lines: [
      `${textOf(result)}; the server checked a call token for exactly this call`,
      `the agent's own token reached the servers: ${leaked ? 'yes' : 'never'}`,
    ],
    ok: result.isError !== true && reached.length === 1 && !leaked,
    seen: { reached: reached.map((seen) => seen.arguments), leaked, text: textOf(result) },
  })
}

/** Whether a token of a person or an agent reached a server or the provider. */
function isLeaked(stage: Stage, tokens: Scene['tokens']): boolean {
  const everywhere = JSON.stringify([stage.servers.seen, stage.provider.requests])
  return Object.values(tokens).some((token) => token !== '' && everywhere.includes(token))
}

/** The triage agent was started by an event: no person behind it, its own authority only. */
const triage: Step = async ({ stage, tell, tokens }) => {
  const agent = stage.keys['triage-agent']
  const ask = (path: string): ReturnType<typeof exchange> =>
    exchange(stage.reeveUrl, agent, null, `${stage.reeveUrl}${path}`, ISSUER, 'triage new tickets')
  const tickets = await ask('/mcp/tickets')
  tokens['triage'] = textIn(tickets.body, 'access_token')
  const client = await connectLegacy(`${stage.reeveUrl}/mcp/tickets`, tokens['triage'] ?? '')
  const names = (await client.listTools()).tools.map((tool) => tool.name).sort()
  const result = await client.callTool({ name: 'list_tickets', arguments: {} })
  await client.close()
  tell({
    id: 'triage-tickets',
    title: 'a triage agent, started by an event, reads tickets with the older MCP client',
    decision: 'allow',
    lines: [textOf(result)],
    ok: names.join() === 'comment,list_tickets' && textOf(result).includes('T-77'),
    seen: { names, text: textOf(result) },
  })
  const payments = await ask('/mcp/payments')
  const nothing = await ask('/mcp/no-such-server')
  const same = withoutIds(payments.body) === withoutIds(nothing.body)
  tell({
    id: 'triage-payments',
    title: 'for the triage agent there is no payments server',
    decision: 'deny',
    lines: ['the answer is the same as for a server that does not exist'],
    ok: payments.status >= 400 && payments.status === nothing.status && same,
    seen: { status: payments.status, body: payments.body, nothing: nothing.body },
  })
}

const triageModels: Step = async ({ stage, tell, tokens }) => {
  const agent = stage.keys['triage-agent']
  const tokenFor = async (provider: string): Promise<string> => {
    const url = `${stage.reeveUrl}/llm/${provider}`
    const answer = await exchange(stage.reeveUrl, agent, null, url, ISSUER, 'triage new tickets')
    const token = textIn(answer.body, 'access_token')
    tokens[`triage-${provider}`] = token
    return token
  }
  const anthropic = new Anthropic({
    baseURL: `${stage.reeveUrl}/llm/anthropic`,
    apiKey: await tokenFor('anthropic'),
  })
  let chunks = 0
  const stream = anthropic.messages.stream({
    model: 'small',
    max_tokens: 64,
    messages: [{ role: 'user', content: 'Which ticket first?' }],
  })
  stream.on('text', () => chunks++)
  const text = await stream.finalText()
  const openai = new OpenAI({
    baseURL: `${stage.reeveUrl}/llm/openai/v1`,
    apiKey: await tokenFor('openai'),
    maxRetries: 0,
  })
  const models: string[] = []
  for await (const model of openai.models.list()) models.push(model.id)
  const refused = await openai.chat.completions
    .create({ model: 'large', messages: [{ role: 'user', content: 'Which ticket first?' }] })
    .then(
      () => null,
      (error: unknown) => error,
    )
  const status = refused instanceof OpenAI.APIError ? refused.status : 0
  tell({
    id: 'triage-models',
    title: 'it may use a small model (official Anthropic client, streamed), not a large one',
    decision: 'deny',
    lines: [
      `small: ${chunks} chunks; models it can list: ${models.join(', ')}`,
      `large: ${refused instanceof Error ? refused.message : 'answered'}`,
    ],
    ok: chunks > 0 && text !== '' && models.join() === 'small' && status >= 400,
    seen: { chunks, text, models, status },
  })
}

const suspend: Step = async ({ stage, tell, tokens }) => {
  const suspended = runReeve(['sponsor', 'suspend', 'dana', '--state', stage.stateDirectory])
  const answer = await post(
    `${stage.reeveUrl}/mcp/payments`,
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'refund', arguments: { order: 'T-77', amount: 1 } },
    },
    tokens['refund'],
  )
  const calls = stage.servers.seen.filter(
    (seen) => seen.server === 'payments' && seen.method === 'tools/call',
  ).length
  const leaked = isLeaked(stage, tokens)
  const refused = JSON.stringify(answer.body)
  tell({
    id: 'suspend',
    title:
      'Dana is suspended: the very next call of her agents fails, with a token that is still fresh',
    decision: 'deny',
    lines: [reasonOf(answer.body)],
    ok: suspended.code === 0 && calls === 1 && !leaked && /revoked|sponsor_inactive/.test(refused),
    seen: { suspended: suspended.code, status: answer.status, body: answer.body, calls, leaked },
  })
}

const verifyLedger: Step = async ({ stage, tell }) => {
  const verified = runReeve(['audit', 'verify', '--state', stage.stateDirectory])
  const lines = verified.stdout.trim().split('\n')
  tell({
    id: 'verify',
    title: 'the ledger verifies: every record, hashed into one tree with a signed checkpoint',
    decision: null,
    lines: lines.slice(0, 4),
    ok: verified.code === 0 && lines[0]?.startsWith('UNANCHORED') === true,
    seen: { code: verified.code, stdout: verified.stdout },
  })
  const copy = `${stage.stateDirectory}-tampered`
  rmSync(copy, { recursive: true, force: true })
  cpSync(stage.stateDirectory, copy, { recursive: true })
  changeOneByte(copy)
  const tampered = runReeve(['audit', 'verify', '--state', copy])
  tell({
    id: 'tamper',
    title: 'one byte of a copy is changed: verification fails',
    decision: null,
    lines: tampered.stdout
      .trim()
      .split('\n')
      .filter((line) => /invalid|entry|record/i.test(line))
      .slice(0, 2),
    ok: tampered.code === 40,
    seen: { code: tampered.code, stdout: tampered.stdout },
  })
}

/** Changes one letter of a recorded denial, in the file of the database itself. */
function changeOneByte(directory: string): void {
  const path = join(directory, 'reeve.db')
  const database = new DatabaseSync(path)
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
  const bytes = readFileSync(path)
  const at = bytes.indexOf('"decision":"deny"')
  bytes[at + '"decision":"'.length] = 'D'.charCodeAt(0)
  writeFileSync(path, bytes)
}

function claimsOf(token: string | undefined): Record<string, unknown> {
  const payload = (token ?? '').split('.')[1]
  if (payload === undefined) return {}
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>
}

function amountOf(text: string): number {
  try {
    return Number((JSON.parse(text) as { amount?: unknown }).amount)
  } catch {
    return Number.NaN
  }
}

/** The answer without what differs from request to request. */
const withoutIds = (body: unknown): string =>
  JSON.stringify(body, (key, value: unknown) => (key === 'decision_id' ? undefined : value))

function reasonOf(body: Record<string, unknown>): string {
  const result = (body['result'] ?? body['error'] ?? body) as Record<string, unknown>
  const nested = (result['structuredContent'] ?? result['data'] ?? result) as Record<
    string,
    unknown
  >
  return `${textIn(nested, 'code')}: ${textIn(nested, 'message') || textIn(nested, 'detail')}`
}

/** The whole story, in order. */
export const act: readonly Step[] = [
  signIn,
  delegate,
  listTools,
  askModel,
  refundTooMuch,
  refundAllowed,
  triage,
  triageModels,
  suspend,
  verifyLedger,
]
