import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fakeUpstream, jsonAnswer, messageOf, type FakeAnswer } from './testing/fake-upstream.ts'
import { ALLOW, DENY, testGateway } from './testing/test-gateway.ts'
import type { UpstreamRequest } from '../upstream.ts'

const TOOLS = {
  tools: [
    { name: 'refund', inputSchema: { type: 'object', properties: { amount: { type: 'number' } } } },
    { name: 'secret', inputSchema: { type: 'object', properties: {} } },
  ],
}

const EVENTS = { 'content-type': 'text/event-stream' }
const call = (name: string, args: object = { amount: 1 }) => ({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name, arguments: args },
})
const PING = { jsonrpc: '2.0', id: 7, method: 'ping' }
const RESULT = { jsonrpc: '2.0', id: 7, result: { content: [] } }

/** An upstream that lists `TOOLS` and answers everything else as the test says. */
const upstreamOf = (answer: (request: UpstreamRequest) => FakeAnswer | null) =>
  fakeUpstream((request) => {
    if (request.body === null || messageOf(request).method !== 'tools/list') return answer(request)
    return jsonAnswer({ jsonrpc: '2.0', id: messageOf(request).id, result: TOOLS })
  })

const streamed = (...texts: readonly string[]): FakeAnswer => ({
  status: 200,
  headers: EVENTS,
  chunks: texts,
})
const event = (json: unknown): string => `event: message\ndata: ${JSON.stringify(json)}\n\n`

