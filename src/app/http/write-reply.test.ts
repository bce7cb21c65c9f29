import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { Reply } from '../../core/path.ts'
import { writeReply } from './write-reply.ts'

const STALL_MS = 30

/** Serves one reply to a client that asks and then reads nothing, until the connection has ended. */
async function stalled(reply: Reply): Promise<void> {
  const server = createServer((_request, response) => {
    response.on('close', () => server.emit('ended'))
    void writeReply(response, reply, STALL_MS).catch(() => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const client = connect({ host: '127.0.0.1', port })
  client.on('error', () => {})
  client.pause()
  const ended = once(server, 'ended')
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await ended
  client.destroy()
  server.close()
}

test(
  'a client that reads nothing more is let go, whole reply or stream',
  { timeout: 10_000 },
  async () => {
    const chunk = new Uint8Array(1024 * 1024)
    const head = { status: 200, headers: {} }
    await stalled({ ...head, body: new Uint8Array(64 * 1024 * 1024) })
    const outcomes: string[] = []
    const body: Reply['body'] = async (sink) => {
      try {
        for (let i = 0; i < 64; i++) await sink.write(chunk)
      } catch (error) {
        outcomes.push((error as Error).name)
      }
      return {
        effect: 'unknown',
        status: 200,
        bytesSent: 0,
        durationMs: 0,
        responseHash: null,
        ended: 'client_closed',
      }
    }
    await stalled({ ...head, body })
    assert.deepEqual(outcomes, ['ClientGone'])
  },
)
