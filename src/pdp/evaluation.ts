import type { Budget, Variables } from '../cel/frame.ts'
import { markUnknown } from '../cel/mark-unknown.ts'
import type { Operand } from '../cel/operand.ts'
import type { EpochMillis } from '../core/clock.ts'
import type { Principal } from '../core/identity.ts'
import type { JsonObject } from '../core/json.ts'
import type { Ask } from '../core/question.ts'
import type { CompiledCondition, CompiledRelease, PolicyNames } from '../policy/release.ts'
import { runtimeOf } from './derived-roles.ts'
import type { NamedVariables } from './named-variables.ts'
import type { Truth } from './truth.ts'

/** One principal of the formula against one ask, while the policies are asked about it. */
export type Evaluation = {
  readonly release: CompiledRelease
  readonly principal: Principal
  readonly ask: Ask
  /** `P`, `R` and `request` as expressions see them, with what is unknown marked. */
  readonly request: Variables
  /** Whether some members of `R.attr` are unknown. */
  readonly partial: boolean
  readonly now: EpochMillis
  /** Shared by all evaluations of one decision. */
  readonly budget: Budget
  /** Conditions already judged: those of derived roles, and any that several roles ask for. */
  readonly judged: Map<CompiledCondition, Truth>
  /** What each policy that was met adds to the request. */
  readonly named: NamedVariables[]
  /** `runtime` in the expressions of a policy. */
  readonly runtimeOf: (evaluation: Evaluation, names: PolicyNames) => Operand
}

export type EvaluationInput = {
  readonly release: CompiledRelease
  readonly principal: Principal
  readonly ask: Ask
  readonly context: JsonObject | null
  readonly auxData: JsonObject
  readonly now: EpochMillis
  readonly budget: Budget
  /** Members of `R.attr` that are not known; empty when all are. */
  readonly unknown: readonly string[]
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
  const variables = { P, R, request }
  return {
    release,
    principal,
    ask,
    request: unknown.length === 0 ? variables : markUnknown(variables, unknown.flatMap(pathsOf)),
    partial: unknown.length > 0,
    now,
    budget,
    judged: new Map(),
    named: [],
    runtimeOf,
  }
}

const pathsOf = (name: string): readonly (readonly string[])[] => [
  ['R', 'attr', name],
  ['request', 'resource', 'attr', name],
]
