/**
 * What gateways forward to: answers as fast as Node can, and does nothing else. A request with
 * `"stream":true` gets a server-sent stream of `CHUNKS` events, `GAP_MS` apart; with `FLOOD` in it,
 * as many and as fast as the socket takes them. Every event carries its time of sending.
 *
 * usage: node upstreams.ts llm|mcp PORT        node upstreams.ts mcp-stdio
 */
import { createServer } from 'node:http'
import { createServer as createSocketServer, type Socket } from 'node:net'

export const CHUNKS = 30
export const FLOOD_CHUNKS = 500
const GAP_MS = 5

/** Nanoseconds of a clock that all processes of this machine share. */
export const nowNs = (): number => Number(process.hrtime.bigint())

const COMPLETION = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1767225600,
  model: 'gpt-mock',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'lorem ipsum '.repeat(60) },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 210, completion_tokens: 120, total_tokens: 330 },
})
const WHOLE = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${COMPLETION.length}\r\n\r\n${COMPLETION}`
const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n'

const event = (content: string): string =>
  `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"gpt-mock","choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":null}]}\n\n`

/** HTTP by hand, so that the upstream is not what is measured. */
function serveModel(port: number): void {
  createSocketServer({ noDelay: true }, (socket) => {
    let received = ''
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    socket.on('data', (text: string) => {
      received += text
      for (let taken = takeBody(received); taken !== null; taken = takeBody(received)) {
        received = received.slice(taken.end)
        if (/"stream": ?true/.test(taken.body)) stream(socket, taken.body.includes('FLOOD'))
        else socket.write(WHOLE)
      }
    })
  }).listen(port, '127.0.0.1')
}

function takeBody(text: string): { readonly body: string; readonly end: number } | null {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return null
  const start = head + 4
  const announced = /content-length: *(\d+)/i.exec(text.slice(0, head))
  if (announced === null && /transfer-encoding: *chunked/i.test(text.slice(0, head))) {
    const last = text.indexOf('\r\n0\r\n\r\n', head + 2)
    return last < 0 ? null : { body: text.slice(start, last), end: last + 7 }
  }
  const end = start + Number(announced?.[1] ?? 0)
  return text.length < end ? null : { body: text.slice(start, end), end }
}

function stream(socket: Socket, flood: boolean): void {
  const put = (text: string): void =>
    void socket.write(`${text.length.toString(16)}\r\n${text}\r\n`)
  let left = flood ? FLOOD_CHUNKS : CHUNKS
  const next = (): void => {
    if (socket.destroyed) return
    if (left-- > 0) {
      put(event(`T${nowNs()}E`))
      if (flood) setImmediate(next)
      else setTimeout(next, GAP_MS)
      return
    }
    put('data: [DONE]\n\n')
    socket.write('0\r\n\r\n')
  }
  socket.write(HEAD)
  next()
}

type Message = {
  readonly id?: unknown
  readonly method: string
  readonly params?: {
    readonly protocolVersion?: string
    readonly arguments?: { readonly amount?: number }
  }
}

const TOOL = {
  name: 'issue_refund',
  description: 'Refund an order',
  inputSchema: {
    type: 'object',
    properties: {
      order_id: { type: 'string' },
      amount: { type: 'number' },
      currency: { type: 'string' },
      reason: { type: 'string' },
    },
  },
}

function answerOf({ id, method, params }: Message): string | null {
  if (id === undefined) return null
  const result = (value: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, result: value })
  switch (method) {
    case 'initialize':
      return result({
        protocolVersion: params?.protocolVersion ?? '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'mock', version: '1' },
      })
    case 'tools/list':
      return result({ tools: [TOOL] })
    case 'tools/call':
      return result({
        content: [{ type: 'text', text: `refunded ${params?.arguments?.amount}` }],
        isError: false,
      })
    default:
      return JSON.stringify({
        jsonrpc: '2.0',
        id,
        error: { code: -32601, message: 'no such method' },
      })
  }
}

function serveTools(port: number): void {
  createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end()
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Message
      const answer = answerOf(message)
      if (answer === null) return void response.writeHead(202).end()
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer),
        ...(message.method === 'initialize' ? { 'mcp-session-id': 'session-1' } : {}),
      })
      response.end(answer)
    })
  }).listen(port, '127.0.0.1')
}

/** For gateways that start their tool server themselves. */
function serveToolsOnStdio(): void {
  let received = ''
  process.stdin.setEncoding('utf8')
  process.stdin.on('end', () => process.exit(0))
  process.stdin.on('data', (text: string) => {
    const lines = (received + text).split('\n')
    received = lines.pop() ?? ''
    for (const line of lines.filter((one) => one.trim() !== '')) {
      const answer = answerOf(JSON.parse(line) as Message)
      if (answer !== null) process.stdout.write(`${answer}\n`)
    }
  })
}

if (import.meta.main) {
  const [kind, port] = process.argv.slice(2)
  if (kind === 'llm') serveModel(Number(port))
  else if (kind === 'mcp') serveTools(Number(port))
  else serveToolsOnStdio()
}
