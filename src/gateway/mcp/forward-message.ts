import { currentActor } from '../../core/identity.ts'
import type { Forwarded } from '../../core/path.ts'
import { answerClient, type Exchange } from './answer-client.ts'
import type { SendPlan } from './asked.ts'
import { failedReply } from './failed-reply.ts'
import type { ForwardDeps, Forwarding } from './forwarding.ts'
import { isSessionId } from './session.ts'
import { decisionHeader, upstreamHeaders } from './upstream-headers.ts'

/** Sends the bytes that were decided, once, and answers with what comes back. */
export async function forwardMessage(
  deps: ForwardDeps,
  forwarding: Forwarding,
  plan: SendPlan,
): Promise<Forwarded> {
  const { call, classified, permit, credential } = forwarding
  const { server } = classified
  const sent = await deps.send({
    method: 'POST',
    url: server.url,
    headers: {
      ...upstreamHeaders(server, credential, plan.headers),
      ...decisionHeader(permit.decisionId),
    },
    body: plan.bytes,
    signal: call.signal,
    headersTimeoutMs: server.headersTimeoutMs,
    idleTimeoutMs: server.idleTimeoutMs,
  })
  if (!sent.ok) {
    const { ended, reason: why } = sent.error
    const effect = sent.error.sent === 'no' ? 'not_sent' : 'unknown'
    return failedReply(deps, forwarding, plan, { effect, ended }, why.detail)
  }
  const exchange = { deps, forwarding, plan, reply: sent.value, headers: {} }
  const session = sent.value.headers['mcp-session-id']
  if (plan.method !== 'initialize' || session === undefined) return answerClient(exchange)
  if (!(await owned(exchange, session))) {
    sent.value.discard()
    const outcome = { effect: 'unknown', ended: 'refused' } as const
    return failedReply(
      deps,
      forwarding,
      plan,
      outcome,
      'the session of the upstream cannot be kept',
    )
  }
  return answerClient({ ...exchange, headers: { 'mcp-session-id': session } })
}

/** The caller learns a session's id only once it is recorded that the session is the caller's. */
async function owned({ deps, forwarding }: Exchange, session: string): Promise<boolean> {
  const { classified, permit, startedAt } = forwarding
  const { caller } = permit
  if (caller.kind !== 'instance' || !isSessionId(session)) return false
  const key = { kind: 'mcp_session', server: classified.server.id, id: session } as const
  const { instance } = currentActor(caller)
  const existing = deps.state.ownedObject(caller.tenant, key)
  if (existing !== null) return existing.instance === instance
  const object = { ...key, instance, createdAt: startedAt }
  return (await deps.own({ kind: 'own', object }, permit)).ok
}
