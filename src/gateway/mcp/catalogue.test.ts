import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { epochMillis } from '../../core/clock.ts'
import type { Digest } from '../../core/ids.ts'
import { createCatalogue, type CatalogueNotice } from './catalogue.ts'
import { CATALOGUE_PAGES_MAX, CATALOGUE_TOOLS_MAX } from './read-tools.ts'
import type { McpServer } from './server.ts'
import { fakeUpstream, jsonAnswer, messageOf, type FakeAnswer } from './testing/fake-upstream.ts'
import { createCompileSchema } from './tool-schema.ts'
import type { UpstreamRequest } from '../upstream.ts'

const SERVER: McpServer = {
  id: 'payments',
  url: 'http://upstream.test/mcp',
  openArguments: new Set(),
  headers: { 'x-team': 'a' },
  headersTimeoutMs: 1000,
  idleTimeoutMs: 1000,
}

const tool = (name: string, more: object = {}): object => ({
  name,
  inputSchema: { type: 'object' },
  ...more,
})

function setUp(answer: (request: UpstreamRequest) => FakeAnswer | null) {
  const upstream = fakeUpstream(answer)
  const notices: CatalogueNotice[] = []
  const time = { now: 0 }
  const catalogue = createCatalogue({
    send: upstream.send,
    clock: { now: () => epochMillis(time.now) },
    credentialFor: async () => ({
      kind: 'token',
      token: 'gateway',
      id: '' as never,
      expiresInSeconds: 1,
    }),
    compileSchema: createCompileSchema(),
    digest: (text) => `sha256:${createHash('sha256').update(text).digest('base64url')}` as Digest,
    catalogueTtlMs: 5000,
    report: (notice) => void notices.push(notice),
  })
  const names = async (): Promise<readonly string[]> => {
    const tools = await catalogue(SERVER)
    assert.ok(tools.ok, tools.ok ? '' : tools.error.detail)
    return [...tools.value.keys()]
  }
  return { upstream, notices, time, catalogue, names }
}

const result = (request: UpstreamRequest, value: object): FakeAnswer =>
  jsonAnswer({ jsonrpc: '2.0', id: messageOf(request).id, result: value })

test('reads a modern server under its own identity, in the order of names', async () => {
  const { names, upstream } = setUp((request) => result(request, { tools: [tool('b'), tool('a')] }))
  assert.deepEqual(await names(), ['a', 'b'])
  assert.equal(upstream.requests.length, 1)
  assert.deepEqual(upstream.requests[0]?.headers, {
    'x-team': 'a',
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/list',
    authorization: 'Bearer gateway',
  })
})

