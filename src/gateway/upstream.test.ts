import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { after, test } from 'node:test'
import { Agent } from 'undici'
import {
  createUpstream,
  failureOf,
  pickHeaders,
  UPSTREAM_AGENT_OPTIONS,
  type UpstreamRequest,
} from './upstream.ts'

const agent = new Agent({ ...UPSTREAM_AGENT_OPTIONS, connectTimeout: 500 })
const send = createUpstream({ dispatcher: agent })
const servers: Server[] = []
after(async () => {
  await agent.destroy()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/x?y=1`
}

const request = (url: string, more: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'text/plain' },
  body: new TextEncoder().encode('hello'),
  signal: new AbortController().signal,
  headersTimeoutMs: 5000,
  idleTimeoutMs: 5000,
  ...more,
})

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of body) text += new TextDecoder().decode(chunk)
  return text
}

test('sends the bytes and only our headers, and gives status, headers and body back', async () => {
  let seen: IncomingMessage | null = null
  const url = await serve(async (incoming, response) => {
    seen = incoming
    response.writeHead(201, {
      'x-a': ['1', '2'],
      'keep-alive': 'timeout=1',
      connection: 'keep-alive',
    })
    response.end(`got ${await textOf(incoming)}`)
  })
  const reply = await send(request(url))
  assert.ok(reply.ok)
  assert.equal(reply.value.status, 201)
  assert.equal(reply.value.headers['x-a'], '1, 2')
  for (const name of ['connection', 'keep-alive', 'transfer-encoding']) {
    assert.equal(reply.value.headers[name], undefined)
  }
  assert.equal(await textOf(reply.value.body), 'got hello')
  const { method, url: path, headers } = seen as unknown as IncomingMessage
  assert.deepEqual([method, path], ['POST', '/x?y=1'])
  assert.deepEqual(Object.keys(headers).toSorted(), [
    'connection',
    'content-length',
    'content-type',
    'host',
  ])
})

test('follows no redirect and never retries', async () => {
  let requests = 0
  const url = await serve((_incoming, response) => {
    requests++
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  const reply = await send(request(url))
  assert.ok(reply.ok)
  assert.equal(reply.value.status, 307)
  reply.value.discard()
  const cutting = await serve((incoming) => {
    requests++
    incoming.socket.destroy()
  })
  const cut = await send(request(cutting))
  assert.ok(!cut.ok)
  assert.deepEqual([cut.error.sent, cut.error.ended], ['maybe', 'upstream_error'])
  assert.equal(requests, 2)
})

test('an address where nobody listens, or nothing can be, was never sent to', async () => {
  for (const url of [
    'http://127.0.0.1:9/',
    'http://no-such-host.invalid/',
    'http://127.0.0.1:0/',
    'nonsense',
  ]) {
    const reply = await send(request(url))
    assert.ok(!reply.ok, url)
    assert.equal(reply.error.reason.code, 'upstream_unavailable')
    assert.equal(reply.error.sent, 'no', url)
  }
})

test('a slow upstream is a timeout, before its headers and within its body', async () => {
  const silent = await serve(() => {})
  const late = await send(request(silent, { headersTimeoutMs: 50 }))
  assert.ok(!late.ok)
  assert.deepEqual([late.error.sent, late.error.ended], ['maybe', 'timeout'])
  const pausing = await serve((_incoming, response) => {
    response.writeHead(200)
    response.write('first')
  })
  const reply = await send(request(pausing, { idleTimeoutMs: 50 }))
  assert.ok(reply.ok)
  const error = await textOf(reply.value.body).then(
    () => null,
    (why: unknown) => why,
  )
  assert.equal(failureOf(error, new AbortController().signal).ended, 'timeout')
})

test('an upstream waits for a slow reader, who gets every byte in order', async () => {
  const size = 32 * 1024 * 1024
  const whole = Buffer.alloc(size)
  for (let i = 0; i < size; i += 4096) whole.writeUInt32BE(i, i)
  let flushed = 0
  const url = await serve((_incoming, response) => {
    response.writeHead(200)
    const from = (at: number): void => {
      if (at >= size) return void response.end()
      response.write(whole.subarray(at, at + 65_536), () => {
        flushed = at
        from(at + 65_536)
      })
    }
    from(0)
  })
  const reply = await send(request(url))
  assert.ok(reply.ok)
  for (let seen = -1; seen !== flushed; await new Promise((done) => setTimeout(done, 50)))
    seen = flushed
  // What lies in between are buffers of sockets.
  assert.ok(flushed < size / 2, `${flushed} bytes left the upstream unread`)
  const chunks: Uint8Array[] = []
  for await (const chunk of reply.value.body) chunks.push(chunk)
  assert.ok(Buffer.concat(chunks).equals(whole))
})

test('a reader that breaks off, or discards, closes the connection upstream', async () => {
  for (const leave of ['break', 'discard'] as const) {
    let closed: () => void = () => {}
    const upstreamClosed = new Promise<void>((resolve) => (closed = resolve))
    const url = await serve((_incoming, response) => {
      response.on('close', closed)
      response.writeHead(200)
      response.write('first')
    })
    const reply = await send(request(url))
    assert.ok(reply.ok)
    if (leave === 'discard') reply.value.discard()
    else for await (const _chunk of reply.value.body) break
    await upstreamClosed
  }
})

test('the early hints of an upstream are not its reply, and a reply that is cut short is no reply', async () => {
  const hinting = await serve((_incoming, response) => {
    response.writeEarlyHints({ link: '</a>; rel=preload' })
    response.end('whole')
  })
  const reply = await send(request(hinting))
  assert.ok(reply.ok)
  assert.equal(reply.value.status, 200)
  assert.equal(await textOf(reply.value.body), 'whole')
  const cutting = await serve((_incoming, response) => {
    response.writeHead(200, { 'content-length': '10' })
    response.write('half')
    setTimeout(() => response.destroy(), 20)
  })
  const cut = await send(request(cutting))
  assert.ok(cut.ok)
  await assert.rejects(textOf(cut.value.body))
})

test('a client that goes away closes the connection upstream', async () => {
  const client = new AbortController()
  let closed: () => void = () => {}
  const upstreamClosed = new Promise<void>((resolve) => (closed = resolve))
  const url = await serve((_incoming, response) => {
    response.on('close', closed)
    response.writeHead(200)
    response.write('first')
    response.once('drain', () => {})
  })
  const reply = await send(request(url, { signal: client.signal }))
  assert.ok(reply.ok)
  await assert.rejects(async () => {
    for await (const _chunk of reply.ok ? reply.value.body : []) client.abort()
  })
  await upstreamClosed
  const aborted = await send(request(url, { signal: AbortSignal.abort() }))
  assert.ok(!aborted.ok)
  assert.equal(aborted.error.ended, 'client_closed')
})

test('what is no HTTP at all is an upstream error', async () => {
  const server = createTcpServer((socket) => socket.end('not http\r\n\r\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const reply = await send(
    request(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`),
  )
  server.close()
  assert.ok(!reply.ok)
  assert.deepEqual([reply.error.sent, reply.error.ended], ['maybe', 'upstream_error'])
})

test('picks headers by name and by prefix, and nothing else', () => {
  const source = { accept: 'a', authorization: 'b', 'mcp-name': 'c', 'x-mcp': 'd' }
  assert.deepEqual(pickHeaders(source, new Set(['accept']), ['mcp-']), {
    accept: 'a',
    'mcp-name': 'c',
  })
})

test('a call that our own shutdown cuts off may have been carried out', () => {
  const cut = Object.assign(new Error('The client is destroyed'), { code: 'UND_ERR_DESTROYED' })
  assert.equal(failureOf(cut, new AbortController().signal).sent, 'maybe')
})
