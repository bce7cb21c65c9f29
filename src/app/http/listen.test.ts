import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, suite, test } from 'node:test'
import type { InboundCall, Reply } from '../../core/path.ts'
import type { Outcome } from '../../core/record.ts'
import { BrokenCall } from '../../gateway/broken-call.ts'
import { BODY_TOO_LARGE } from '../../gateway/json-body.ts'
import { listen } from './listen.ts'
import { openPort, textReply } from './testing/open-port.ts'

const OUTCOME: Outcome = {
  effect: 'completed',
  status: 200,
  bytesSent: 0,
  durationMs: 0,
  responseHash: null,
  ended: 'end',
}
const BYTES_MAX = 64 * 1024
const calls: InboundCall[] = []
const outcomes: (Outcome | string)[] = []
const aborts: string[] = []
const release: (() => void)[] = []

/** What each address of the test's door does. */
const doors: Readonly<Record<string, (call: InboundCall) => Promise<Reply>>> = {
  '/echo': async (call) => {
    const body = await call.body(BYTES_MAX)
    return body.ok ? textReply(`${body.value.byteLength}`) : textReply(body.error.detail, 413)
  },
  '/unread': async () => textReply('no', 401),
  '/bug': async () => {
    throw new BrokenCall('decision-1' as never, new Error('a secret of ours'))
  },
  '/partial': async () => ({
    ...textReply(''),
    body: async (sink) => {
      await sink.write(new TextEncoder().encode('the first part'))
      await new Promise((resolve) => setTimeout(resolve, 20))
      throw new Error('upstream broke')
    },
  }),
  '/bad-header': async () => ({
    status: 200,
    headers: { 'x-bad': 'a\r\nb' },
    body: async (sink) => {
      await sink.write(new Uint8Array(1)).catch((error: Error) => outcomes.push(error.name))
      return OUTCOME
    },
  }),
  '/flood': async () => ({
    ...textReply(''),
    body: async (sink) => {
      let sent = 0
      try {
        for (; sent < 1024; sent++) await sink.write(new Uint8Array(64 * 1024))
        return OUTCOME
      } catch {
        outcomes.push(`gone after ${sent < 1024 ? 'some' : 'all'}`)
        return { ...OUTCOME, ended: 'client_closed', effect: 'unknown' }
      }
    },
  }),
  '/late': async (call) => {
    await new Promise<void>((resolve) => release.push(resolve))
    const body = await call.body(BYTES_MAX)
    outcomes.push(body.ok ? 'read' : body.error.detail)
    return textReply('')
  },
}

const port = await openPort(async (call) => {
  calls.push(call)
  call.signal.addEventListener('abort', () => aborts.push(call.path))
  return (doors[call.path] ?? (async () => textReply(call.path, 404)))(call)
})
after(() => port.listener.close())

const post = (path: string, headers: string, body = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: HOST\r\n${headers}\r\n\r\n${body}`
const statusOf = (reply: string): number => Number(reply.slice(9, 12))
const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok(holds())
}

suite('what reaches the door', () => {
  test('is every request as it was sent: any address, method and content type', async () => {
    for (const [line, path] of [
      ['GET /a/../b/%2e%2e//c?x=1', '/a/../b/%2e%2e//c'],
      ['GET /%zz', '/%zz'],
      ['PROPFIND /x', '/x'],
      ['OPTIONS *', '*'],
      ['GET http://elsewhere/mcp/a', 'http://elsewhere/mcp/a'],
      [`GET /${'a'.repeat(5000)}`, `/${'a'.repeat(5000)}`],
    ] as const) {
      const reply = await port.raw(`${line} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n`)
      assert.equal(statusOf(reply), 404, line)
      assert.equal(calls.at(-1)?.path, path)
    }
    for (const type of ['garbage', 'application/json; charset=', 'text/plain', ';;;']) {
      const headers = `Content-Type: ${type}\r\nContent-Length: 2\r\nConnection: close`
      assert.equal(statusOf(await port.raw(post('/echo', headers, '{}'))), 200, type)
    }
  })

  test('has one string for every header, and none of the prototype`s', async () => {
    await port.raw(
      `GET /x HTTP/1.1\r\nHost: HOST\r\nX-A: 1\r\nX-A: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n__proto__: z\r\nConnection: close\r\n\r\n`,
    )
    const headers = calls.at(-1)?.headers ?? {}
    assert.equal(headers['x-a'], '1, 2')
    assert.equal(headers['set-cookie'], 'a, b')
    for (const value of Object.values(headers)) assert.equal(typeof value, 'string')
  })
})

