/**
 * Model calls (JSON and streamed) and MCP tool calls: straight to the upstream, through Reeve (a
 * verified instance token, policies, a record before and after the effect), and through peers that
 * neither decide nor record. Every way is asked for its answer before it is timed.
 *
 * usage: node gateway.ts [--json] [--cases llm,sse,flood,mcp] [--connections 1,32] [--seconds 2]
 *                        [--repeat 3] [--only direct,reeve,portkey,mcp-proxy]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ask } from './load.ts'
import { cpuTime, digits, quiet, say, shown, spreadOf, type Spread } from './machine.ts'
import {
  freePort,
  here,
  start,
  startReeve,
  startUpstream,
  temporaryFolder,
  writeFiles,
  type Server,
} from './servers.ts'
import { readStreams } from './streams.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    cases: { type: 'string', default: 'llm,sse,flood,mcp' },
    connections: { type: 'string', default: '1,32' },
    seconds: { type: 'string', default: '2' },
    repeat: { type: 'string', default: '3' },
    only: { type: 'string', default: 'direct,reeve,portkey,mcp-proxy' },
  },
})
const seconds = Number(options.seconds)
const cases = options.cases.split(',')
const only = options.only.split(',')
const folder = temporaryFolder()

/** One way to a model or to a tool. */
type Way = {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Whose CPU time counts; none for the direct way. */
  readonly server: Server | null
}

const JSON_HEADERS = { 'content-type': 'application/json' }
const MCP_HEADERS = { ...JSON_HEADERS, accept: 'application/json, text/event-stream' }

const chat = (streamed: boolean, words = 'Refund order 77, damaged in transit. '): string =>
  JSON.stringify({
    model: 'gpt-mock',
    stream: streamed,
    messages: [
      { role: 'system', content: 'You are a support agent. '.repeat(20) },
      { role: 'user', content: words.repeat(10) },
    ],
    tools: [
      {
        type: 'function',
        function: {
          name: 'issue_refund',
          description: 'Refund an order',
          parameters: {
            type: 'object',
            properties: { order_id: { type: 'string' }, amount: { type: 'number' } },
          },
        },
      },
    ],
    temperature: 0,
  })

const rpc = (id: number | null, method: string, params: object): string =>
  JSON.stringify({ jsonrpc: '2.0', ...(id === null ? {} : { id }), method, params })

const TOOL_CALLS = Array.from({ length: 32 }, (_, i) =>
  rpc(i + 1, 'tools/call', {
    name: 'issue_refund',
    arguments: { order_id: `ord-${i}`, amount: 42, currency: 'EUR', reason: 'damaged in transit' },
  }),
)

/** A policy whose rules are pairs of an action and its condition. */
const policy = (resource: string, rules: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      version: 'default',
      resource,
      rules: Object.entries(rules).map(([action, expr]) => ({
        actions: [action],
        effect: 'EFFECT_ALLOW',
        roles: ['support'],
        condition: { match: { expr } },
      })),
    },
  })

async function reeve(llmUrl: string, mcpUrl: string): Promise<Server & { readonly url: string }> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  writeFiles(folder, {
    'reeve.yaml': `mode: development
public_url: ${url}
listen: {data: "127.0.0.1:${port}", control: "127.0.0.1:${await freePort()}", pdp: "127.0.0.1:${await freePort()}"}
store: {sqlite: {path: ${join(folder, 'state', 'reeve.db')}}}
identity: {people: [{id: dana}]}
agents: [{id: support-agent, sponsor: dana, acts: autonomous, roles: [support], development: true}]
providers: [{id: mock, dialect: openai, url: ${llmUrl}/v1, credential: {kind: none}, default: true}]
models: [{id: mock/gpt-mock, tier: small}]
mcp: {servers: [{id: payments, url: ${mcpUrl}/mcp, credential: {kind: call_token}}]}
policies: {dir: ./policies}
limits: {calls_per_second: {instance: 1000000, sponsor: 1000000, tenant: 1000000}}
`,
    'policies/model.yaml': policy('model', {
      invoke: 'R.attr.tier == "small" && size(R.attr.tools) <= 8',
    }),
    'policies/token.yaml': policy('token', { issue: 'R.attr.ttl_seconds <= 900.0' }),
    'policies/payments.yaml': policy('mcp:payments', {
      connect: 'true',
      'tool:issue_refund': 'R.attr.args.amount <= 500.0',
    }),
  })
  const server = await startReeve(join(folder, 'reeve.yaml'), `${url}/.well-known/jwks.json`)
  return { ...server, url }
}

