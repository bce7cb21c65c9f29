import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Decision } from '../../core/decision.ts'
import type { InboundCall } from '../../core/path.ts'
import { readJsonText } from '../../core/read-json.ts'
import type { Question } from '../../core/question.ts'
import { reason } from '../../core/reason.ts'
import { fail, ok } from '../../core/result.ts'
import { createHandle } from '../handle.ts'
import {
  ALLOW,
  CLIENT_TOKEN,
  denial,
  fakePath,
  inboundCall,
  receive,
} from '../testing/fake-path.ts'
import type { FakePath, Received } from '../testing/fake-path.ts'
import { fakeUpstream, upstreamReply, type FakeUpstream } from '../testing/fake-upstream.ts'
import type { SendUpstream, UpstreamFailure } from '../upstream.ts'
import { ANSWER_BYTES_MAX, HEADERS_TIMEOUT_MS, IDLE_TIMEOUT_MS } from './forward.ts'
import { createLlmSurface } from './llm-surface.ts'
import type { CatalogueConfig } from './provider.ts'

const CONFIG: CatalogueConfig = {
  publicUrl: 'http://localhost:8080',
  providers: [
    { id: 'openai', dialect: 'openai', url: 'https://openai.example/v1/' },
    { id: 'anthropic', dialect: 'anthropic', url: 'https://anthropic.example' },
    { id: 'bare', dialect: 'openai', url: 'http://127.0.0.1:9201' },
  ],
  defaultProvider: 'openai',
  models: [
    {
      id: 'openai/small',
      provider: 'openai',
      model: 'small',
      tier: 'small',
      attr: { region: 'eu', stream: 'from config', max_tokens: 1 },
    },
    { id: 'openai/large', provider: 'openai', model: 'large', tier: 'large', attr: {} },
    { id: 'anthropic/small', provider: 'anthropic', model: 'small', tier: null, attr: {} },
    { id: 'bare/small', provider: 'bare', model: 'small', tier: null, attr: {} },
  ],
  mcpServers: [{ id: 'payments', urls: ['https://pay.example/mcp'] }],
}

const KEY = 'the-provider-key'
const ANSWER = '{"answer":true}'

type World = FakePath & {
  readonly upstream: FakeUpstream
  readonly call: (part: Parameters<typeof inboundCall>[0]) => Promise<Received>
}

function world(
  options: {
    readonly decide?: (question: Question) => Decision
    readonly answer?: Parameters<typeof fakeUpstream>[0]
    readonly send?: SendUpstream
  } = {},
): World {
  const path = fakePath({
    ...(options.decide === undefined ? {} : { decide: options.decide }),
    issue: () =>
      Promise.resolve(ok({ kind: 'header', name: 'Authorization', value: `Bearer ${KEY}` })),
  })
  const upstream = fakeUpstream(options.answer ?? (() => Promise.resolve(upstreamReply([ANSWER]))))
  const surface = createLlmSurface({ clock: path.deps.clock, send: upstream.send }, CONFIG)
  const handle = createHandle(path.deps, surface)
  const call: World['call'] = async (part) =>
    receive(await handle(inboundCall({ ...part, headers: { ...HEADERS, ...part.headers } })))
  return { ...path, upstream, call }
}

const HEADERS = { 'content-type': 'application/json', authorization: `Bearer ${CLIENT_TOKEN}` }
const CHAT_PATH = '/llm/openai/v1/chat/completions'
const ASK = [{ role: 'user', content: 'hello' }]
const CHAT = JSON.stringify({ model: 'small', messages: ASK })
const MESSAGES = JSON.stringify({ model: 'small', max_tokens: 9, messages: ASK })

const failing = (part: Partial<UpstreamFailure>): ReturnType<SendUpstream> =>
  Promise.resolve(
    fail({
      sent: 'maybe',
      ended: 'upstream_error',
      reason: reason('upstream_unavailable', 'the upstream closed the connection early'),
      ...part,
    }),
  )

