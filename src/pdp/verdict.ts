import type { Advice, Obligation, PolicyRef } from '../core/decision.ts'
import type { CompiledRule } from '../policy/release.ts'

/**
 * What the policies say of one principal and one ask. While arguments are unknown an `allow` means
 * that some arguments might be allowed, and a denial that none can be.
 */
export type Verdict =
  | {
      readonly effect: 'allow'
      readonly ref: PolicyRef
      readonly from: 'principal' | 'resource'
      readonly obligations: readonly Obligation[]
      readonly advice: readonly Advice[]
    }
  | Denial

export type Denial = {
  readonly effect: 'deny'
  /**
   * `approval`: a rule allows once somebody has consented. `schema`: the attributes do not fit.
   */
  readonly cause: 'rule' | 'no_match' | 'error' | 'limit' | 'approval' | 'schema'
  /** The rule that denied or failed; null when nothing matched. */
  readonly rule: CompiledRule | null
  /** The policy that decided; null when no policy is about this kind of resource. */
  readonly ref: PolicyRef | null
  /** Which policies decided; `role` when it was a role policy. */
  readonly from: 'principal' | 'resource' | 'role' | 'guardrail'
}

export const denialBy = (
  cause: 'rule' | 'error' | 'limit' | 'approval',
  rule: CompiledRule,
  from: Denial['from'],
): Denial => ({ effect: 'deny', cause, rule, ref: rule.ref, from })
