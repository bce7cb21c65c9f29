import type { JsonObject } from '../../core/json.ts'
import type { InboundCall, Refusal, Reply } from '../../core/path.ts'
import { reason, type ReasonCode } from '../../core/reason.ts'
import { challengeFor } from '../challenge.ts'
import { denialObject, disclose, problem, statusOf } from '../denial.ts'
import type { Endpoint } from './token-request.ts'

/**
 * Says a refusal of the token service: problem details at `/issue`, the error of RFC 6749 §5.2
 * with our members beside it at `/token`. Another's sponsor and a tool or agent that does not exist
 * answer alike (SECURITY 17); the record keeps which it was.
 */
export function refuseToken(
  deps: { readonly publicUrl: string },
  call: InboundCall,
  endpoint: Endpoint,
  refusal: Refusal,
): Reply {
  const told = concealed(refusal)
  const shown = disclose(told).reason
  const challenge = challengeFor(shown, null, deps.publicUrl, call)
  if (endpoint === 'issue') {
    const status = statusOf(shown.code)
    return reply(status, 'application/problem+json', problem(told, status), challenge)
  }
  const oauth = oauthErrorOf(shown.code)
  const body = {
    error: oauth.error,
    error_description: shown.detail.replaceAll(NOT_DESCRIPTION, ' '),
    ...denialObject(told),
  }
  return reply(oauth.status, 'application/json', body, challenge)
}

/** RFC 6749 §5.2 allows printable ASCII without quote and backslash. */
const NOT_DESCRIPTION = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g

const concealed = (refusal: Refusal): Refusal =>
  refusal.reason.code === 'sponsor_mismatch'
    ? { ...refusal, reason: reason('not_found', refusal.reason.detail) }
    : refusal

function reply(
  status: number,
  contentType: string,
  body: JsonObject,
  challenge: string | null,
): Reply {
  const headers = { 'content-type': contentType, 'cache-control': 'no-store' }
  return {
    status,
    headers:
      status === 401 && challenge !== null
        ? { ...headers, 'www-authenticate': challenge }
        : headers,
    body: new TextEncoder().encode(JSON.stringify(body)),
  }
}

type OauthError = { readonly error: string; readonly status: number }

function oauthErrorOf(code: ReasonCode): OauthError {
  switch (code) {
    case 'unauthenticated':
    case 'caller_not_registered':
    // The only thing used up at this endpoint is a client assertion.
    case 'replayed':
      return { error: 'invalid_client', status: 401 }
    case 'malformed':
    case 'sponsor_missing':
    // RFC 8693 §2.2.2: a subject token that is not acceptable, for whatever reason.
    case 'subject_required':
    case 'token_expired':
    case 'proof_required':
      return { error: 'invalid_request', status: 400 }
    case 'unsupported':
      return { error: 'unsupported_grant_type', status: 400 }
    case 'subject_mismatch':
      return { error: 'unauthorized_client', status: 400 }
    case 'not_found':
    case 'audience_mismatch':
      return { error: 'invalid_target', status: 400 }
    case 'grant_exceeded':
    case 'delegation_exceeded':
      return { error: 'invalid_scope', status: 400 }
    case 'revoked':
    case 'sponsor_inactive':
    case 'sponsor_mismatch':
    case 'forbidden_by_policy':
    case 'approval_required':
    case 'approval_mismatch':
    case 'obligation_unsupported':
    case 'budget_exhausted':
    case 'evaluation_error':
    case 'evaluation_limit':
    case 'definition_changed':
      return { error: 'access_denied', status: 403 }
    case 'rate_limited':
    case 'fact_unavailable':
    case 'evidence_unavailable':
    case 'policy_unavailable':
    case 'clock_unreliable':
    case 'stale':
    case 'upstream_unavailable':
      return { error: 'temporarily_unavailable', status: statusOf(code) }
  }
}