type ErrorBody = {
  type?: string
  error: {
    message: string
    type: string
    code?: string
    param?: null
    reeve: Record<string, unknown>
  }
}
const errorOf = ({ text }: Received): ErrorBody => JSON.parse(text) as ErrorBody

for (const [path, url] of [
  ['/llm/openai/v1/chat/completions', 'https://openai.example/v1/chat/completions'],
  ['/llm/openai/chat/completions', 'https://openai.example/v1/chat/completions'],
  ['/v1/chat/completions', 'https://openai.example/v1/chat/completions'],
  ['/llm/bare/chat/completions', 'http://127.0.0.1:9201/v1/chat/completions'],
  ['/llm/anthropic/v1/messages', 'https://anthropic.example/v1/messages'],
  ['/llm/anthropic/messages', 'https://anthropic.example/v1/messages'],
  ['/llm/anthropic/v1/messages/count_tokens', 'https://anthropic.example/v1/messages/count_tokens'],
] as const) {
  test(`forwards POST ${path} to its provider`, async () => {
    const { call, upstream } = world()
    const reply = await call({ path, body: path.includes('messages') ? MESSAGES : CHAT })
    assert.equal(reply.status, 200)
    assert.deepEqual(
      upstream.sent.map((sent) => sent.url),
      [url],
    )
  })
}

for (const [method, path] of [
  ['GET', '/llm/openai/v1/chat/completions'],
  ['DELETE', '/llm/openai/v1/models'],
  ['GET', '/llm/openai/v1/responses/resp_1'],
  ['POST', '/llm/openai/v1/files'],
  ['POST', '/llm/openai/v1/v1/chat/completions'],
  ['POST', '/llm/openai//chat/completions'],
  ['POST', '/llm/openai/chat%2fcompletions'],
  ['POST', '/llm/openai/../anthropic/messages'],
  ['POST', '/llm/openai/v1/chat/completions/'],
  ['POST', '/llm/openai/v1/messages'],
  ['POST', '/llm/anthropic/v1/chat/completions'],
  ['POST', '/llm/nobody/v1/chat/completions'],
  ['POST', '/llm/__proto__/v1/chat/completions'],
  ['POST', '/llm/'],
  ['POST', '/llm/openai'],
  ['POST', '/other'],
  ['POST', '/chat/completions'],
  ['POST', '/openai/v1/chat/completions'],
] as const) {
  test(`${method} ${path} does not exist: nothing is sent, and the refusal is recorded`, async () => {
    const { call, upstream, strangers } = world()
    const reply = await call({ method, path, body: CHAT })
    assert.equal(reply.status, 404)
    assert.equal(typeof errorOf(reply).error.message, 'string')
    assert.equal(upstream.sent.length, 0)
    assert.equal(strangers.length, 1)
  })
}

test('sends the decided bytes as they came, and the provider key instead of the caller’s token', async () => {
  const { call, upstream, records } = world()
  const body = `  {"messages": [{"role":"user","content":"h\\u00e9"}],\n "temperature": 0.10, "model":"small"}`
  const reply = await call({
    path: CHAT_PATH,
    body,
    headers: {
      accept: 'application/json',
      cookie: 'session=1',
      'user-agent': 'OpenAI/JS 7',
      'x-stainless-lang': 'js',
      'openai-organization': 'org-of-the-caller',
      'openai-project': 'project-of-the-caller',
      'openai-beta': 'assistants=v2',
      'x-forwarded-for': '10.0.0.1',
      'accept-encoding': 'gzip',
    },
  })
  const [sent] = upstream.sent
  assert.equal(new TextDecoder().decode(sent?.body ?? new Uint8Array()), body)
  assert.deepEqual(
    { ...sent?.headers },
    {
      accept: 'application/json',
      'content-type': 'application/json',
      'openai-beta': 'assistants=v2',
      authorization: `Bearer ${KEY}`,
      'reeve-decision-id': records[0]?.decisionId,
    },
  )
  assert.equal(reply.headers['reeve-decision-id'], records[0]?.decisionId)
  assert.equal(reply.text, ANSWER)
})