async function tokenFor(reeveUrl: string, resource: string): Promise<Record<string, string>> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'support-agent',
    resource,
    purpose: 'benchmark',
  })
  const reply = await fetch(`${reeveUrl}/token`, { method: 'POST', body })
  const { access_token: token } = (await reply.json()) as { access_token?: string }
  if (token === undefined) throw new Error(`no token: status ${reply.status}`)
  return { authorization: `Bearer ${token}` }
}

async function portkey(llmUrl: string): Promise<Way> {
  const port = await freePort()
  const server = await start({
    name: 'portkey',
    command: process.execPath,
    args: [
      here('node_modules/@portkey-ai/gateway/build/start-server.js'),
      `--port=${port}`,
      '--headless',
    ],
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/`)).ok,
  })
  return {
    name: 'portkey',
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    headers: {
      ...JSON_HEADERS,
      authorization: 'Bearer none',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${llmUrl}/v1`,
    },
    server,
  }
}

async function mcpProxy(): Promise<Way> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/mcp`
  const server = await start({
    name: 'mcp-proxy',
    command: process.execPath,
    args: [
      here('node_modules/mcp-proxy/dist/bin/mcp-proxy.mjs'),
      '--host=127.0.0.1',
      `--port=${port}`,
      '--server=stream',
      '--',
      process.execPath,
      here('upstreams.ts'),
      'mcp-stdio',
    ],
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/ping`)).ok,
  })
  return { name: 'mcp-proxy', url, headers: MCP_HEADERS, server }
}

/** Opens a session as a client of the initialize era does; its id goes with every call. */
async function withSession(way: Way): Promise<Way> {
  const version = '2025-06-18'
  const opened = await fetch(way.url, {
    method: 'POST',
    headers: way.headers,
    body: rpc(0, 'initialize', {
      protocolVersion: version,
      capabilities: {},
      clientInfo: { name: 'bench', version: '1' },
    }),
  })
  await opened.text()
  const session = opened.headers.get('mcp-session-id')
  const headers = {
    ...way.headers,
    'mcp-protocol-version': version,
    ...(session === null ? {} : { 'mcp-session-id': session }),
  }
  await fetch(way.url, {
    method: 'POST',
    headers,
    body: rpc(null, 'notifications/initialized', {}),
  }).then((reply) => reply.text())
  return { ...way, headers }
}

async function checkAnswer(way: Way, body: string, expected: string): Promise<void> {
  const reply = await fetch(way.url, { method: 'POST', headers: way.headers, body })
  const text = await reply.text()
  if (!reply.ok || !text.includes(expected))
    throw new Error(`${way.name}: status ${reply.status}, ${text.slice(0, 300)}`)
}

type Row = Readonly<Record<string, Spread>> & { readonly [key: string]: Spread }
type Case = {
  readonly name: string
  readonly ways: readonly Way[]
  readonly run: (way: Way) => Promise<Record<string, number>>
}

const timesAsked = async (way: Way, bodies: readonly string[], connections: number) => {
  const load = { url: way.url, headers: way.headers, bodies, connections }
  await ask({ ...load, seconds: 1 })
  await quiet()
  const before = way.server === null ? null : cpuTime(way.server.pid)
  const { requests, perSecond, p50us, p99us } = await ask({ ...load, seconds })
  const after = way.server === null ? null : cpuTime(way.server.pid)
  return {
    'req/s': perSecond,
    'p50 µs': p50us,
    'p99 µs': p99us,
    'CPU µs': ((after?.all ?? 0) - (before?.all ?? 0)) / requests,
    'main thread µs': ((after?.mainThread ?? 0) - (before?.mainThread ?? 0)) / requests,
  }
}

const streamed = async (way: Way, body: string, connections: number) => {
  await quiet()
  const before = way.server === null ? 0 : cpuTime(way.server.pid).all
  const read = await readStreams({ url: way.url, headers: way.headers, body, connections, seconds })
  const used = way.server === null ? 0 : cpuTime(way.server.pid).all - before
  return {
    'first byte p50 µs': read.firstByteP50us,
    'first byte p99 µs': read.firstByteP99us,
    'chunk p50 µs': read.chunkP50us,
    'chunk p99 µs': read.chunkP99us,
    'chunks/s': read.chunksPerSecond,
    'CPU µs/chunk': used / read.chunks,
  }
}

