import type { Reason } from '../../core/reason.ts'
import type { Verdict } from '../relay.ts'
import { inspectReply, type Awaited } from './inspect-reply.ts'
import { sseComment, sseEvents, sseMessage } from './sse-events.ts'

export type StreamedReply = {
  readonly chunks: AsyncIterable<Uint8Array>
  /** What was seen, once the chunks have ended. */
  readonly verdict: () => Verdict | null
}

export type StreamDeps = {
  readonly awaited: Awaited
  /** The answer that replaces the server's. */
  readonly refusal: (why: 'not_carried' | 'broken', detail: string) => string
  /** Explains what the iteration of the upstream's body threw. */
  readonly explain: (error: unknown) => {
    readonly ended: Verdict['ended']
    readonly reason: Reason
  }
}

/**
 * Passes a server's event stream on, event by event: notifications as they came, the one answer
 * with the decision's id. A server that asks the client for something, or ends without an answer,
 * gets its stream closed, and the client an answer of ours, so that it never waits for nothing.
 */
export function streamReply(deps: StreamDeps, body: AsyncIterable<Uint8Array>): StreamedReply {
  const seen: { verdict: Verdict | null; answered: boolean } = { verdict: null, answered: false }

  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const event of sseEvents(body)) {
      if (event.kind === 'comment') {
        yield sseComment()
        continue
      }
      // What follows the answer belongs to no request.
      if (seen.answered) continue
      const inspected = inspectReply(deps.awaited, event.data)
      switch (inspected.kind) {
        case 'aside':
          break
        case 'notification':
          yield sseMessage(inspected.text)
          break
        case 'answer':
          seen.answered = true
          if (inspected.failed) seen.verdict = { effect: 'failed', ended: 'end' }
          yield sseMessage(inspected.text)
          break
        case 'not_carried':
          seen.answered = true
          seen.verdict = { effect: 'failed', ended: 'refused' }
          yield sseMessage(deps.refusal('not_carried', inspected.what))
          return
        case 'alien':
          seen.answered = true
          seen.verdict = { effect: 'unknown', ended: 'upstream_error' }
          yield sseMessage(
            deps.refusal('broken', 'the upstream sent what is no answer to this request'),
          )
          return
      }
    }
  }

  async function* whole(): AsyncGenerator<Uint8Array> {
    let detail = 'the upstream ended its stream without an answer'
    let ended: Verdict['ended'] = 'upstream_error'
    try {
      yield* chunks()
    } catch (error) {
      const explained = deps.explain(error)
      detail = explained.reason.detail
      ended = explained.ended
    }
    if (seen.answered) return
    seen.verdict = { effect: 'unknown', ended }
    if (ended !== 'client_closed') yield sseMessage(deps.refusal('broken', detail))
  }

  return { chunks: whole(), verdict: () => seen.verdict }
}
