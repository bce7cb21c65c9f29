import { reason } from '../../../core/reason.ts'
import { fail, ok } from '../../../core/result.ts'
import type { SendUpstream, UpstreamReply, UpstreamRequest } from '../../upstream.ts'

/** What a fake server answers: a reply, or null when it cannot be reached. */
export type FakeAnswer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly chunks: readonly (string | Uint8Array)[]
  /** Thrown after the last chunk, as a connection that breaks does. */
  readonly breaks?: Error
}

export type FakeUpstream = {
  readonly send: SendUpstream
  readonly requests: UpstreamRequest[]
  readonly discarded: () => number
}

/** An upstream in this process. It keeps every request and answers what the test says. */
export function fakeUpstream(
  answer: (request: UpstreamRequest) => FakeAnswer | null,
): FakeUpstream {
  const requests: UpstreamRequest[] = []
  let discarded = 0
  return {
    requests,
    discarded: () => discarded,
    send: async (request) => {
      requests.push(request)
      const answered = answer(request)
      if (answered === null) {
        const why = reason('upstream_unavailable', 'the upstream cannot be reached')
        return fail({ sent: 'no', ended: 'upstream_error', reason: why })
      }
      return ok(replyOf(answered, () => discarded++))
    },
  }
}

const replyOf = (answer: FakeAnswer, discard: () => void): UpstreamReply => ({
  status: answer.status,
  headers: answer.headers ?? { 'content-type': 'application/json' },
  body: chunksOf(answer),
  discard,
})

async function* chunksOf({ chunks, breaks }: FakeAnswer): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for (const chunk of chunks) yield typeof chunk === 'string' ? encoder.encode(chunk) : chunk
  if (breaks !== undefined) throw breaks
}

export const jsonAnswer = (
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): FakeAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...headers },
  chunks: [JSON.stringify(json)],
})

/** The message that a request carries. */
export const messageOf = (
  request: UpstreamRequest,
): { id?: unknown; method: string; params: Record<string, unknown> } =>
  JSON.parse(new TextDecoder().decode(request.body ?? new Uint8Array())) as never
