/**
 * Why something was refused. The list is closed (CONTRACTS 4); it grows by decision record only.
 */
export const REASON_CODES = [
  'unauthenticated',
  'token_expired',
  'audience_mismatch',
  'proof_required',
  'replayed',
  'revoked',
  'subject_required',
  'subject_mismatch',
  'sponsor_missing',
  'sponsor_inactive',
  'sponsor_mismatch',
  'delegation_exceeded',
  'grant_exceeded',
  'forbidden_by_policy',
  'approval_required',
  'approval_mismatch',
  'obligation_unsupported',
  'budget_exhausted',
  'rate_limited',
  'evaluation_error',
  'evaluation_limit',
  'fact_unavailable',
  'definition_changed',
  'malformed',
  'unsupported',
  'not_found',
  'caller_not_registered',
  'evidence_unavailable',
  'policy_unavailable',
  'clock_unreliable',
  'stale',
  'upstream_unavailable',
] as const

/** One code of the closed list. */
export type ReasonCode = (typeof REASON_CODES)[number]

/**
 * A code for programs and a sentence for people: lower case, no full stop, user input in backticks,
 * never a token, key, prompt or body.
 */
export type Reason = { readonly code: ReasonCode; readonly detail: string }

/** Makes a reason; the detail follows the rules of `Reason`. */
export const reason = (code: ReasonCode, detail: string): Reason => ({ code, detail })