test('reads a legacy server through a session of its own, from a stream, and ends it', async () => {
  const { names, upstream } = setUp((request) => {
    if (request.method === 'DELETE') return { status: 200, chunks: [] }
    const { method, id } = messageOf(request)
    if (request.headers['mcp-protocol-version'] === '2026-07-28') return { status: 400, chunks: [] }
    if (method === 'initialize') {
      const hello = { protocolVersion: '2025-06-18', capabilities: {} }
      return jsonAnswer({ jsonrpc: '2.0', id, result: hello }, { 'mcp-session-id': 's1' })
    }
    assert.equal(request.headers['mcp-session-id'], 's1')
    assert.equal(request.headers['mcp-protocol-version'], '2025-06-18')
    if (method === 'notifications/initialized') return { status: 202, headers: {}, chunks: [] }
    const listed = JSON.stringify({ jsonrpc: '2.0', id, result: { tools: [tool('a')] } })
    const chunks = [': hi\n\n', 'data: {"jsonrpc":"2.0","method":"x"}\n', `\ndata: ${listed}\n\n`]
    return { status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' }, chunks }
  })
  assert.deepEqual(await names(), ['a'])
  assert.deepEqual(
    upstream.requests.map((request) =>
      request.method === 'DELETE' ? 'DELETE' : messageOf(request).method,
    ),
    ['tools/list', 'initialize', 'notifications/initialized', 'tools/list', 'DELETE'],
  )
})

test('follows pages, and gives up on a server whose pages or tools have no end', async () => {
  const two = setUp((request) =>
    messageOf(request).params['cursor'] === undefined
      ? result(request, { tools: [tool('a')], nextCursor: 'x' })
      : result(request, { tools: [tool('b')] }),
  )
  assert.deepEqual(await two.names(), ['a', 'b'])
  const endless = setUp((request) => result(request, { tools: [], nextCursor: 'x' }))
  assert.equal((await endless.catalogue(SERVER)).ok, false)
  assert.equal(endless.upstream.requests.length, CATALOGUE_PAGES_MAX)
  const many = Array.from({ length: CATALOGUE_TOOLS_MAX + 1 }, (_, i) => tool(`t${i}`))
  const wide = setUp((request) => result(request, { tools: many }))
  assert.equal((await wide.catalogue(SERVER)).ok, false)
})

test('ignores and reports tools whose names would mean something in policies, or stand twice', async () => {
  const { names, notices } = setUp((request) =>
    result(request, {
      tools: [
        tool('ok'),
        tool('a:b'),
        tool('*'),
        tool('twice'),
        tool('twice'),
        tool(''),
        tool('x\n'),
        { name: 'bare' },
        7,
      ],
    }),
  )
  assert.deepEqual(await names(), ['ok'])
  assert.deepEqual(
    notices.map((notice) => (notice.kind === 'tool_ignored' ? notice.tool : notice.kind)),
    ['a:b', '*', 'twice', '', 'x\n', 'bare'],
  )
})

test('keeps what it read for the configured time, shares one reading, and knows a changed definition', async () => {
  let description = 'one'
  const { catalogue, time, upstream } = setUp((request) =>
    result(request, { tools: [tool('a', { description })] }),
  )
  const digest = async (): Promise<string> => {
    const tools = await catalogue(SERVER)
    assert.ok(tools.ok)
    return tools.value.get('a')?.digest ?? ''
  }
  const [first, second] = await Promise.all([digest(), digest()])
  assert.equal(first, second)
  assert.equal(upstream.requests.length, 1)
  description = 'two'
  time.now = 4999
  assert.equal(await digest(), first)
  time.now = 5000
  assert.notEqual(await digest(), first)
  assert.equal(upstream.requests.length, 2)
})

test('a server that cannot be read is down, is reported, and is asked again after a second', async () => {
  let down = true
  const { catalogue, time, notices, upstream } = setUp((request) =>
    down ? null : result(request, { tools: [tool('a')] }),
  )
  const first = await catalogue(SERVER)
  assert.ok(!first.ok)
  assert.equal(first.error.code, 'upstream_unavailable')
  assert.equal(notices[0]?.kind, 'unreadable')
  down = false
  assert.equal((await catalogue(SERVER)).ok, false)
  assert.equal(upstream.requests.length, 1)
  time.now = 1000
  assert.equal((await catalogue(SERVER)).ok, true)
})

test('answers that are no list of tools make a server unreadable, whatever they are', async () => {
  const answers: readonly FakeAnswer[] = [
    { status: 500, chunks: [] },
    { status: 200, chunks: ['nonsense'] },
    { status: 200, chunks: ['{"jsonrpc":"2.0","id":1,"result":{"tools":1}}'] },
    { status: 200, chunks: ['{"jsonrpc":"2.0","id":2,"result":{"tools":[]}}'] },
    { status: 200, chunks: ['{"jsonrpc":"2.0","id":1,"result":{"tools":[],"tools":[]}}'] },
    { status: 200, headers: { 'content-type': 'text/html' }, chunks: ['<p>'] },
    { status: 200, headers: { 'content-type': 'text/event-stream' }, chunks: ['data: {}\n\n'] },
    {
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      chunks: [new Uint8Array([0xff])],
    },
    { status: 200, chunks: ['x'.repeat(5 * 1024 * 1024)] },
    { status: 200, chunks: ['{'], breaks: new Error('reset') },
    { status: 302, headers: { location: 'http://elsewhere.test' }, chunks: [] },
  ]
  for (const answer of answers) {
    const { catalogue } = setUp(() => answer)
    assert.equal((await catalogue(SERVER)).ok, false, JSON.stringify(answer).slice(0, 100))
  }
})