test('the caller’s token in x-api-key is not passed on either', async () => {
  const { call, upstream } = world()
  const headers = {
    authorization: undefined,
    'x-api-key': CLIENT_TOKEN,
    'anthropic-version': '2023-06-01',
  }
  const reply = await call({
    path: '/llm/anthropic/v1/messages',
    query: 'beta=true',
    body: MESSAGES,
    headers: headers as unknown as Record<string, string>,
  })
  assert.equal(reply.status, 200)
  const [sent] = upstream.sent
  assert.equal(sent?.url, 'https://anthropic.example/v1/messages?beta=true')
  assert.equal(sent?.headers['anthropic-version'], '2023-06-01')
  assert.ok(!JSON.stringify(sent?.headers).includes(CLIENT_TOKEN))
})

test('asks for the model with what the request lets it do, and never with the prompt', async () => {
  const { call, questions, records } = world()
  const tools = [{ type: 'function', function: { name: 'refund' } }]
  await call({
    path: CHAT_PATH,
    body: JSON.stringify({ model: 'small', messages: ASK, tools, max_tokens: 9, stream: true }),
  })
  assert.deepEqual(
    questions.map(({ ask }) => ({
      ...ask,
      resource: { ...ask.resource, attr: { ...ask.resource.attr } },
    })),
    [
      {
        action: 'invoke',
        resource: {
          kind: 'model',
          id: 'openai/small',
          scope: '',
          policyVersion: 'default',
          attr: {
            region: 'eu',
            provider: 'openai',
            tier: 'small',
            tools: ['refund'],
            hosted_tools: [],
            mcp_servers: [],
            stream: true,
            max_tokens: 9,
          },
        },
      },
    ],
  )
  assert.equal(records[0]?.tool, 'openai/small')
  assert.match(String(records[0]?.requestHash), /^sha256:/)
  assert.ok(!JSON.stringify(records).includes('hello'))
})

test('an attribute of the config cannot stand for one of the request', async () => {
  const { call, questions } = world()
  await call({ path: CHAT_PATH, body: CHAT })
  const attr = questions[0]?.ask.resource.attr
  assert.equal(attr?.['stream'], false)
  assert.equal(Object.hasOwn(attr ?? {}, 'max_tokens'), false)
})

test('embeddings ask for `embed`', async () => {
  const { call, questions } = world()
  await call({ path: '/v1/embeddings', body: '{"model":"small","input":"hello"}' })
  assert.deepEqual(
    questions.map(({ ask }) => ask.action),
    ['embed'],
  )
})

const withServer = (url: string): string =>
  JSON.stringify({
    model: 'small',
    input: 'x',
    tools: [{ type: 'mcp', server_label: 'p', server_url: url }],
  })

test('an MCP server that the provider is to call is asked for like one that is called here', async () => {
  const { call, questions, upstream } = world({
    decide: ({ ask }) => (ask.action === 'connect' ? denial('no payments') : ALLOW),
  })
  const reply = await call({
    path: '/llm/openai/v1/responses',
    body: withServer('https://pay.example/mcp'),
  })
  assert.deepEqual(
    questions.map(({ ask }) => [ask.action, ask.resource.kind, ask.resource.id]),
    [
      ['invoke', 'model', 'openai/small'],
      ['connect', 'mcp:payments', 'payments'],
    ],
  )
  assert.deepEqual(questions[0]?.ask.resource.attr['mcp_servers'], ['payments'])
  assert.equal(reply.status, 403)
  assert.equal(upstream.sent.length, 0)
})

for (const url of [
  'https://other.example/mcp',
  'https://user@pay.example/mcp',
  'https://pay.example/mcp#x',
  'not a url',
  '',
]) {
  test(`an MCP server at \`${url}\` is unknown, which is refused`, async () => {
    const { call, upstream } = world()
    const reply = await call({ path: '/llm/openai/v1/responses', body: withServer(url) })
    assert.equal(reply.status, 404)
    assert.equal(upstream.sent.length, 0)
  })
}

