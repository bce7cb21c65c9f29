import { invariant } from '../../core/bug.ts'
import type { Clock, EpochMillis } from '../../core/clock.ts'
import { allows } from '../../core/decision.ts'
import type { Credential, Forward, Forwarded, InboundCall, Permit } from '../../core/path.ts'
import { reason, type Reason } from '../../core/reason.ts'
import type { Outcome } from '../../core/record.ts'
import { denialObject } from '../denial.ts'
import { relay } from '../relay.ts'
import { pickHeaders, type SendUpstream, type UpstreamReply } from '../upstream.ts'
import type { LlmClassified } from './classify.ts'
import { modelsList } from './models-list.ts'
import { upstreamPathOf } from './operation.ts'
import { baseUrlOf, type Dialect } from './provider.ts'
import type { LlmAsked } from './read.ts'
import { errorReply } from './refuse.ts'

export type ForwardDeps = { readonly clock: Clock; readonly send: SendUpstream }

/** Until the first header; both official clients wait this long for an answer that is not streamed. */
export const HEADERS_TIMEOUT_MS: number = 600_000

/** Between two chunks; providers that think for long send a ping or a comment well within it. */
export const IDLE_TIMEOUT_MS: number = 300_000

/** Bytes of one answer; the longest that models write today stay below a tenth of it. */
export const ANSWER_BYTES_MAX: number = 64 * 1024 * 1024

/**
 * Sends the decided bytes to the provider with the provider's own credential, and passes the answer
 * on as it comes, JSON or events alike. The list of models is answered here. Nothing is retried.
 */
export const createForward =
  (deps: ForwardDeps): Forward<LlmClassified, LlmAsked> =>
  async (call, classified, permit, credential) => {
    const { provider, operation } = classified
    if (operation === 'list_models') return listReply(provider.dialect, permit)
    const startedAt = deps.clock.now()
    const query = call.query === '' ? '' : `?${call.query}`
    const sent = await deps.send({
      method: 'POST',
      url: `${baseUrlOf(provider)}${upstreamPathOf(operation)}${query}`,
      headers: upstreamHeaders(call, permit, credential),
      body: permit.asked.body,
      signal: call.signal,
      headersTimeoutMs: HEADERS_TIMEOUT_MS,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
    })
    const failed = (why: Reason, part: Pick<Outcome, 'effect' | 'ended'>): Forwarded =>
      upstreamFailure(provider.dialect, permit, why, {
        ...part,
        status: 502,
        bytesSent: 0,
        durationMs: deps.clock.now() - startedAt,
        responseHash: null,
      })
    if (!sent.ok) {
      const effect = sent.error.sent === 'no' ? 'not_sent' : 'unknown'
      return failed(sent.error.reason, { effect, ended: sent.error.ended })
    }
    const unusable = unusableReply(sent.value)
    if (unusable !== null) {
      sent.value.discard()
      return failed(unusable, { effect: 'failed', ended: 'upstream_error' })
    }
    return relayed(deps, call, sent.value, startedAt)
  }

/** Request headers of the client that a provider may see; none of them can choose an account. */
const REQUEST_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'content-type',
  'anthropic-beta',
  'anthropic-version',
  'openai-beta',
])

function upstreamHeaders(
  call: InboundCall,
  permit: Permit,
  credential: Credential,
): Record<string, string> {
  const headers = pickHeaders(call.headers, REQUEST_HEADERS)
  headers['reeve-decision-id'] = permit.decisionId
  switch (credential.kind) {
    case 'none':
      return headers
    case 'header':
      headers[credential.name.toLowerCase()] = credential.value
      return headers
    case 'token':
      headers['authorization'] = `Bearer ${credential.token}`
      return headers
  }
}

/** Reply headers that a client may see; those that name our account or its totals stay here. */
const REPLY_HEADERS: ReadonlySet<string> = new Set([
  'content-encoding',
  // A reply that breaks off before its length is seen to be cut; without one it is sent in pieces.
  'content-length',
  'content-type',
  'openai-processing-ms',
  'openai-version',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-request-id',
  'x-should-retry',
])

function relayed(
  deps: ForwardDeps,
  call: InboundCall,
  upstream: UpstreamReply,
  startedAt: EpochMillis,
): Forwarded {
  const headers = pickHeaders(upstream.headers, REPLY_HEADERS)
  // Proxies in front of us would otherwise hold events back to fill a buffer.
  if (headers['content-type']?.startsWith('text/event-stream') === true)
    headers['x-accel-buffering'] = 'no'
  const body = relay(deps, {
    status: upstream.status,
    chunks: upstream.body,
    signal: call.signal,
    startedAt,
    bytesMax: ANSWER_BYTES_MAX,
  })
  return { reply: { status: upstream.status, headers, body }, outcome: null }
}

/**
 * A refused credential is ours, not the caller's, and the provider's words about it may quote a
 * part of the key. A redirect would have us send the call to a place that nobody configured.
 */
function unusableReply({ status }: UpstreamReply): Reason | null {
  if (status === 401)
    return reason('upstream_unavailable', 'the provider refused the credential of the gateway')
  if (status < 200 || (status >= 300 && status < 400))
    return reason('upstream_unavailable', 'the provider gave an answer that is not passed on')
  return null
}

/**
 * The native error of a provider that gave no usable answer. The client repeats it only when
 * nothing can have been sent.
 */
function upstreamFailure(
  dialect: Dialect,
  permit: Permit,
  why: Reason,
  outcome: Outcome,
): Forwarded {
  const denial = denialObject({
    decisionId: permit.decisionId,
    at: 'issue',
    reason: why,
    decision: null,
  })
  const reply = errorReply(dialect, {
    status: 502,
    code: why.code,
    message: why.detail,
    denial: { ...denial, retryable: outcome.effect === 'not_sent' },
  })
  return { reply, outcome }
}

function listReply(dialect: Dialect, { asked, decisions }: Permit<LlmAsked>): Forwarded {
  invariant(asked.listed.length === decisions.length, 'a list has one decision per model')
  const shown = asked.listed.filter((_, i) => {
    const decision = decisions[i]
    return decision !== undefined && allows(decision)
  })
  const body = new TextEncoder().encode(JSON.stringify(modelsList(dialect, shown)))
  return {
    reply: { status: 200, headers: { 'content-type': 'application/json' }, body },
    outcome: null,
  }
}
