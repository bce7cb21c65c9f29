import type { Json, JsonObject } from './json.ts'
import type { Reason } from './reason.ts'

/** Something that would make a denied request allowed (CONTRACTS 4). */
export type Remedy =
  | { readonly kind: 'arguments'; readonly condition: string; readonly example?: JsonObject }
  | {
      readonly kind: 'approval'
      readonly who: string
      readonly url?: string
      readonly retry: string
    }
  | { readonly kind: 'scope'; readonly scope: string }

/** Which policy and rule decided; `rule` is null when nothing matched. */
export type PolicyRef = {
  readonly release: string
  readonly id: string
  readonly rule: string | null
  readonly scope: string
}

/** The factors of the formula of SECURITY 1. */
export type Factor =
  | 'guardrail'
  | 'subject'
  | 'actor'
  | 'ceiling'
  | 'grant'
  | 'token'
  | 'sponsor'
  | 'limits'
  | 'epochs'

/** One evaluation that the decision rests on; the record keeps them all. */
export type Basis = {
  readonly factor: Factor
  readonly principal: string
  readonly effect: 'allow' | 'deny'
  readonly policy: string | null
  readonly rule: string | null
}

/** What the enforcement point must do, or refuse. */
export type Obligation = { readonly kind: string; readonly value: Json }

/** What the enforcement point may ignore. */
export type Advice = { readonly kind: string; readonly value: Json }

/** Every factor of the formula allowed; holds only where each obligation is enforced. */
export type Allow = {
  readonly effect: 'allow'
  readonly basis: readonly Basis[]
  readonly policy: PolicyRef | null
  readonly obligations: readonly Obligation[]
  readonly advice: readonly Advice[]
}

/** At least one factor did not allow, or could not be evaluated; `reasons` has the first one first. */
export type Deny = {
  readonly effect: 'deny'
  readonly reasons: readonly [Reason, ...Reason[]]
  readonly basis: readonly Basis[]
  readonly policy: PolicyRef | null
  readonly remedies: readonly Remedy[]
  /**
   * Whether the caller may know that what it asked for exists: some arguments could be allowed.
   * False answers exactly like what does not exist (SECURITY 17).
   */
  readonly visible: boolean
}

/** The answer to one `Question`. Absence of an allow is a deny. */
export type Decision = Allow | Deny

/** Narrows a decision to an allow; its obligations are still to be enforced. */
export const allows = (decision: Decision): decision is Allow => decision.effect === 'allow'