suite('bodies', () => {
  test('are read whole up to the limit, in one piece or in chunks', async () => {
    const whole = 'x'.repeat(BYTES_MAX)
    const headers = `Content-Length: ${BYTES_MAX}\r\nConnection: close`
    assert.match(await port.raw(post('/echo', headers, whole)), /\r\n\r\n65536$/)
    const chunked = '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'
    const reply = await port.raw(
      post('/echo', 'Transfer-Encoding: chunked\r\nConnection: close', chunked),
    )
    assert.match(reply, /\r\n\r\n11$/)
  })

  test('beyond it are refused, announced or not, and the client gets to read why', async () => {
    const announced = await port.raw(post('/echo', 'Content-Length: 9999999', 'x'.repeat(100_000)))
    assert.equal(statusOf(announced), 413)
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const endless = await port.raw(post('/echo', 'Transfer-Encoding: chunked', chunk.repeat(20)))
    assert.equal(statusOf(endless), 413)
    assert.ok(endless.includes(BODY_TOO_LARGE))
  })

  test('that nobody read do not spoil the next request of the connection', async () => {
    const small = post('/unread', 'Content-Length: 3000', 'x'.repeat(3000))
    const reply = await port.raw(
      `${small}${post('/echo', 'Content-Length: 2\r\nConnection: close', 'ok')}`,
    )
    assert.match(reply, /^HTTP\/1\.1 401[^]*HTTP\/1\.1 200[^]*\r\n\r\n2$/)
  })

  test('that never come end with the connection, soon after the reply', async () => {
    const started = performance.now()
    const reply = await port.raw(post('/unread', 'Content-Length: 3000', 'x'), 10_000)
    assert.equal(statusOf(reply), 401)
    assert.ok(performance.now() - started < 8000)
  })

  test('cut short by the client are refused, also when it left before anybody read', async () => {
    const early = await port.socket()
    early.write(
      post('/late', 'Content-Length: 5', 'ab').replace('HOST', `127.0.0.1:${port.listener.port}`),
    )
    await until(() => release.length === 1)
    early.destroy()
    await until(() => aborts.includes('/late'))
    release.pop()?.()
    await until(() => outcomes.length > 0)
    assert.match(JSON.stringify(outcomes.pop()), /ended before its announced length/)
    const during = await port.socket()
    during.write(
      post('/echo', 'Content-Length: 5', 'ab').replace('HOST', `127.0.0.1:${port.listener.port}`),
    )
    await until(
      () => calls.at(-1)?.path === '/echo' && calls.at(-1)?.headers['content-length'] === '5',
    )
    during.destroy()
    await until(() => aborts.includes('/echo'))
  })
})

