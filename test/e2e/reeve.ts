/** Real processes of ours for the end-to-end tests: a folder with a configuration, `reeve up` in it, commands beside it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../examples/demo/ports.ts'

export const BIN: string = fileURLToPath(new URL('../../bin/reeve', import.meta.url))

const START_TIMEOUT_MS = 20_000

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

/** Runs a command to its end without blocking this process, whose servers it may call. */
export async function reeve(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  const child = spawn(BIN, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

export type Ports = { readonly data: number; readonly control: number; readonly pdp: number }

export type Workspace = {
  readonly directory: string
  readonly state: string
  readonly ports: Ports
  readonly data: string
  readonly control: string
  readonly pdp: string
  readonly write: (name: string, text: string) => void
  readonly remove: () => void
}

/** A folder with a configuration of its own. `text` gets the three addresses in front of it. */
export async function workspace(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Workspace> {
  const directory = mkdtempSync(join(tmpdir(), 'reeve-e2e-'))
  const [data = 0, control = 0, pdp = 0] = await freePorts(3)
  const write = (name: string, content: string): void => {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), content)
  }
  const listen = `public_url: http://localhost:${data}
listen: {data: '127.0.0.1:${data}', control: '127.0.0.1:${control}', pdp: '127.0.0.1:${pdp}'}
store: {sqlite: {path: state/reeve.db}}
`
  write('reeve.yaml', listen + text)
  for (const [name, content] of Object.entries(files)) write(name, content)
  return {
    directory,
    state: join(directory, 'state'),
    ports: { data, control, pdp },
    data: `http://localhost:${data}`,
    control: `http://127.0.0.1:${control}`,
    pdp: `http://127.0.0.1:${pdp}`,
    write,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

export type Up = {
  readonly child: ChildProcess
  readonly talk: () => string
  /** Sends the signal and waits for the end; gives the exit code. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>
}

/** Starts `reeve up` and waits until it is ready. */
export function up(
  directory: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Up> {
  const child = spawn(BIN, ['up', ...args], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let talk = ''
  const ended = once(child, 'exit') as Promise<[number | null]>
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
    const hear = (chunk: Buffer): void => {
      talk += chunk.toString('utf8')
      if (!/^ready\b/m.test(talk)) return
      clearTimeout(timer)
      resolve({
        child,
        talk: () => talk,
        end: async (signal = 'SIGTERM') => {
          child.kill(signal)
          return (await ended)[0]
        },
      })
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    ended.then(
      ([code]) => {
        clearTimeout(timer)
        reject(new Error(`reeve up ended with ${code}:\n${talk}`))
      },
      (error: unknown) => reject(error instanceof Error ? error : new Error('reeve up failed')),
    )
  })
}

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers; another shape fails them
export type Loose = any

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Loose
}

/** One request; the body of the answer as text, and as JSON where it is some. */
export async function ask(
  url: string,
  options: {
    readonly method?: string
    readonly body?: unknown
    readonly raw?: string | Uint8Array
    readonly token?: string | null
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): Promise<Answer> {
  const { body, raw, token = null } = options
  const content = raw ?? (body === undefined ? null : JSON.stringify(body))
  const response = await fetch(url, {
    method: options.method ?? (content === null ? 'GET' : 'POST'),
    headers: {
      ...(content === null ? {} : { 'content-type': 'application/json' }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...options.headers,
    },
    ...(content === null ? {} : { body: content as string }),
  })
  const text = await response.text()
  let json: unknown = null
  try {
    json = JSON.parse(text)
  } catch {
    // Not every answer is JSON.
  }
  return { status: response.status, headers: response.headers, text, json }
}

/** A message of MCP's older era, which needs no handshake with a server that keeps no sessions. */
export const rpc = (method: string, params: object = {}): object => ({
  jsonrpc: '2.0',
  id: 1,
  method,
  params,
})

export const toolCall = (name: string, args: object): object =>
  rpc('tools/call', { name, arguments: args })

/** The records of a ledger, oldest first. */
export async function recordsOf(state: string): Promise<readonly Loose[]> {
  const { out } = await reeve(['audit', 'tail', '-n', '10000', '--json', '--state', state])
  return out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
}

export const credentialOf = (state: string): string =>
  readFileSync(join(state, 'operator-credential'), 'utf8').trim()

export type Billing = {
  readonly url: string
  readonly calls: { readonly tool: string; readonly headers: Record<string, unknown> }[]
  readonly close: () => Promise<void>
}

const TOOLS = ['charge', 'refund'].map((name) => ({
  name,
  description: name,
  inputSchema: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
}))

/** A small MCP server that notes every tool call it gets. */
export async function startBilling(): Promise<Billing> {
  const calls: Billing['calls'] = []
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const message = text === '' ? {} : JSON.parse(text)
    if (message.method === 'tools/call')
      calls.push({ tool: message.params.name, headers: { ...request.headers } })
    if (message.id === undefined) return void response.writeHead(202).end()
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...answerTo(message) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    calls,
    close: async () => {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function answerTo(message: { method: string; params?: Loose }): object {
  switch (message.method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'billing', version: '1' },
        },
      }
    case 'tools/list':
      return { result: { tools: TOOLS } }
    case 'tools/call':
      return { result: { content: [{ type: 'text', text: `did ${message.params.name}` }] } }
    default:
      return { error: { code: -32601, message: 'method not found' } }
  }
}
