import type { Budget } from '../cel/frame.ts'
import { markUnknown } from '../cel/mark-unknown.ts'
import type { CelObject } from '../cel/value.ts'
import { messageTag } from '../cel/value.ts'
import type { EpochMillis } from '../core/clock.ts'
import type { Principal } from '../core/identity.ts'
import type { JsonObject } from '../core/json.ts'
import type { Ask } from '../core/question.ts'
import type { CompiledRelease } from '../policy/release.ts'
import { runtimeOf } from './derived-roles.ts'
import type { EngineOptions } from '../policy/engine-options.ts'
import type { Evaluation, RolloutKeys } from './evaluation.ts'
import type { Notes } from './notes.ts'

/** What is asked, and what is known about it, whoever asks. */
export type EvaluationInput = {
  readonly release: CompiledRelease
  readonly ask: Ask
  readonly context: JsonObject | null
  readonly auxData: JsonObject
  readonly now: EpochMillis
  readonly budget: Budget
  /** Members of `R.attr` that are not known; empty when all are. */
  readonly unknown: readonly string[]
  readonly options: EngineOptions
  readonly strict: boolean
  readonly rollout: RolloutKeys
  readonly notes: Notes | null
}

/** Begins the evaluation of one principal against one ask. */
export function openEvaluation(input: EvaluationInput, principal: Principal): Evaluation {
  const { release, ask, now, budget, unknown } = input
  const { resource } = ask
  const P = {
    [messageTag]: true,
    id: principal.id,
    roles: principal.roles,
    attr: principal.attr,
    scope: withoutDot(principal.scope),
    policyVersion: principal.policyVersion,
    policy_version: principal.policyVersion,
  }
  const R = {
    [messageTag]: true,
    kind: resource.kind,
    id: resource.id,
    attr: resource.attr,
    scope: withoutDot(resource.scope),
    policyVersion: resource.policyVersion,
    policy_version: resource.policyVersion,
  }
  const request = release.needs.request ? requestOf(input, P, R) : null
  const variables = { P, R, request }
  return {
    release,
    principal,
    ask,
    request: unknown.length === 0 ? variables : markUnknown(variables, unknown.flatMap(pathsOf)),
    partial: unknown.length > 0,
    now,
    budget,
    options: input.options,
    strict: input.strict,
    rollout: input.rollout,
    notes: input.notes,
    judged: null,
    named: [],
    runtimeOf,
  }
}

/** What few policies read: the request as one value. */
function requestOf(input: EvaluationInput, principal: CelObject, resource: CelObject): CelObject {
  const auxData = { [messageTag]: true, ...input.auxData }
  const { ask, context } = input
  const { action } = ask
  const request = { principal, resource, action, context, auxData, aux_data: auxData }
  return { [messageTag]: true, ...request }
}

/** The scope `.` is the root, and reads as such. */
const withoutDot = (scope: string): string => (scope.startsWith('.') ? scope.slice(1) : scope)

const pathsOf = (name: string): readonly (readonly string[])[] => [
  ['R', 'attr', name],
  ['request', 'resource', 'attr', name],
]
