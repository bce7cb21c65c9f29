import { TextDecoder } from 'node:util'
import type { Forwarded, Reply } from '../../core/path.ts'
import { reason } from '../../core/reason.ts'
import type { Outcome } from '../../core/record.ts'
import { relay } from '../relay.ts'
import { failureOf, type UpstreamReply } from '../upstream.ts'
import type { SendPlan } from './asked.ts'
import { deniedMessage } from './denied-call.ts'
import { failedReply } from './failed-reply.ts'
import { RPC_INTERNAL_ERROR } from './fault.ts'
import type { ForwardDeps, Forwarding } from './forwarding.ts'
import { inspectReply, type Awaited } from './inspect-reply.ts'
import { mediaTypeOf, REPLY_BYTES_MAX, replyBytes } from './reply-bytes.ts'
import { emptyReply, jsonReply, rpcError } from './rpc-reply.ts'
import { streamReply } from './streamed-reply.ts'
import { wholeReply } from './whole-reply.ts'

/** All events of one streamed reply together. */
export const STREAM_BYTES_MAX: number = 256 * 1024 * 1024

/** One sent message and the reply to it. */
export type Exchange = {
  readonly deps: ForwardDeps
  readonly forwarding: Forwarding
  readonly plan: SendPlan
  readonly reply: UpstreamReply
  /** Headers for the client beside the content type. */
  readonly headers: Readonly<Record<string, string>>
}

/** Answers the client with what came back: as JSON, as a stream, or with the reason why neither. */
export async function answerClient(exchange: Exchange): Promise<Forwarded> {
  const { deps, forwarding, plan, reply } = exchange
  const { status } = reply
  if (plan.id === null) return notified(exchange)
  const type = mediaTypeOf(reply)
  if (status < 300 && type === 'text/event-stream') return streamed(exchange)
  if (isPassed(status) && type === 'application/json') return whole(exchange)
  reply.discard()
  if (status >= 300 && isPassed(status)) return refusedUpstream(exchange)
  const outcome = { effect: status < 300 ? 'unknown' : 'failed', ended: 'upstream_error' } as const
  return failedReply(deps, forwarding, plan, outcome, `the upstream answered with status ${status}`)
}

/** A status of the upstream that means the same to the client: never one about our credential. */
const isPassed = (status: number): boolean =>
  (status >= 200 && status < 300) || status === 400 || status === 404 || status === 405

/** The status alone carries meaning: 404 ends a session, 400 tells a client to try the other era. */
function refusedUpstream({ deps, forwarding, plan, reply: { status } }: Exchange): Forwarded {
  const json = rpcError(plan.id, RPC_INTERNAL_ERROR, `the upstream refused with status ${status}`)
  const outcome = { effect: 'failed', ended: 'end' } as const
  return wholeReply(deps, forwarding.startedAt, jsonReply(status, json), outcome)
}

/** A notification has no answer; its reply tells only whether it was taken. */
function notified({ deps, forwarding, plan, reply }: Exchange): Forwarded {
  const { status } = reply
  reply.discard()
  if (status < 300) {
    const outcome = { effect: 'completed', ended: 'end' } as const
    return wholeReply(deps, forwarding.startedAt, emptyReply(202), outcome)
  }
  if (isPassed(status)) {
    const outcome = { effect: 'failed', ended: 'end' } as const
    return wholeReply(deps, forwarding.startedAt, emptyReply(status), outcome)
  }
  const outcome = { effect: 'failed', ended: 'upstream_error' } as const
  return failedReply(deps, forwarding, plan, outcome, `the upstream answered with status ${status}`)
}

async function whole(exchange: Exchange): Promise<Forwarded> {
  const { deps, forwarding, plan, reply, headers } = exchange
  const text = await textOf(exchange)
  if (!text.ok) {
    reply.discard()
    return failedReply(
      deps,
      forwarding,
      plan,
      { effect: 'unknown', ended: text.ended },
      text.detail,
    )
  }
  const inspected = inspectReply(awaitedBy(exchange), text.value)
  switch (inspected.kind) {
    case 'answer': {
      const ok = !inspected.failed && reply.status < 300
      const answer = {
        status: reply.status,
        headers: { 'content-type': 'application/json', ...headers },
        body: new TextEncoder().encode(inspected.text),
      }
      const effect = ok ? 'completed' : 'failed'
      return wholeReply(deps, forwarding.startedAt, answer, { effect, ended: 'end' })
    }
    case 'not_carried': {
      const answer = jsonReply(
        200,
        JSON.parse(replacement(exchange, 'not_carried', inspected.what)),
      )
      return wholeReply(deps, forwarding.startedAt, answer, { effect: 'failed', ended: 'refused' })
    }
    case 'notification':
    case 'aside':
    case 'alien':
      if (reply.status >= 300) return refusedUpstream(exchange)
      return failedReply(
        deps,
        forwarding,
        plan,
        { effect: 'unknown', ended: 'upstream_error' },
        'the upstream sent what is no answer to this request',
      )
  }
}

type Text =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly ended: Outcome['ended']; readonly detail: string }

async function textOf({ forwarding, reply }: Exchange): Promise<Text> {
  try {
    const bytes = await replyBytes(reply, { bytesMax: REPLY_BYTES_MAX })
    if (!bytes.ok) return { ok: false, ended: 'upstream_error', detail: bytes.error.detail }
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    return { ok: true, value: decoder.decode(bytes.value) }
  } catch (error) {
    const failure = failureOf(error, forwarding.call.signal)
    return { ok: false, ended: failure.ended, detail: failure.reason.detail }
  }
}

function streamed(exchange: Exchange): Forwarded {
  const { deps, forwarding, reply, headers } = exchange
  const { signal } = forwarding.call
  const { chunks, verdict } = streamReply(
    {
      awaited: awaitedBy(exchange),
      refusal: (why, detail) => replacement(exchange, why, detail),
      explain: (error) => failureOf(error, signal),
    },
    reply.body,
  )
  const { startedAt } = forwarding
  const body = relay(deps, {
    status: reply.status,
    chunks,
    signal,
    startedAt,
    bytesMax: STREAM_BYTES_MAX,
    verdict,
  })
  const answer: Reply = {
    status: 200,
    // Proxies in front of us must not hold events back (MCP 2026-07-28, Streamable HTTP).
    headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', ...headers },
    body,
  }
  return { reply: answer, outcome: null }
}

const awaitedBy = ({ forwarding, plan }: Exchange): Awaited => ({
  method: plan.method,
  id: plan.id,
  era: plan.era,
  decisionId: forwarding.permit.decisionId,
})

/** The answer that stands in for one that may not or cannot pass. */
function replacement(exchange: Exchange, why: 'not_carried' | 'broken', detail: string): string {
  const { forwarding, plan } = exchange
  const { id, era } = plan
  if (why === 'broken') return JSON.stringify(rpcError(id, RPC_INTERNAL_ERROR, detail))
  const sentence = `the server asked the client for something that is not served here (\`${detail}\`)`
  const { classified, permit } = forwarding
  const refusal = {
    decisionId: permit.decisionId,
    at: 'issue',
    reason: reason('unsupported', sentence),
    decision: null,
  } as const
  return JSON.stringify(deniedMessage({ id, era, tool: classified.heard.current.tool }, refusal))
}
