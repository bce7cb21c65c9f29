import type { ServerResponse } from 'node:http'
import type { Reply, Sink } from '../../core/path.ts'

/** Headers that every reply carries: nothing of ours is cached, framed or sniffed. */
const ALWAYS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

/** A client that takes nothing for this long has gone away without saying so. */
export const CLIENT_STALL_MS: number = 60_000

/**
 * Sends a reply. A streamed body is written as it comes, waiting while the client reads slower
 * than we send, at most `stallMs` at a time; one that broke off closes the connection, so that the
 * client never takes a part for the whole. A streamed body is always run, so that its outcome is
 * known: also when its head could not be sent.
 */
export async function writeReply(
  response: ServerResponse,
  reply: Reply,
  stallMs: number = CLIENT_STALL_MS,
): Promise<void> {
  const { status, headers, body } = reply
  if (typeof body !== 'function') {
    const length = { 'content-length': String(body.byteLength) }
    response.writeHead(status, { ...ALWAYS, ...headers, ...length })
    endWith(response, body)
    // Mostly the kernel has taken everything by now, and no timer is needed.
    if (response.writableLength > 0) response.setTimeout(stallMs, () => response.destroy())
    return
  }
  try {
    response.writeHead(status, { ...ALWAYS, ...headers })
  } catch (error) {
    await body({ write: () => Promise.reject(new ClientGone()) })
    throw error
  }
  // The first bytes mostly follow at once, and head and bytes in one packet are one system call
  // instead of two; where they do not, the head leaves at the end of this turn.
  const head = setImmediate(() => response.flushHeaders())
  const outcome = await body(sinkOf(response, stallMs, () => clearImmediate(head)))
  clearImmediate(head)
  if (outcome.ended === 'end' || outcome.ended === 'refused') response.end()
  else response.destroy()
}

/** Bodies up to this many bytes are copied once more, which is cheaper than writing in two parts. */
const JOINED_BYTES_MAX = 8 * 1024

/** Node joins the head with a text, not with bytes; as Latin-1 each byte of a body is one character. */
function endWith(response: ServerResponse, body: Uint8Array): void {
  if (body.byteLength > JOINED_BYTES_MAX) return void response.end(body)
  const { buffer, byteOffset, byteLength } = body
  response.end(Buffer.from(buffer, byteOffset, byteLength).toString('latin1'), 'latin1')
}

const sinkOf = (response: ServerResponse, stallMs: number, begin: () => void): Sink => ({
  write: async (chunk) => {
    if (response.destroyed) throw new ClientGone()
    begin()
    if (response.write(chunk)) return
    await drained(response, stallMs)
    if (response.destroyed) throw new ClientGone()
  },
})

const drained = (response: ServerResponse, stallMs: number): Promise<void> =>
  new Promise((resolve) => {
    const stalled = setTimeout(() => response.destroy(), stallMs)
    const done = (): void => {
      clearTimeout(stalled)
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
