/**
 * The official clients of OpenAI and Anthropic against the LLM surface on a real listener, with the
 * demo's provider behind it. Policy is a function here; everything on the wire is real.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { Agent } from 'undici'
import {
  DEMO_PROVIDER_KEY,
  startProvider,
  type RunningProvider,
} from '../../examples/demo/provider.ts'
import { listen, type Listener } from '../../src/app/http/listen.ts'
import { epochMillis } from '../../src/core/clock.ts'
import type { Decision } from '../../src/core/decision.ts'
import { DEFAULT_TENANT } from '../../src/core/ids.ts'
import type { Question } from '../../src/core/question.ts'
import { fail, ok } from '../../src/core/result.ts'
import { reason } from '../../src/core/reason.ts'
import { createHandle } from '../../src/gateway/handle.ts'
import { createLlmSurface } from '../../src/gateway/llm/llm-surface.ts'
import {
  ALLOW,
  CLIENT_TOKEN,
  denial,
  fakePath,
  INSTANCE_CALLER,
} from '../../src/gateway/testing/fake-path.ts'
import type { FakePath } from '../../src/gateway/testing/fake-path.ts'
import { createUpstream, UPSTREAM_AGENT_OPTIONS } from '../../src/gateway/upstream.ts'
import { readCredential } from '../../src/identity/credential.ts'

/** Only small models, and never the one called `secret`. */
const decide = ({ ask }: Question): Decision => {
  if (ask.resource.id.endsWith('/secret')) return denial('nobody may know', false)
  if (ask.resource.attr['tier'] !== 'small') return denial('large models need the role `lead`')
  return ALLOW
}

/** A test that waits for another connection ends here instead of never. */
const LIMIT = { timeout: 20_000 }

let provider: RunningProvider
let gateway: Listener
let path: FakePath
/** Awaited by the provider before each event of a stream. */
let gate: (index: number) => Promise<void> = () => Promise.resolve()
const agent = new Agent(UPSTREAM_AGENT_OPTIONS)

before(async () => {
  provider = await startProvider({ port: 0, beforeEvent: (index) => gate(index) })
  const gone = await startProvider({ port: 0 })
  await gone.close()
  path = fakePath({
    decide,
    verify: (call) => {
      const credential = readCredential(call, { apiKey: true })
      if (!credential.ok) return Promise.resolve(credential)
      return Promise.resolve(
        credential.value === CLIENT_TOKEN
          ? ok(INSTANCE_CALLER)
          : fail(reason('unauthenticated', 'a credential is required')),
      )
    },
    issue: ({ asked }) =>
      Promise.resolve(
        ok(
          asked.tool?.startsWith('anthropic/') === true
            ? { kind: 'header', name: 'x-api-key', value: DEMO_PROVIDER_KEY }
            : { kind: 'header', name: 'authorization', value: `Bearer ${DEMO_PROVIDER_KEY}` },
        ),
      ),
  })
  const model = (
    id: string,
    tier: string,
  ): { id: string; provider: string; model: string; tier: string; attr: object } => {
    const [name = '', short = ''] = id.split('/')
    return { id, provider: name, model: short, tier, attr: {} }
  }
  const surface = createLlmSurface(
    { clock: path.deps.clock, send: createUpstream({ dispatcher: agent }) },
    {
      publicUrl: 'http://localhost:8080',
      providers: [
        { id: 'openai', dialect: 'openai', url: `${provider.url}/v1` },
        { id: 'anthropic', dialect: 'anthropic', url: provider.url },
        { id: 'down', dialect: 'openai', url: gone.url },
      ],
      defaultProvider: 'openai',
      models: [
        model('openai/small', 'small'),
        model('openai/large', 'large'),
        model('openai/secret', 'small'),
        model('anthropic/small', 'small'),
        model('anthropic/large', 'large'),
        model('down/small', 'small'),
      ] as never,
      mcpServers: [],
    },
  )
  const opened = await listen({
    name: 'data',
    host: '127.0.0.1',
    port: 0,
    tenant: DEFAULT_TENANT,
    clock: { now: () => epochMillis(Date.now()) },
    guard: ({ host, port }) => ({
      hosts: new Set([`${host}:${port}`]),
      origins: new Set(),
      refuseForwarded: true,
    }),
    handle: createHandle(path.deps, surface),
    refused: (_call, why) => ({
      status: 400,
      headers: {},
      body: new TextEncoder().encode(why.detail),
    }),
    onBug: (error) => assert.fail(String(error)),
  })
  assert.ok(opened.ok, opened.ok ? '' : opened.error)
  gateway = opened.value
})

