/** An upstream within the process: keeps what it was sent and answers what it was told. */
import { ok } from '../../core/result.ts'
import type { SendUpstream, UpstreamReply, UpstreamRequest } from '../upstream.ts'

export type FakeUpstream = {
  readonly send: SendUpstream
  readonly sent: UpstreamRequest[]
  discarded: number
}

export function fakeUpstream(
  answer: (request: UpstreamRequest) => ReturnType<SendUpstream>,
): FakeUpstream {
  const upstream: FakeUpstream = {
    sent: [],
    discarded: 0,
    send: (request) => {
      upstream.sent.push(request)
      return answer(request)
    },
  }
  return upstream
}

/** A reply that yields these chunks; an `Error` among them breaks the body off. */
export function upstreamReply(
  chunks: readonly (string | Error)[],
  part: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  onDiscard: () => void = () => {},
): { readonly ok: true; readonly value: UpstreamReply } {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      await Promise.resolve()
      if (chunk instanceof Error) throw chunk
      yield new TextEncoder().encode(chunk)
    }
  }
  return ok({
    status: part.status ?? 200,
    headers: part.headers ?? { 'content-type': 'application/json' },
    body: body(),
    discard: onDiscard,
  })
}
