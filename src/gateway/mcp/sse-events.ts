import { TextDecoder } from 'node:util'
import { createParser } from 'eventsource-parser'

/** What a stream of server-sent events holds for MCP: a message, or a sign of life. */
export type SseEvent =
  | { readonly kind: 'message'; readonly data: string }
  | { readonly kind: 'comment' }

/** The longest event we keep in memory; a longer one ends the stream. */
export const SSE_EVENT_LENGTH_MAX: number = 8 * 1024 * 1024

/** A stream that is no UTF-8, or one event of which is too long. Thrown to whoever reads along. */
export class BrokenStream extends Error {
  override readonly name = 'BrokenStream'
}

/**
 * Reads server-sent events (HTML Living Standard §9.2.6) as they come. Events without data are left
 * out, and so are event ids: replies cannot be resumed. Throws `BrokenStream`.
 */
export async function* sseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent> {
  const ready: SseEvent[] = []
  let broken = false
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data !== '') ready.push({ kind: 'message', data })
    },
    onComment: () => ready.push({ kind: 'comment' }),
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') broken = true
    },
    maxBufferSize: SSE_EVENT_LENGTH_MAX,
  })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const chunk of chunks) {
    parser.feed(decoded(decoder, chunk))
    yield* ready.splice(0)
    if (broken) throw new BrokenStream()
  }
}

/** One message as a server-sent event; every line of its text becomes a line of data. */
export const sseMessage = (text: string): Uint8Array =>
  new TextEncoder().encode(`event: message\ndata: ${text.replaceAll('\n', '\ndata: ')}\n\n`)

/** Keeps the connection open and says nothing. */
export const sseComment = (): Uint8Array => new TextEncoder().encode(': keepalive\n\n')

function decoded(decoder: TextDecoder, chunk: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: true })
  } catch {
    throw new BrokenStream()
  }
}
