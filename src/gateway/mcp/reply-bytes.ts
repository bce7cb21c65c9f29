import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { UpstreamReply } from '../upstream.ts'

/** A whole reply that we keep in memory, because something in it must be read before it passes. */
export const REPLY_BYTES_MAX: number = 16 * 1024 * 1024

export type ReplyLimits = {
  readonly bytesMax: number
  /** Asked between chunks: whether reading has taken too long altogether. */
  readonly expired?: () => boolean
}

/** Reads the whole body of a reply. Throws what the connection throws. */
export async function replyBytes(
  reply: UpstreamReply,
  { bytesMax, expired }: ReplyLimits,
): Promise<Result<Uint8Array, Reason>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of reply.body) {
    length += chunk.byteLength
    if (length > bytesMax) return fail(reason('upstream_unavailable', 'the reply is too long'))
    if (expired?.() === true) return fail(reason('upstream_unavailable', 'the reply took too long'))
    chunks.push(chunk)
  }
  return ok(chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks, length))
}

const EMPTY = new Uint8Array(0)

/** The media type of a reply, without parameters; what is compressed has none that we can read. */
export function mediaTypeOf(reply: UpstreamReply): string {
  if ((reply.headers['content-encoding'] ?? 'identity') !== 'identity') return ''
  return (reply.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}
