import type { Audience } from '../core/ids.ts'
import type { InboundCall } from '../core/path.ts'
import type { Reason } from '../core/reason.ts'

export const PROTECTED_RESOURCE_PATH: string = '/.well-known/oauth-protected-resource'

/**
 * The `WWW-Authenticate` value for a refusal, or null when another credential would not help.
 * It points to the metadata of the protected resource (RFC 9728 §5.1) and says `error` only when
 * a credential was presented, as RFC 6750 §3.1 asks. `audience` is null where no resource is named.
 */
export function challengeFor(
  reason: Reason,
  audience: Audience | null,
  publicUrl: string,
  call: Pick<InboundCall, 'headers'>,
): string | null {
  const error = errorOf(reason, call)
  if (error === null) return null
  const parameters: string[] = []
  if (error !== 'none') parameters.push(`error="${error}"`)
  const metadata = audience === null ? null : metadataUrlOf(audience, publicUrl)
  if (metadata !== null) parameters.push(`resource_metadata="${metadata}"`)
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`
}

/** Where a client reads which authorization server serves this audience (RFC 9728 §3.1). */
export function metadataUrlOf(audience: Audience, publicUrl: string): string | null {
  const base = publicUrl.endsWith('/') ? publicUrl.slice(0, -1) : publicUrl
  if (!audience.startsWith(`${base}/`)) return null
  return `${base}${PROTECTED_RESOURCE_PATH}${audience.slice(base.length)}`
}

const presentsCredential = (call: Pick<InboundCall, 'headers'>): boolean =>
  call.headers['authorization'] !== undefined || call.headers['x-api-key'] !== undefined

function errorOf(
  { code }: Reason,
  call: Pick<InboundCall, 'headers'>,
): 'none' | 'invalid_token' | 'insufficient_scope' | null {
  switch (code) {
    case 'unauthenticated':
    case 'caller_not_registered':
      return presentsCredential(call) ? 'invalid_token' : 'none'
    case 'token_expired':
    case 'audience_mismatch':
    case 'proof_required':
    case 'replayed':
    case 'revoked':
      return 'invalid_token'
    case 'grant_exceeded':
      return 'insufficient_scope'
    case 'subject_required':
    case 'subject_mismatch':
    case 'sponsor_missing':
    case 'sponsor_inactive':
    case 'sponsor_mismatch':
    case 'delegation_exceeded':
    case 'forbidden_by_policy':
    case 'approval_required':
    case 'approval_mismatch':
    case 'obligation_unsupported':
    case 'budget_exhausted':
    case 'rate_limited':
    case 'evaluation_error':
    case 'evaluation_limit':
    case 'fact_unavailable':
    case 'definition_changed':
    case 'malformed':
    case 'unsupported':
    case 'not_found':
    case 'evidence_unavailable':
    case 'policy_unavailable':
    case 'clock_unreliable':
    case 'stale':
    case 'upstream_unavailable':
      return null
  }
}
