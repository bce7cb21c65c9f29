import type { Budget, Variables } from '../cel/frame.ts'
import type { EpochMillis } from '../core/clock.ts'
import type { Principal } from '../core/identity.ts'
import type { JsonObject } from '../core/json.ts'
import type { Ask } from '../core/question.ts'
import type { CompiledCondition, CompiledPolicy, CompiledRelease } from '../policy/release.ts'
import type { Truth } from './truth.ts'

/** One principal of the formula against one ask, while the policies are asked about it. */
export type Evaluation = {
  readonly release: CompiledRelease
  readonly principal: Principal
  readonly ask: Ask
  /** `P`, `R` and `request` as expressions see them. */
  readonly objects: { readonly P: JsonObject; readonly R: JsonObject; readonly request: JsonObject }
  readonly now: EpochMillis
  /** Shared by all evaluations of one decision. */
  readonly budget: Budget
  /** Paths under `R.attr` that are not known; null when everything is. */
  readonly unknown: readonly string[] | null
  /** Conditions already judged: those of derived roles, and any that several roles ask for. */
  readonly judged: Map<CompiledCondition, Truth>
  /** The variables of the policy whose conditions were judged last. */
  latest: { readonly policy: CompiledPolicy; readonly variables: Variables } | null
}

export type EvaluationInput = {
  readonly release: CompiledRelease
  readonly principal: Principal
  readonly ask: Ask
  readonly context: JsonObject | null
  readonly auxData: JsonObject
  readonly now: EpochMillis
  readonly budget: Budget
  readonly unknown: readonly string[] | null
}

export function openEvaluation(input: EvaluationInput): Evaluation {
  const { release, principal, ask, now, budget, unknown } = input
  const { resource } = ask
  const P = {
    id: principal.id,
    roles: principal.roles,
    attr: principal.attr,
    scope: principal.scope,
    policyVersion: principal.policyVersion,
    policy_version: principal.policyVersion,
  }
  const R = {
    kind: resource.kind,
    id: resource.id,
    attr: resource.attr,
    scope: resource.scope,
    policyVersion: resource.policyVersion,
    policy_version: resource.policyVersion,
  }
  const request = {
    principal: P,
    resource: R,
    action: ask.action,
    context: input.context,
    auxData: input.auxData,
    aux_data: input.auxData,
  }
  const objects = { P, R, request }
  return { release, principal, ask, objects, now, budget, unknown, judged: new Map(), latest: null }
}