const servers: Server[] = []
const llm = await startUpstream('llm')
const mcp = await startUpstream('mcp')
servers.push(llm, mcp)
const llmWays: Way[] = []
const mcpWays: Way[] = []
if (only.includes('direct')) {
  llmWays.push({
    name: 'direct',
    url: `${llm.url}/v1/chat/completions`,
    headers: JSON_HEADERS,
    server: null,
  })
  mcpWays.push({ name: 'direct', url: `${mcp.url}/mcp`, headers: MCP_HEADERS, server: null })
}
if (only.includes('reeve')) {
  const server = await reeve(llm.url, mcp.url)
  servers.push(server)
  const toModel = await tokenFor(server.url, `${server.url}/llm/mock`)
  const toTool = await tokenFor(server.url, `${server.url}/mcp/payments`)
  llmWays.push({
    name: 'reeve',
    url: `${server.url}/llm/mock/v1/chat/completions`,
    headers: { ...JSON_HEADERS, ...toModel },
    server,
  })
  mcpWays.push({
    name: 'reeve',
    url: `${server.url}/mcp/payments`,
    headers: { ...MCP_HEADERS, ...toTool },
    server,
  })
}
if (only.includes('portkey') && cases.some((one) => one !== 'mcp'))
  llmWays.push(await portkey(llm.url))
if (only.includes('mcp-proxy') && cases.includes('mcp')) mcpWays.push(await mcpProxy())
for (const { server } of [...llmWays, ...mcpWays])
  if (server !== null && !servers.includes(server)) servers.push(server)

const sessions: Way[] = []
if (cases.includes('mcp')) {
  for (const way of mcpWays) {
    const open = await withSession(way)
    for (const body of TOOL_CALLS) await checkAnswer(open, body, 'refunded 42')
    sessions.push(open)
  }
}
const streaming: Way[] = []
for (const way of llmWays) {
  await checkAnswer(way, chat(false), 'lorem ipsum')
  try {
    await checkAnswer(way, chat(true), '[DONE]')
    streaming.push(way)
  } catch (error) {
    say(`${way.name} does not stream: ${String(error).slice(0, 200)}`)
  }
}

const connections = options.connections.split(',').map(Number)
const all: readonly Case[] = [
  ...connections.map((c) => ({
    name: `llm c=${c}`,
    ways: llmWays,
    run: (way: Way) => timesAsked(way, [chat(false)], c),
  })),
  ...connections.map((c) => ({
    name: `sse c=${c}`,
    ways: streaming,
    run: (way: Way) => streamed(way, chat(true), c),
  })),
  {
    name: 'flood c=8',
    ways: streaming,
    run: (way) => streamed(way, chat(true, 'FLOOD order. '), 8),
  },
  ...connections.map((c) => ({
    name: `mcp c=${c}`,
    ways: sessions,
    run: (way: Way) => timesAsked(way, TOOL_CALLS, c),
  })),
]
const results = []
for (const { name, ways, run } of all.filter(({ name: full }) =>
  cases.includes(full.split(' ')[0] ?? ''),
)) {
  const runs = new Map(ways.map((way) => [way.name, [] as Record<string, number>[]]))
  for (let round = 0; round < Number(options.repeat); round++) {
    for (const way of ways) {
      const measured = await run(way)
      runs.get(way.name)?.push(measured)
      say(
        `${name} ${way.name}: ${Object.entries(measured)
          .map(([key, value]) => `${key} ${digits(value)}`)
          .join(', ')}`,
      )
    }
  }
  for (const [way, measured] of runs) {
    const keys = Object.keys(measured[0] ?? {})
    const figures: Row = Object.fromEntries(
      keys.map((key) => [key, spreadOf(measured.map((one) => one[key] ?? Number.NaN))]),
    )
    results.push({ case: name, way, figures })
  }
}
for (const server of servers.toReversed()) await server.stop()

if (options.json) console.log(JSON.stringify(results, null, 1))
else {
  for (const { case: name, way, figures } of results) {
    const direct = results.find((one) => one.case === name && one.way === 'direct')
    const added = Object.entries(figures)
      .filter(([key]) => / p\d\d µs$|^p\d\d µs$/.test(key))
      .map(
        ([key, { median }]) =>
          `${key} +${digits(median - (direct?.figures[key]?.median ?? Number.NaN))}`,
      )
    console.log(
      `| ${name} | ${way} | ${Object.entries(figures)
        .map(([key, spread]) => `${key} ${shown(spread)}`)
        .join(' | ')} | ${way === 'direct' ? '' : `added: ${added.join(', ')}`} |`,
    )
  }
}
process.exit(0)
