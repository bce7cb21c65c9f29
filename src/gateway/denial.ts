import type { PolicyRef, Remedy } from '../core/decision.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Refusal } from '../core/path.ts'
import type { Reason, ReasonCode } from '../core/reason.ts'
import { reason } from '../core/reason.ts'

/** The status by which HTTP surfaces carry a refusal; a surface may keep 200 and say it inside. */
export type DenialStatus = 400 | 401 | 403 | 404 | 429 | 502 | 503

/** What the caller may know of a refusal; the record keeps the rest. */
export type Disclosed = {
  readonly reason: Reason
  readonly policy: PolicyRef | null
  readonly remedies: readonly Remedy[]
}

const NOTHING_THERE: Disclosed = {
  reason: reason('not_found', 'nothing by this name can be used here'),
  policy: null,
  remedies: [],
}

/**
 * Reduces a refusal to what the caller may know (SECURITY 17). What nothing could make allowed
 * answers like what does not exist, and every `not_found` answers alike, whatever its detail.
 */
export function disclose(refusal: Refusal): Disclosed {
  const { decision } = refusal
  if (refusal.reason.code === 'not_found' || decision?.visible === false) return NOTHING_THERE
  if (decision === null) return { reason: refusal.reason, policy: null, remedies: [] }
  return { reason: refusal.reason, policy: decision.policy, remedies: decision.remedies }
}

/** The object of CONTRACTS 4, the same on every surface. It holds only what the caller may know. */
export function denialObject(refusal: Refusal): JsonObject {
  const known = disclose(refusal)
  return {
    decision_id: refusal.decisionId,
    effect: 'deny',
    code: known.reason.code,
    message: known.reason.detail,
    policy: known.policy === null ? null : policyJson(known.policy),
    remedies: known.remedies.map(remedyJson),
    retryable: isRetryable(known.reason.code),
  }
}

/**
 * The same object as problem details (RFC 9457 §3). `type` names the code, `detail` is the
 * message, and the members of CONTRACTS 4 stand beside them as extensions.
 */
export function problem(refusal: Refusal, status: number): JsonObject {
  const denial = denialObject(refusal)
  const code = disclose(refusal).reason.code
  return {
    type: `urn:reeve:reason:${code}`,
    title: code.replaceAll('_', ' '),
    status,
    detail: denial['message'] ?? '',
    ...denial,
  }
}

/** The status of the refusal as the caller may see it: a hidden one is 404 like any other. */
export const statusOfRefusal = (refusal: Refusal): DenialStatus =>
  statusOf(disclose(refusal).reason.code)

/** 401 says that another credential would help, 403 that this one does not suffice, 503 try later. */
export function statusOf(code: ReasonCode): DenialStatus {
  switch (code) {
    case 'malformed':
    case 'unsupported':
      return 400
    case 'unauthenticated':
    case 'token_expired':
    case 'audience_mismatch':
    case 'proof_required':
    case 'replayed':
    case 'revoked':
    case 'caller_not_registered':
      return 401
    case 'subject_required':
    case 'subject_mismatch':
    case 'sponsor_missing':
    case 'sponsor_inactive':
    case 'sponsor_mismatch':
    case 'delegation_exceeded':
    case 'grant_exceeded':
    case 'forbidden_by_policy':
    case 'approval_required':
    case 'approval_mismatch':
    case 'obligation_unsupported':
    // Not 429: clients retry that by themselves, and a spent budget does not come back in seconds.
    case 'budget_exhausted':
    case 'evaluation_error':
    case 'evaluation_limit':
    case 'definition_changed':
      return 403
    case 'not_found':
      return 404
    case 'rate_limited':
      return 429
    case 'upstream_unavailable':
      return 502
    case 'fact_unavailable':
    case 'evidence_unavailable':
    case 'policy_unavailable':
    case 'clock_unreliable':
    case 'stale':
      return 503
  }
}

/** Whether the same request may succeed later. A refused call was not carried out, so it is safe. */
function isRetryable(code: ReasonCode): boolean {
  const status = statusOf(code)
  return status === 429 || status === 502 || status === 503
}

const policyJson = (policy: PolicyRef): JsonObject => ({
  release: policy.release,
  id: policy.id,
  rule: policy.rule,
})

function remedyJson(remedy: Remedy): Json {
  switch (remedy.kind) {
    case 'arguments':
      return remedy.example === undefined
        ? { kind: remedy.kind, condition: remedy.condition }
        : { kind: remedy.kind, condition: remedy.condition, example: remedy.example }
    case 'approval':
      return remedy.url === undefined
        ? { kind: remedy.kind, who: remedy.who, retry: remedy.retry }
        : { kind: remedy.kind, who: remedy.who, url: remedy.url, retry: remedy.retry }
    case 'scope':
      return { kind: remedy.kind, scope: remedy.scope }
  }
}
