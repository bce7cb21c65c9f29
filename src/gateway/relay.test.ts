import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { epochMillis } from '../core/clock.ts'
import type { Sink } from '../core/path.ts'
import { relay, type Relayed } from './relay.ts'

async function* chunks(texts: readonly string[], breaks?: Error): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text)
  if (breaks !== undefined) throw breaks
}

const start = (relayed: Partial<Relayed>, sink: Sink) =>
  relay(
    { clock: { now: () => epochMillis(30) } },
    {
      status: 200,
      chunks: chunks(['a', 'bc']),
      signal: new AbortController().signal,
      startedAt: epochMillis(10),
      bytesMax: 100,
      ...relayed,
    },
  )(sink)

const written: string[] = []
const open: Sink = { write: async (chunk) => void written.push(new TextDecoder().decode(chunk)) }

test('passes chunks in order and tells what was sent', async () => {
  written.length = 0
  assert.deepEqual(await start({}, open), {
    effect: 'completed',
    ended: 'end',
    status: 200,
    bytesSent: 3,
    durationMs: 20,
    responseHash: `sha256:${createHash('sha256').update('abc').digest('base64url')}`,
  })
  assert.deepEqual(written, ['a', 'bc'])
})

test('a reply that breaks off, is too long, or loses its client says so, and its effect is unknown', async () => {
  const broken = await start({ chunks: chunks(['a'], new Error('reset')) }, open)
  assert.deepEqual(
    [broken.effect, broken.ended, broken.bytesSent],
    ['unknown', 'upstream_error', 1],
  )
  const late = Object.assign(new Error('late'), { code: 'UND_ERR_BODY_TIMEOUT' })
  assert.equal((await start({ chunks: chunks(['a'], late) }, open)).ended, 'timeout')
  const long = await start({ bytesMax: 2 }, open)
  assert.deepEqual([long.effect, long.ended, long.bytesSent], ['unknown', 'upstream_error', 1])
  const gone: Sink = { write: () => Promise.reject(new Error('gone')) }
  const left = await start({}, gone)
  assert.deepEqual([left.effect, left.ended, left.bytesSent], ['unknown', 'client_closed', 0])
  const aborted = await start(
    { chunks: chunks([], new Error('abort')), signal: AbortSignal.abort() },
    open,
  )
  assert.equal(aborted.ended, 'client_closed')
})

test('a failing status is a failed call, and a surface that read along knows best', async () => {
  assert.equal((await start({ status: 500 }, open)).effect, 'failed')
  const verdict = { effect: 'failed', ended: 'refused' } as const
  const refused = await start({ verdict: () => verdict }, open)
  assert.deepEqual([refused.effect, refused.ended], ['failed', 'refused'])
  const broken = await start({ chunks: chunks([], new Error('x')), verdict: () => verdict }, open)
  assert.equal(broken.ended, 'upstream_error')
})

test('leaving early closes the upstream', async () => {
  let closed = false
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(10)
    } finally {
      closed = true
    }
  }
  await start({ chunks: endless(), bytesMax: 50 }, open)
  assert.ok(closed)
})