for (const [name, body] of [
  ['a duplicate key', '{"model":"small","model":"large","messages":[]}'],
  ['a truncated body', CHAT.slice(0, -1)],
  ['a body that is no JSON', 'hello'],
  ['an array', `[${CHAT}]`],
  ['no body', ''],
  ['a body without model', '{"messages":[]}'],
  ['an unknown field', '{"model":"small","messages":[],"fallbacks":[{"model":"large"}]}'],
  ['a lone surrogate', '{"model":"small","messages":[{"role":"user","content":"\\ud800"}]}'],
] as const) {
  test(`${name} is answered with 400, recorded, and never forwarded`, async () => {
    const { call, upstream, records, questions } = world()
    const reply = await call({ path: CHAT_PATH, body })
    assert.equal(reply.status, 400)
    assert.equal(errorOf(reply).error.type, 'invalid_request_error')
    assert.equal(upstream.sent.length, 0)
    assert.equal(questions.length, 0)
    assert.deepEqual(
      records.map(({ decision, effect }) => [decision, effect]),
      [['deny', 'withheld']],
    )
  })
}

test('a query that nobody knows is refused', async () => {
  const { call, upstream } = world()
  for (const query of ['api-version=1', 'beta=true'])
    assert.equal((await call({ path: CHAT_PATH, query, body: CHAT })).status, 400)
  assert.equal(upstream.sent.length, 0)
})

test('a body that is too large is answered with 413', async () => {
  const { call, upstream } = world()
  const reply = await call({ path: CHAT_PATH, body: new Uint8Array(8 * 1024 * 1024 + 1) })
  assert.equal(reply.status, 413)
  assert.equal(upstream.sent.length, 0)
})

test('two credentials are answered with 400', async () => {
  const { call, upstream } = world()
  const reply = await call({ path: CHAT_PATH, body: CHAT, headers: { 'x-api-key': CLIENT_TOKEN } })
  assert.equal(reply.status, 400)
  assert.equal(upstream.sent.length, 0)
})

test('a stranger gets 401 with a challenge, and its body is not read', async () => {
  const { deps, upstream } = world()
  const surface = createLlmSurface({ clock: deps.clock, send: upstream.send }, CONFIG)
  const call: InboundCall = {
    ...inboundCall({ path: CHAT_PATH, headers: { 'content-type': 'application/json' } }),
    body: () => assert.fail('was read'),
  }
  const reply = await receive(await createHandle(deps, surface)(call))
  assert.equal(reply.status, 401)
  assert.equal(errorOf(reply).error.type, 'authentication_error')
  assert.match(
    String(reply.headers['www-authenticate']),
    /resource_metadata="http:\/\/localhost:8080\/\.well-known\/oauth-protected-resource\/llm\/openai"/,
  )
})

test('a denial is the native error of each provider, with the denial object inside', async () => {
  const { call, upstream, records } = world({ decide: () => denial('large models are for leads') })
  const openai = await call({ path: CHAT_PATH, body: CHAT })
  const anthropic = await call({ path: '/llm/anthropic/v1/messages', body: MESSAGES })
  const object = (id: string | undefined): unknown => ({
    decision_id: id,
    effect: 'deny',
    code: 'forbidden_by_policy',
    message: 'large models are for leads',
    policy: { release: 'sha256:test', id: 'resource.model.vdefault', rule: 'a-rule' },
    remedies: [{ kind: 'scope', scope: 'models:large' }],
    retryable: false,
  })
  assert.deepEqual([openai.status, anthropic.status], [403, 403])
  assert.deepEqual(errorOf(openai), {
    error: {
      message: 'large models are for leads',
      type: 'permission_error',
      param: null,
      code: 'forbidden_by_policy',
      reeve: object(records[0]?.decisionId),
    },
  })
  assert.deepEqual(errorOf(anthropic), {
    type: 'error',
    error: {
      type: 'permission_error',
      message: 'large models are for leads',
      reeve: object(records[1]?.decisionId),
    },
  })
  assert.equal(openai.headers['x-should-retry'], 'false')
  assert.equal(upstream.sent.length, 0)
})