after(async () => {
  await gateway.close()
  await agent.close()
  await provider.close()
})

const base = (provider_: string): string => `http://127.0.0.1:${gateway.port}/llm/${provider_}`
const openai = (of = 'openai', apiKey = CLIENT_TOKEN): OpenAI =>
  new OpenAI({ baseURL: `${base(of)}/v1`, apiKey, maxRetries: 0 })
const anthropic = (apiKey: string | null = CLIENT_TOKEN): Anthropic =>
  new Anthropic({ baseURL: base('anthropic'), apiKey, maxRetries: 0 })

const TOOL = {
  name: 'refund',
  description: 'Refund an order',
  schema: {
    type: 'object' as const,
    properties: { order: { type: 'string' }, amount: { type: 'number' } },
    required: ['order', 'amount'],
  },
}
const CHAT_TOOL = {
  type: 'function' as const,
  function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.schema },
}
const MESSAGES_TOOL = { name: TOOL.name, description: TOOL.description, input_schema: TOOL.schema }
const user = (content: string): { role: 'user'; content: string } => ({ role: 'user', content })
const HELLO = user('hello')
const REFUND = user('Refund $9,000 for T-77, damaged in transit')

const raw = (of: string, rest: string, init: RequestInit): Promise<Response> =>
  fetch(`${base(of)}${rest}`, {
    ...init,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${CLIENT_TOKEN}`,
      ...(init.headers as Record<string, string> | undefined),
    },
  })

test('Chat Completions: a whole answer, with tools', async () => {
  const client = openai()
  const text = await client.chat.completions.create({ model: 'small', messages: [HELLO] })
  assert.equal(text.choices[0]?.message.content, 'I can help with tickets and refunds.')
  const call = await client.chat.completions.create({
    model: 'small',
    messages: [REFUND],
    tools: [CHAT_TOOL],
  })
  const [first] = call.choices[0]?.message.tool_calls ?? []
  assert.deepEqual(first?.type === 'function' ? first.function : null, {
    name: 'refund',
    arguments: '{"amount":9000,"order":"T-77"}',
  })
})

test('Chat Completions: a stream, fragmented tool calls among it', async () => {
  const client = openai()
  const runner = client.chat.completions.stream({
    model: 'small',
    messages: [REFUND],
    tools: [CHAT_TOOL],
  })
  const message = await runner.finalMessage()
  const [call] = message.tool_calls ?? []
  assert.equal(
    call?.type === 'function' ? call.function.arguments : '',
    '{"amount":9000,"order":"T-77"}',
  )
})

test('Responses: whole and streamed', async () => {
  const client = openai()
  const whole = await client.responses.create({ model: 'small', input: 'hello', store: false })
  assert.equal(whole.output_text, 'I can help with tickets and refunds.')
  const tool = { type: 'function' as const, name: 'refund', parameters: TOOL.schema, strict: false }
  const types: string[] = []
  const stream = await client.responses.create({
    model: 'small',
    input: [REFUND],
    tools: [tool],
    stream: true,
  })
  let args = ''
  for await (const event of stream) {
    types.push(event.type)
    if (event.type === 'response.function_call_arguments.delta') args += event.delta
  }
  assert.equal(args, '{"amount":9000,"order":"T-77"}')
  assert.equal(types.at(-1), 'response.completed')
})

test('Messages: whole, streamed, and counted', async () => {
  const client = anthropic()
  const ask = { model: 'small', max_tokens: 100, messages: [HELLO] }
  const whole = await client.messages.create(ask)
  assert.deepEqual(
    whole.content.map((block) => (block.type === 'text' ? block.text : '')),
    ['I can help with tickets and refunds.'],
  )
  const streamed = await client.messages
    .stream({ ...ask, messages: [REFUND], tools: [MESSAGES_TOOL] })
    .finalMessage()
  const [use] = streamed.content
  assert.deepEqual(use?.type === 'tool_use' ? use.input : null, { amount: 9000, order: 'T-77' })
  const count = await client.messages.countTokens({ model: 'small', messages: [HELLO] })
  assert.ok(count.input_tokens > 0)
  const beta = await client.beta.messages.create(ask)
  assert.equal(beta.stop_reason, 'end_turn')
})

test('a denied refund is asked for again within the bound that the denial names', async () => {
  const messages = [
    REFUND,
    {
      role: 'assistant' as const,
      content: null,
      tool_calls: [
        { id: 'c1', type: 'function' as const, function: { name: 'refund', arguments: '{}' } },
      ],
    },
    {
      role: 'tool' as const,
      tool_call_id: 'c1',
      content: 'denied; allowed when args.amount <= 500',
    },
  ]
  const reply = await openai().chat.completions.create({
    model: 'small',
    messages,
    tools: [CHAT_TOOL],
  })
  const [call] = reply.choices[0]?.message.tool_calls ?? []
  assert.equal(
    call?.type === 'function' ? call.function.arguments : '',
    '{"amount":500,"order":"T-77"}',
  )
})

test('Embeddings pass', async () => {
  const reply = await openai().embeddings.create({
    model: 'small',
    input: 'hello',
    encoding_format: 'float',
  })
  assert.deepEqual(reply.data[0]?.embedding, [0.25, -0.5, 0.75])
})

test('the provider sees its own key and our decision, and never the client’s token', async () => {
  const before_ = provider.requests.length
  await openai().chat.completions.create({ model: 'small', messages: [HELLO] })
  await anthropic().messages.create({ model: 'small', max_tokens: 5, messages: [HELLO] })
  const seen = provider.requests.slice(before_)
  assert.deepEqual(
    seen.map(({ headers }) => headers.authorization ?? headers['x-api-key']),
    [`Bearer ${DEMO_PROVIDER_KEY}`, DEMO_PROVIDER_KEY],
  )
  const decisions = new Set(path.records.map(({ decisionId }) => String(decisionId)))
  for (const { headers } of seen) assert.ok(decisions.has(String(headers['reeve-decision-id'])))
  assert.ok(!JSON.stringify(provider.requests).includes(CLIENT_TOKEN))
})

test('chunks reach the client while the provider is still writing', LIMIT, async () => {
  let open = (): void => {}
  const held = new Promise<void>((resolve) => {
    open = resolve
  })
  // The third event waits until the client has read the second: a buffer would wait for ever.
  gate = (index) => (index === 2 ? held : Promise.resolve())
  const stream = await openai().chat.completions.create({
    model: 'small',
    messages: [HELLO],
    stream: true,
  })
  const texts: string[] = []
  for await (const chunk of stream) {
    texts.push(chunk.choices[0]?.delta.content ?? '')
    if (texts.length === 2) open()
  }
  gate = () => Promise.resolve()
  assert.equal(texts.join(''), 'I can help with tickets and refunds.')
})

test(
  'a client that goes away ends the call at the provider, and the outcome says so',
  LIMIT,
  async () => {
    let reached = (): void => {}
    const streaming = new Promise<void>((resolve) => {
      reached = resolve
    })
    let aborted = (): void => {}
    const over = new Promise<void>((resolve) => {
      aborted = resolve
    })
    gate = async (index) => {
      if (index < 2) return
      reached()
      await over
    }
    const index = provider.requests.length
    const recorded = path.records.length
    const stream = await anthropic().messages.create({
      model: 'small',
      max_tokens: 5,
      messages: [HELLO],
      stream: true,
    })
    const reader = stream[Symbol.asyncIterator]()
    await reader.next()
    await streaming
    stream.controller.abort()
    const entry = provider.requests[index] ?? assert.fail('the provider was not called')
    await until(() => entry.aborted)
    await until(() => path.records.slice(recorded).some(({ type }) => type === 'outcome'))
    aborted()
    gate = () => Promise.resolve()
    const outcome = path.records.slice(recorded).find(({ type }) => type === 'outcome')
    assert.equal(outcome?.outcome?.ended, 'client_closed')
    assert.equal(outcome?.outcome?.effect, 'unknown')
  },
)

test('a denial is the permission error of each client, with our message and the denial object', async () => {
  const sent = provider.requests.length
  await assert.rejects(
    openai().chat.completions.create({ model: 'large', messages: [HELLO] }),
    (error: unknown) => {
      assert.ok(error instanceof OpenAI.PermissionDeniedError)
      assert.match(error.message, /large models need the role `lead`/)
      assert.equal(error.code, 'forbidden_by_policy')
      assert.equal(error.type, 'permission_error')
      const { reeve } = error.error as { reeve: Record<string, unknown> }
      assert.equal(reeve['code'], 'forbidden_by_policy')
      assert.equal(reeve['decision_id'], error.headers?.get('reeve-decision-id'))
      assert.deepEqual(reeve['remedies'], [{ kind: 'scope', scope: 'models:large' }])
      return true
    },
  )
  await assert.rejects(
    anthropic().messages.create({ model: 'large', max_tokens: 5, messages: [HELLO] }),
    (error: unknown) => {
      assert.ok(error instanceof Anthropic.PermissionDeniedError)
      assert.match(error.message, /large models need the role `lead`/)
      const body = error.error as { error: { type: string; reeve: Record<string, unknown> } }
      assert.equal(body.error.type, 'permission_error')
      assert.equal(body.error.reeve['code'], 'forbidden_by_policy')
      return true
    },
  )
  assert.equal(provider.requests.length, sent)
})

test('a hidden model and an absent one are the same not-found error', async () => {
  const message = async (model: string): Promise<string> =>
    openai()
      .chat.completions.create({ model, messages: [HELLO] })
      .then(
        () => assert.fail('was allowed'),
        (error: unknown) => {
          assert.ok(error instanceof OpenAI.NotFoundError)
          return `${error.code} ${error.message}`
        },
      )
  assert.equal(await message('secret'), await message('absent'))
})

test('the lists of models hold only what may be called', async () => {
  const first: string[] = []
  for await (const { id } of openai().models.list()) first.push(id)
  const second: string[] = []
  for await (const { id } of anthropic().models.list()) second.push(id)
  assert.deepEqual([first, second], [['small'], ['small']])
})

test('no credential or a wrong one is the authentication error of each client', async () => {
  await assert.rejects(openai('openai', 'wrong').models.list(), OpenAI.AuthenticationError)
  await assert.rejects(anthropic('wrong').models.list(), Anthropic.AuthenticationError)
  const reply = await raw('openai', '/v1/models', { headers: { authorization: '' } })
  assert.equal(reply.status, 401)
  assert.match(reply.headers.get('www-authenticate') ?? '', /^Bearer/)
})

test('two credentials at once are a bad request', async () => {
  const reply = await raw('openai', '/v1/models', { headers: { 'x-api-key': CLIENT_TOKEN } })
  assert.equal(reply.status, 400)
})

test('a provider that is down is a 502 that says so, with its outcome recorded', async () => {
  const recorded = path.records.length
  await assert.rejects(
    openai('down').chat.completions.create({ model: 'small', messages: [HELLO] }),
    (error: unknown) => {
      assert.ok(error instanceof OpenAI.InternalServerError)
      assert.equal(error.status, 502)
      assert.equal(error.code, 'upstream_unavailable')
      return true
    },
  )
  const [decision, outcome] = path.records.slice(recorded)
  assert.equal(decision?.decision, 'allow')
  assert.equal(outcome?.outcome?.effect, 'not_sent')
})

for (const [name, body] of [
  ['a duplicate key', '{"model":"small","model":"large","messages":[]}'],
  ['a truncated body', '{"model":"small","messages":['],
  ['a field that names another model', '{"model":"small","messages":[],"fallbacks":["large"]}'],
] as const) {
  test(`${name} never reaches the provider`, async () => {
    const sent = provider.requests.length
    const reply = await raw('openai', '/v1/chat/completions', { method: 'POST', body })
    assert.equal(reply.status, 400)
    assert.equal(provider.requests.length, sent)
  })
}

test('stored objects and other operations are refused', async () => {
  const client = openai()
  await assert.rejects(
    client.responses.create({ model: 'small', input: 'x', previous_response_id: 'resp_1' }),
    OpenAI.BadRequestError,
  )
  await assert.rejects(client.responses.retrieve('resp_1'), OpenAI.NotFoundError)
  await assert.rejects(client.files.list(), OpenAI.NotFoundError)
})

/** Waits for something that another connection does, within the limit of its test. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
}