suite('replies', () => {
  test('are never cached or sniffed, and a bug tells nothing but its decision', async () => {
    const reply = await port.raw('GET /bug HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n')
    assert.equal(statusOf(reply), 500)
    assert.match(reply, /reeve-decision-id: decision-1/)
    assert.ok(!reply.includes('secret'))
    assert.match(String(port.bugs.at(-1)), /a secret of ours/)
    const good = await port.raw('GET /x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n')
    assert.match(good, /cache-control: no-store/)
    assert.match(good, /x-content-type-options: nosniff/)
  })

  test('that broke off are not ended as if they were whole', async () => {
    const reply = await port.raw('GET /partial HTTP/1.1\r\nHost: HOST\r\n\r\n')
    assert.ok(reply.includes('the first part'))
    assert.ok(!reply.includes('\r\n0\r\n\r\n'), 'the last chunk was sent')
  })

  test('whose head cannot be sent still run their body, so that it ends', async () => {
    const reply = await port.raw(
      'GET /bad-header HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n',
    )
    assert.equal(statusOf(reply), 500)
    assert.equal(outcomes.pop(), 'ClientGone')
  })

  test('wait for a slow client, and end when it goes away', async () => {
    const slow = await port.socket()
    slow.pause()
    slow.write(`GET /flood HTTP/1.1\r\nHost: 127.0.0.1:${port.listener.port}\r\n\r\n`)
    await until(() => calls.at(-1)?.path === '/flood')
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(outcomes, [])
    slow.destroy()
    await until(() => outcomes.length === 1)
    assert.equal(outcomes.pop(), 'gone after some')
  })
})

suite('the guard', () => {
  test('refuses foreign hosts, origins and sites, and headers that came twice', async () => {
    const get = (headers: string): Promise<string> =>
      port.raw(`GET /x HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`)
    for (const [headers, why] of [
      ['Host: evil.example', /Host header/],
      ['Host: 127.0.0.1', /Host header/],
      ['Host: localhost:1', /Host header/],
      ['Host: HOST\r\nOrigin: http://evil.example', /web origin/],
      ['Host: HOST\r\nOrigin: null', /web origin/],
      ['Host: HOST\r\nSec-Fetch-Site: cross-site', /another web site/],
      ['Host: HOST\r\nSec-Fetch-Site: same-site', /another web site/],
      [
        'Host: HOST\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b',
        /`authorization` came twice/,
      ],
      ['Host: HOST\r\nX-Api-Key: a\r\nx-api-key: b', /`x-api-key` came twice/],
      ['Host: HOST\r\nMcp-Session-Id: a\r\nMcp-Session-Id: b', /`mcp-session-id` came twice/],
      ['Host: HOST\r\nContent-Encoding: gzip', /compressed/],
    ] as const) {
      const before = calls.length
      assert.match(await get(headers), why, headers)
      assert.equal(calls.length, before)
    }
    for (const headers of [
      'Host: HOST',
      'Host: reeve.example',
      'Host: REEVE.example',
      `Host: localhost:${port.listener.port}`,
      'Host: HOST\r\nSec-Fetch-Site: none',
      'Host: HOST\r\nContent-Encoding: identity',
      'Host: HOST\r\nX-Forwarded-For: 1.2.3.4',
    ])
      assert.equal(statusOf(await get(headers)), 404, headers)
  })

  test('refuses, in development, what says that it came through a proxy', async () => {
    const dev = await openPort(async () => textReply('in'), true)
    for (const name of [
      'X-Forwarded-For',
      'x-forwarded-anything',
      'Forwarded',
      'Via',
      'X-Real-IP',
    ]) {
      const reply = await dev.raw(
        `GET / HTTP/1.1\r\nHost: HOST\r\n${name}: a\r\nConnection: close\r\n\r\n`,
      )
      assert.equal(statusOf(reply), 400, name)
    }
    await dev.listener.close()
  })
})

test('a port that is taken is named, with the way to change it', async () => {
  const again = await listen({
    name: 'data',
    host: '127.0.0.1',
    port: port.listener.port,
    tenant: 'default' as never,
    clock: { now: () => 0 as never },
    guard: () => ({ hosts: new Set(), origins: new Set(), refuseForwarded: false }),
    handle: async () => textReply(''),
    refused: () => textReply(''),
    onBug: () => {},
  })
  assert.ok(!again.ok)
  assert.ok(again.error.includes(`127.0.0.1:${port.listener.port} is taken`))
  assert.match(again.error, /`listen\.data` in reeve\.yaml.*--listen-data HOST:PORT/)
})

test('closing ends open connections', async () => {
  const other = await openPort(async () => textReply(''))
  const idle = await other.socket()
  const closed = once(idle, 'close')
  idle.resume()
  await other.listener.close()
  await closed
})
