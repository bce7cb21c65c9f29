import type { ServerResponse } from 'node:http'
import type { Reply, Sink } from '../../core/path.ts'

/** Headers that every reply carries: nothing of ours is cached, framed or sniffed. */
const ALWAYS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

/**
 * Sends a reply. A streamed body is written as it comes, waiting while the client reads slower
 * than we send; one that broke off closes the connection, so that the client never takes a part
 * for the whole.
 */
export async function writeReply(response: ServerResponse, reply: Reply): Promise<void> {
  const { body } = reply
  if (typeof body !== 'function') {
    response.writeHead(reply.status, {
      ...ALWAYS,
      ...reply.headers,
      'content-length': String(body.byteLength),
    })
    response.end(body)
    return
  }
  response.writeHead(reply.status, { ...ALWAYS, ...reply.headers })
  response.flushHeaders()
  const outcome = await body(sinkOf(response))
  if (outcome.ended === 'end' || outcome.ended === 'refused') response.end()
  else response.destroy()
}

const sinkOf = (response: ServerResponse): Sink => ({
  write: async (chunk) => {
    if (response.destroyed) throw new ClientGone()
    if (response.write(chunk)) return
    await drained(response)
    if (response.destroyed) throw new ClientGone()
  },
})

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })

/** The client closed its connection while we were writing. */
class ClientGone extends Error {
  override readonly name = 'ClientGone'
}