/** Lets the outcome records, which are never awaited, be written. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function outcomeOf(answer: FakeAnswer | null, message: object = call('refund')) {
  const { send } = upstreamOf(() => answer)
  const gateway = testGateway(send)
  const reply = await gateway.post(message)
  await settled()
  const { outcome = null } = gateway.records.find((record) => record.type === 'outcome') ?? {}
  return { reply, effect: outcome?.effect, ended: outcome?.ended }
}

test('sends exactly the bytes that were decided, with no header of the client', async () => {
  const { send, requests } = upstreamOf(() => jsonAnswer(RESULT))
  const body =
    '{ "jsonrpc": "2.0", "id": 7, "method": "tools/call",\n "params": {"name":"refund","arguments":{"amount":1.50}} }'
  await testGateway(send).post(body, {
    cookie: 'a',
    'x-api-key': 'b',
    forwarded: 'for=c',
    'x-forwarded-for': 'd',
    'accept-encoding': 'gzip',
    'mcp-protocol-version': '2025-11-25',
    'last-event-id': '9',
  })
  const sent = requests.at(-1)
  assert.equal(new TextDecoder().decode(sent?.body ?? new Uint8Array()), body)
  assert.deepEqual(sent?.headers, {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': '2025-11-25',
    'reeve-decision-id': 'id-0',
  })
})

test('marks a result with its decision, also inside a stream, and passes notifications as they came', async () => {
  const json = await outcomeOf(jsonAnswer({ ...RESULT, result: { content: [], _meta: { a: 1 } } }))
  assert.deepEqual(JSON.parse(json.reply.text).result._meta, {
    a: 1,
    'dev.reeve/decision_id': 'id-0',
  })
  const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progress: 1 } }
  const stranger = { jsonrpc: '2.0', method: 'notifications/strange' }
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
  const stream = await outcomeOf(
    streamed(
      ': hi\n\nid: 1\ndata: \n\n',
      event(progress),
      event(stranger),
      event(ping),
      event(RESULT),
      event(RESULT),
    ),
  )
  const marked = { ...RESULT, result: { content: [], _meta: { 'dev.reeve/decision_id': 'id-0' } } }
  assert.equal(stream.reply.text, `: keepalive\n\n${event(progress)}${event(marked)}`)
  assert.deepEqual([stream.effect, stream.ended], ['completed', 'end'])
  assert.equal(stream.reply.headers['x-accel-buffering'], 'no')
})

test('a result with a number that no double holds passes byte for byte', async () => {
  const text =
    '{"jsonrpc":"2.0","id":7,"result":{"content":[],"structuredContent":{"id":12345678901234567890}}}'
  const { reply, effect } = await outcomeOf({ status: 200, chunks: [text] })
  assert.equal(reply.text, text)
  assert.equal(effect, 'completed')
})

test('what a server asks of the client is replaced by a denial, and its stream is closed', async () => {
  const asks: readonly FakeAnswer[] = [
    jsonAnswer({ ...RESULT, result: { resultType: 'input_required', inputRequests: {} } }),
    jsonAnswer({ ...RESULT, result: { resultType: 'task', taskId: '1' } }),
    jsonAnswer({ jsonrpc: '2.0', id: 7, error: { code: -32042, message: 'open a url' } }),
    jsonAnswer({ jsonrpc: '2.0', id: 1, method: 'elicitation/create', params: {} }),
    ...['sampling/createMessage', 'elicitation/create', 'roots/list', 'strange'].map((method) =>
      streamed(event({ jsonrpc: '2.0', id: 1, method, params: {} }), event(RESULT)),
    ),
  ]
  for (const answer of asks) {
    const { reply, effect, ended } = await outcomeOf(answer)
    assert.equal(reply.status, 200)
    const text = reply.text.replace('event: message\ndata: ', '')
    const { id, result } = JSON.parse(text)
    assert.equal(id, 7)
    assert.equal(result.isError, true)
    assert.equal(result.structuredContent.code, 'unsupported')
    assert.deepEqual([effect, ended], ['failed', 'refused'])
  }
})

test('what is no answer to the request never passes, and the client is never left waiting', async () => {
  const broken: readonly (readonly [FakeAnswer, string])[] = [
    [{ status: 200, chunks: ['<html>'] }, 'upstream_error'],
    [
      { status: 200, chunks: ['{"jsonrpc":"2.0","id":7,"result":{},"result":{}}'] },
      'upstream_error',
    ],
    [jsonAnswer({ ...RESULT, id: 8 }), 'upstream_error'],
    [jsonAnswer({ ...RESULT, result: [] }), 'upstream_error'],
    [jsonAnswer({ jsonrpc: '2.0', id: 8, error: { code: 1, message: '' } }), 'upstream_error'],
    [jsonAnswer({ jsonrpc: '2.0', id: 7, error: 'x' }), 'upstream_error'],
    [jsonAnswer([RESULT]), 'upstream_error'],
    [jsonAnswer({ jsonrpc: '2.0', method: 'notifications/message' }), 'upstream_error'],
    [{ status: 200, headers: { 'content-type': 'text/html' }, chunks: ['<p>'] }, 'upstream_error'],
    [jsonAnswer(RESULT, { 'content-encoding': 'gzip' }), 'upstream_error'],
    [{ status: 200, chunks: ['{'], breaks: new Error('reset') }, 'upstream_error'],
    [{ status: 200, chunks: ['x'.repeat(17 * 1024 * 1024)] }, 'upstream_error'],
    [streamed(event({ ...RESULT, id: 8 })), 'upstream_error'],
    [streamed('data: nonsense\n\n'), 'upstream_error'],
    [streamed(event({ jsonrpc: '2.0', method: 'notifications/progress' })), 'upstream_error'],
    [
      {
        ...streamed('data: {'),
        breaks: Object.assign(new Error('late'), { code: 'UND_ERR_BODY_TIMEOUT' }),
      },
      'timeout',
    ],
    [
      { status: 200, headers: EVENTS, chunks: [new Uint8Array([0x64, 0xff, 0xfe])] },
      'upstream_error',
    ],
    [streamed(`data: ${'x'.repeat(9 * 1024 * 1024)}`), 'upstream_error'],
  ]
  for (const [answer, expected] of broken) {
    const { reply, effect, ended } = await outcomeOf(answer)
    const error = JSON.parse(reply.text.split('data: ').at(-1) ?? '')
    assert.equal(error.id, 7)
    assert.equal(error.error.code, -32603)
    assert.ok(!reply.text.includes('"result"'))
    assert.deepEqual([effect, ended], ['unknown', expected])
  }
})

test('statuses about our own credential, redirects and failures of the upstream are 502', async () => {
  for (const status of [301, 307, 401, 403, 407, 429, 500, 503]) {
    const { reply, effect } = await outcomeOf({
      status,
      headers: { 'www-authenticate': 'Bearer', location: '/' },
      chunks: [],
    })
    assert.equal(reply.status, 502)
    assert.deepEqual(Object.keys(reply.headers).toSorted(), ['content-type', 'reeve-decision-id'])
    assert.equal(effect, 'failed')
  }
  const down = await outcomeOf(null, PING)
  assert.equal(down.reply.status, 502)
  assert.deepEqual([down.effect, down.ended], ['not_sent', 'upstream_error'])
  for (const status of [400, 404, 405]) {
    for (const chunks of [[], ['{"error":"gone"}']]) {
      const { reply, effect } = await outcomeOf({ status, chunks })
      assert.equal(reply.status, status)
      assert.equal(JSON.parse(reply.text).id, 7)
      assert.equal(effect, 'failed')
    }
  }
})

test('an error of the protocol passes as it came, and the call has failed', async () => {
  const error = {
    jsonrpc: '2.0',
    id: 7,
    error: { code: -32000, message: 'broken', data: { a: 1 } },
  }
  const json = await outcomeOf(jsonAnswer(error))
  assert.deepEqual(JSON.parse(json.reply.text), error)
  assert.equal(json.effect, 'failed')
  assert.equal((await outcomeOf(streamed(event(error)))).effect, 'failed')
})

test('announces only what is carried', async () => {
  const hello = {
    protocolVersion: '2025-11-25',
    capabilities: {
      tools: { listChanged: true },
      prompts: {},
      resources: {},
      tasks: {},
      logging: {},
    },
  }
  const { reply } = await outcomeOf(jsonAnswer({ ...RESULT, result: hello }), {
    ...PING,
    method: 'initialize',
  })
  assert.deepEqual(JSON.parse(reply.text).result.capabilities, {
    tools: { listChanged: true },
    logging: {},
  })
})

test('a session that cannot be recorded as the caller’s own is not told to the caller', async () => {
  const { send } = upstreamOf(() => jsonAnswer(RESULT, { 'mcp-session-id': 's-1' }))
  const hello = { ...PING, method: 'initialize' }
  const kept = await testGateway(send).post(hello)
  assert.equal(kept.headers['mcp-session-id'], 's-1')
  const lost = await testGateway(send, () => ALLOW, 'lost').post(hello)
  assert.equal(lost.status, 502)
  assert.equal(lost.headers['mcp-session-id'], undefined)
  const later = await testGateway(send).post(PING)
  assert.equal(later.headers['mcp-session-id'], undefined)
})

test('each refusal travels as its surface wants it', async () => {
  const { send, requests } = upstreamOf(() => jsonAnswer(RESULT))
  const denying = testGateway(send, () => DENY)
  const tool = JSON.parse((await denying.post(call('refund'))).text)
  assert.equal(tool.result.isError, true)
  assert.equal(tool.result.content[0].text, 'Denied: not for you.')
  assert.equal(tool.result.resultType, undefined)
  const ping = await denying.post(PING)
  assert.equal(ping.status, 200)
  const { error } = JSON.parse(ping.text)
  assert.deepEqual(
    [error.code, error.message, error.data.code],
    [-31403, 'not for you', 'forbidden_by_policy'],
  )
  const note = await denying.post({ jsonrpc: '2.0', method: 'notifications/initialized' })
  assert.equal(note.status, 403)
  const hiding = testGateway(send, () => ({ ...DENY, visible: false }))
  assert.equal((await hiding.post(PING)).status, 404)
  const scoped = testGateway(send, () => ({
    ...DENY,
    reasons: [{ code: 'grant_exceeded', detail: 'more' }],
  }))
  const challenged = await scoped.post(PING)
  assert.equal(challenged.status, 403)
  assert.match(challenged.headers['www-authenticate'] ?? '', /insufficient_scope/)
  assert.ok(requests.every((request) => messageOf(request).method === 'tools/list'))
})

test('to whom a tool is hidden, every call of it is of an unknown tool, however wrong its arguments', async () => {
  const { send } = upstreamOf(() => jsonAnswer(RESULT))
  const gateway = testGateway(send, (_release, { ask }) =>
    ask.resource.id === 'secret' ? { ...DENY, visible: false } : ALLOW,
  )
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (args) => {
      const answers = await Promise.all(
        ['secret', 'nothing'].map(async (name) =>
          (await gateway.post(call(name, args as object))).text.replace(name, '?'),
        ),
      )
      assert.equal(answers[0], answers[1])
    }),
    { numRuns: 50 },
  )
})

test('property: no body of a stranger to the protocol is forwarded, and every one is recorded and answered', async () => {
  const { send, requests } = upstreamOf(() => jsonAnswer(RESULT))
  const gateway = testGateway(send, () => DENY)
  const mutated = fc
    .tuple(fc.nat(200), fc.constantFrom('', '{', '"', ',', '0', '\\', '[', 'null'))
    .map(([at, insert]) => {
      const text = JSON.stringify(call('refund'))
      return text.slice(0, at) + insert + text.slice(at + 1)
    })
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string(), mutated), async (body) => {
      const before = gateway.records.length
      const reply = await gateway.post(body)
      assert.ok(JSON.parse(reply.text).jsonrpc === '2.0')
      assert.equal(gateway.records.length, before + 1)
      assert.equal(gateway.records.at(-1)?.decision, 'deny')
    }),
    { numRuns: 500 },
  )
  assert.ok(requests.every((request) => messageOf(request).method === 'tools/list'))
})
