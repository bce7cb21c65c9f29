import type { IncomingMessage } from 'node:http'

/** Bytes of a body that nobody wants which are still taken off the wire, so that the connection can serve again. */
const DISCARDED_BYTES_MAX = 256 * 1024
/** How long a client may take to send them, or to notice the reply and stop. */
const LINGER_MS = 1000

/**
 * Ends a request that was answered before its body was read. Closing at once would reset the
 * connection, and the client could lose the reply that it has not read yet; reading on without an
 * end would let it send for ever. So a little is discarded, for a moment; then the connection ends.
 */
export function letGo(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  let left = DISCARDED_BYTES_MAX
  const timer = setTimeout(() => request.destroy(), LINGER_MS)
  timer.unref()
  request.on('data', (chunk: Uint8Array) => {
    left -= chunk.byteLength
    // The rest waits unread in the kernel until the client has had its moment.
    if (left < 0) request.pause()
  })
  const over = (): void => clearTimeout(timer)
  request.once('end', over)
  request.once('close', over)
  request.on('error', over)
  request.resume()
}