test('a model that may never be called answers byte for byte like one that does not exist', async () => {
  const { call } = world({ decide: () => denial('secret project', false) })
  for (const [path, body] of [
    [CHAT_PATH, CHAT],
    ['/llm/anthropic/v1/messages', MESSAGES],
  ] as const) {
    const hidden = await call({ path, body })
    const absent = await call({ path, body: body.replace('small', 'no-such') })
    const without = ({ text, headers }: Received): string =>
      text.replaceAll(String(headers['reeve-decision-id']), 'ID')
    assert.equal(hidden.status, 404)
    assert.equal(without(hidden), without(absent))
    assert.deepEqual(Object.keys(hidden.headers), Object.keys(absent.headers))
  }
})

test('the list of models holds what may be called, in each provider’s form', async () => {
  const { call, upstream, questions } = world({
    decide: ({ ask }) => (ask.resource.id.endsWith('/small') ? ALLOW : denial('no')),
  })
  const openai = await call({ method: 'GET', path: '/v1/models' })
  const anthropic = await call({
    method: 'GET',
    path: '/llm/anthropic/v1/models',
    query: 'limit=20',
  })
  assert.deepEqual(JSON.parse(openai.text), {
    object: 'list',
    data: [{ id: 'small', object: 'model', created: 0, owned_by: 'openai' }],
  })
  assert.deepEqual(JSON.parse(anthropic.text), {
    data: [
      { type: 'model', id: 'small', display_name: 'small', created_at: '1970-01-01T00:00:00Z' },
    ],
    has_more: false,
    first_id: 'small',
    last_id: 'small',
  })
  assert.deepEqual(
    questions.map(({ ask }) => ask.resource.id),
    ['openai/small', 'openai/large', 'anthropic/small'],
  )
  assert.equal(upstream.sent.length, 0)
})

test('a caller who may call nothing gets an empty list', async () => {
  const { call } = world({ decide: () => denial('no', false) })
  const reply = await call({ method: 'GET', path: '/llm/anthropic/models' })
  assert.deepEqual(JSON.parse(reply.text), {
    data: [],
    has_more: false,
    first_id: null,
    last_id: null,
  })
})

test('chunks pass on one by one, and the outcome counts and hashes what was sent', async () => {
  const chunks = ['data: {"a":1}\n\n', 'data: {"b":2}\n\n', 'data: [DONE]\n\n']
  const { call, records } = world({
    answer: () =>
      Promise.resolve(
        upstreamReply(chunks, {
          headers: {
            'content-type': 'text/event-stream',
            'openai-organization': 'ours',
            'x-request-id': 'r1',
            'set-cookie': 'a=b',
          },
        }),
      ),
  })
  const reply = await call({ path: CHAT_PATH, body: CHAT })
  assert.deepEqual(reply.chunks, chunks)
  assert.deepEqual(reply.headers, {
    'content-type': 'text/event-stream',
    'x-request-id': 'r1',
    'x-accel-buffering': 'no',
    'reeve-decision-id': records[0]?.decisionId,
  })
  assert.equal(reply.outcome?.bytesSent, chunks.join('').length)
  assert.equal(reply.outcome?.ended, 'end')
  assert.deepEqual(
    records.map(({ type }) => type),
    ['decision', 'outcome'],
  )
})

test('a stream that breaks off says so in its outcome', async () => {
  const { call } = world({
    answer: () => Promise.resolve(upstreamReply(['data: 1\n\n', new Error('socket hang up')])),
  })
  const reply = await call({ path: CHAT_PATH, body: CHAT })
  assert.equal(reply.outcome?.ended, 'upstream_error')
  assert.equal(reply.outcome?.effect, 'unknown')
})

