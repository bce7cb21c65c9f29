import type { Forwarded } from '../../core/path.ts'
import type { EndSessionPlan } from './asked.ts'
import type { ForwardDeps, Forwarding } from './forwarding.ts'
import { emptyReply } from './rpc-reply.ts'
import { decisionHeader, upstreamHeaders } from './upstream-headers.ts'
import { wholeReply } from './whole-reply.ts'

/** A server that needs longer than this to forget a session has forgotten us. */
const END_SESSION_MS_MAX = 10_000

/**
 * Ends the caller's session upstream. To us it has ended with the record: whatever the server
 * answers, the id is nobody's any more.
 */
export async function forwardEndSession(
  deps: ForwardDeps,
  { call, classified, permit, credential, startedAt }: Forwarding,
  plan: EndSessionPlan,
): Promise<Forwarded> {
  const { server } = classified
  const sent = await deps.send({
    method: 'DELETE',
    url: server.url,
    headers: {
      ...upstreamHeaders(server, credential, plan.headers),
      ...decisionHeader(permit.decisionId),
    },
    body: null,
    signal: call.signal,
    headersTimeoutMs: END_SESSION_MS_MAX,
    idleTimeoutMs: END_SESSION_MS_MAX,
  })
  if (!sent.ok) {
    const effect = sent.error.sent === 'no' ? 'not_sent' : 'unknown'
    return wholeReply(deps, startedAt, emptyReply(502), { effect, ended: sent.error.ended })
  }
  sent.value.discard()
  const { status } = sent.value
  if (status < 300) {
    return wholeReply(deps, startedAt, emptyReply(200), { effect: 'completed', ended: 'end' })
  }
  // 405 says that the server lets no client end a session (2025-11-25, Session management).
  const passed = status === 404 || status === 405 ? status : 502
  return wholeReply(deps, startedAt, emptyReply(passed), { effect: 'failed', ended: 'end' })
}
