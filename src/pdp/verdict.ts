import type { PolicyRef } from '../core/decision.ts'
import type { CompiledRule } from '../policy/release.ts'

/**
 * What the policies say of one principal and one ask. While arguments are unknown an `allow` means
 * that some arguments might be allowed, and a denial that none can be.
 */
export type Verdict = { readonly effect: 'allow'; readonly ref: PolicyRef } | Denial

export type Denial = {
  readonly effect: 'deny'
  readonly cause: 'rule' | 'no_match' | 'error' | 'limit'
  /** The rule that denied or failed; null when nothing matched. */
  readonly rule: CompiledRule | null
  /** The policy that decided; null when no policy is about this kind of resource. */
  readonly ref: PolicyRef | null
}

export const denialBy = (cause: 'rule' | 'error' | 'limit', rule: CompiledRule): Denial => ({
  effect: 'deny',
  cause,
  rule,
  ref: rule.ref,
})