test('an answer longer than any is cut off, and the outcome says so', async () => {
  const part = 'x'.repeat(ANSWER_BYTES_MAX / 8)
  const { call } = world({
    answer: () => Promise.resolve(upstreamReply(Array.from({ length: 9 }, () => part))),
  })
  const reply = await call({ path: CHAT_PATH, body: CHAT })
  assert.equal(reply.outcome?.bytesSent, ANSWER_BYTES_MAX)
  assert.equal(reply.outcome?.ended, 'upstream_error')
})

test('the upstream call ends with the client’s, or when its time is over', async () => {
  const { call, upstream } = world()
  const gone = new AbortController()
  await call({ path: CHAT_PATH, body: CHAT, signal: gone.signal })
  const [sent] = upstream.sent
  assert.equal(sent?.signal, gone.signal)
  assert.equal(sent?.headersTimeoutMs, HEADERS_TIMEOUT_MS)
  assert.equal(sent?.idleTimeoutMs, IDLE_TIMEOUT_MS)
})

for (const [sent, effect, retry] of [
  ['no', 'not_sent', 'true'],
  ['maybe', 'unknown', 'false'],
] as const) {
  test(`a provider that is down (sent: ${sent}) is a native 502 with a recorded outcome, tried once`, async () => {
    const { call, upstream, records } = world({ answer: () => failing({ sent }) })
    const reply = await call({ path: '/llm/anthropic/v1/messages', body: MESSAGES })
    assert.equal(reply.status, 502)
    assert.equal(errorOf(reply).error.type, 'api_error')
    assert.equal(reply.headers['x-should-retry'], retry)
    assert.equal(upstream.sent.length, 1)
    assert.equal(records[1]?.outcome?.effect, effect)
    assert.equal(records[1]?.outcome?.status, 502)
  })
}

for (const status of [401, 307]) {
  test(`an answer ${status} of the provider is not passed on`, async () => {
    let discarded = 0
    const { call, records } = world({
      answer: () =>
        Promise.resolve(
          upstreamReply(
            ['{"error":"your key sk-abc is wrong"}'],
            { status },
            () => void discarded++,
          ),
        ),
    })
    const reply = await call({ path: CHAT_PATH, body: CHAT })
    assert.equal(reply.status, 502)
    assert.ok(!reply.text.includes('sk-abc'))
    assert.equal(discarded, 1)
    assert.equal(records[1]?.outcome?.effect, 'failed')
  })
}

test('an error of the provider about the request passes as it is', async () => {
  const text =
    '{"error":{"message":"too long","type":"invalid_request_error","param":null,"code":null}}'
  const { call } = world({ answer: () => Promise.resolve(upstreamReply([text], { status: 400 })) })
  const reply = await call({ path: CHAT_PATH, body: CHAT })
  assert.deepEqual([reply.status, reply.text, reply.outcome?.effect], [400, text, 'failed'])
})

test('whatever bytes come, what is forwarded was decided on: same bytes, one meaning, an allowed model', async () => {
  const { call, upstream } = world({
    decide: ({ ask }) => (ask.resource.id === 'openai/small' ? ALLOW : denial('no')),
  })
  const edit = fc.record({
    at: fc.nat(CHAT.length),
    cut: fc.nat(6),
    text: fc.constantFrom(
      '',
      '"',
      ',',
      '{',
      '}',
      '"model":"large",',
      '\\u0000',
      'large',
      '0',
      'null',
      ' ',
      '"stream":true,',
    ),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 4 }), async (edits) => {
      let body = CHAT
      for (const { at, cut, text } of edits) body = body.slice(0, at) + text + body.slice(at + cut)
      const before = upstream.sent.length
      const reply = await call({ path: CHAT_PATH, body })
      const sent = upstream.sent[before]
      assert.equal(sent !== undefined, reply.status === 200)
      if (sent === undefined) return
      assert.equal(new TextDecoder().decode(sent.body ?? new Uint8Array()), body)
      assert.ok(readJsonText(body).ok)
      assert.equal((JSON.parse(body) as { model: string }).model, 'small')
    }),
    { numRuns: 400 },
  )
})
