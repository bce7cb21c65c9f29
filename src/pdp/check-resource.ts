import type { EpochMillis } from '../core/clock.ts'
import type { Principal } from '../core/identity.ts'
import type { TenantId } from '../core/ids.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import type { JsonObject } from '../core/json.ts'
import { EVALUATION_STEPS_MAX } from '../core/limits.ts'
import type { Resource } from '../core/question.ts'
import type { EngineOptions } from '../policy/engine-options.ts'
import type { CompiledRelease } from '../policy/release.ts'
import { derivedRolesOf } from './derived-roles.ts'
import { evaluateGuardrails, evaluatePolicies } from './evaluate-policies.ts'
import type { Evaluation } from './evaluation.ts'
import { mainPolicy, principalTables, resourceTables } from './find-tables.ts'
import { openJudged } from './judged.ts'
import type { EvaluationError, Notes, OutputEntry, RuleVisit } from './notes.ts'
import { openNotes, sortedErrors } from './notes.ts'
import { openEvaluation } from './open-evaluation.ts'
import type { SchemaProblem } from './schema-problems.ts'
import { schemaProblems, schemasOf } from './schema-problems.ts'
import type { Verdict } from './verdict.ts'

/** One principal, one resource, and what is asked about it: the unit of the Cerbos API. */
export type CheckRequest = {
  readonly principal: Principal
  readonly resource: Resource
  readonly actions: readonly string[]
  /** `{jwt: claims}` or `{jwts: {name: {claims}}}`, verified; `{}` for none. */
  readonly auxData: JsonObject
  readonly now: EpochMillis
  /** `request.context` for `reeve.dev/v1`; null for none. */
  readonly context?: JsonObject
  readonly tenant?: TenantId
}

export type CheckedAction = {
  readonly action: string
  readonly effect: 'EFFECT_ALLOW' | 'EFFECT_DENY'
  /** The key of the policy as Cerbos names it; `NO_MATCH` where none is about the request. */
  readonly matchedPolicy: string
  /** The scope that decided; empty for the root and where nothing matched. */
  readonly matchedScope: string
  /** What decided, with the rule; for those who want more than the API tells. */
  readonly verdict: Verdict | null
}

/** The answer about one resource, with all that the API and tools can tell of it. */
export type CheckResult = {
  /** In the order of the request. */
  readonly actions: readonly CheckedAction[]
  /** Sorted. */
  readonly effectiveDerivedRoles: readonly string[]
  readonly outputs: readonly OutputEntry[]
  readonly validationErrors: readonly SchemaProblem[]
  /** Each once, sorted. */
  readonly evaluationErrors: readonly EvaluationError[]
  /** The rules that were looked at, in order. */
  readonly visits: readonly RuleVisit[]
}

/**
 * Answers as the Cerbos API does: policies only, for one principal as it was sent. `options` are
 * those of the release unless a caller such as a policy test has its own. Pure and total.
 */
export function checkResource(
  release: CompiledRelease,
  options: EngineOptions,
  request: CheckRequest,
): CheckResult {
  const notes = openNotes()
  const first = open(release, options, request, notes, request.actions[0] ?? '')
  const validationErrors = schemaProblems(first, request.actions)
  const actions =
    validationErrors.length > 0 && options.schemaEnforcement === 'reject'
      ? request.actions.map((action) => rejected(first, action))
      : checkActions(release, { ...options, schemaEnforcement: 'none' }, request, notes)
  return {
    actions,
    effectiveDerivedRoles: effectiveDerivedRoles(first, notes),
    outputs: notes.outputs,
    validationErrors,
    evaluationErrors: sortedErrors(notes),
    visits: notes.visits,
  }
}

function open(
  release: CompiledRelease,
  options: EngineOptions,
  request: CheckRequest,
  notes: Notes,
  action: string,
): Evaluation {
  const { principal, resource, auxData, now, context, tenant = DEFAULT_TENANT } = request
  const whom = `${tenant}/${principal.id}`
  const input = {
    release,
    ask: { action, resource },
    context: context ?? null,
    auxData,
    now,
    budget: { steps: EVALUATION_STEPS_MAX },
    unknown: [],
    options,
    strict: options.strictEvaluation,
    rollout: { subject: whom, agent: whom },
    notes,
  }
  return openEvaluation(input, principal)
}

/** Actions share what does not depend on them: conditions, derived roles and variables. */
function checkActions(
  release: CompiledRelease,
  options: EngineOptions,
  request: CheckRequest,
  notes: Notes,
): readonly CheckedAction[] {
  const shared = open(release, options, request, notes, '')
  shared.judged = openJudged()
  return request.actions.map((action) => {
    const evaluation = release.needs.action
      ? open(release, options, request, notes, action)
      : { ...shared, ask: { action, resource: request.resource } }
    // Each action has steps of its own, so that none is denied because of what was asked beside it.
    evaluation.budget.steps = EVALUATION_STEPS_MAX
    return checkedAction(evaluation, evaluateGuardrails(evaluation) ?? evaluatePolicies(evaluation))
  })
}

function checkedAction(evaluation: Evaluation, verdict: Verdict): CheckedAction {
  const { action } = evaluation.ask
  const allowed = verdict.effect === 'allow'
  const decided = allowed || verdict.cause !== 'no_match'
  return {
    action,
    effect: allowed ? 'EFFECT_ALLOW' : 'EFFECT_DENY',
    matchedPolicy: matchedPolicy(evaluation, verdict),
    matchedScope: decided ? (verdict.ref?.scope ?? '') : '',
    verdict,
  }
}

/**
 * Cerbos names the most specific policy of the kind that decided, in whichever scope its rule
 * stands; but for a failure, the policy of the rule that failed.
 */
function matchedPolicy(evaluation: Evaluation, verdict: Verdict): string {
  if (verdict.effect === 'deny' && verdict.cause === 'error') return verdict.ref?.id ?? NO_MATCH
  switch (verdict.from) {
    case 'role':
    case 'guardrail':
      return verdict.ref?.id ?? NO_MATCH
    case 'principal':
      if (verdict.effect === 'deny' && verdict.cause === 'no_match') return NO_MATCH
      return mainPolicy(evaluation, principalTables(evaluation), 'principal') ?? NO_MATCH
    case 'resource':
      return mainPolicy(evaluation, resourceTables(evaluation), 'resource') ?? NO_MATCH
  }
}

const NO_MATCH = 'NO_MATCH'

function rejected(evaluation: Evaluation, action: string): CheckedAction {
  const ref = schemasOf(evaluation)?.ref ?? null
  return {
    action,
    effect: 'EFFECT_DENY',
    matchedPolicy: mainPolicy(evaluation, resourceTables(evaluation), 'resource') ?? NO_MATCH,
    matchedScope: '',
    verdict: { effect: 'deny', cause: 'schema', rule: null, ref, from: 'resource' },
  }
}

/** Of every scope that was entered, whatever came of it. */
function effectiveDerivedRoles(evaluation: Evaluation, notes: Notes): readonly string[] {
  const found = new Set<string>()
  for (const { open: rules, byAction } of notes.entered) {
    const rule = rules[0] ?? byAction.values().next().value?.[0]
    if (rule === undefined) continue
    for (const name of derivedRolesOf(evaluation, rule.names).found) found.add(name)
  }
  return [...found].sort()
}
