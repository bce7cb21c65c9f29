import { matchesName } from '../policy/match-names.ts'
import type { CompiledRule, RuleTable } from '../policy/release.ts'
import type { Evaluation, Truth } from './evaluation.ts'
import type { ScopeTables } from './find-tables.ts'
import { principalTables, resourceTables } from './find-tables.ts'
import { isAboutKind, ruleApplies } from './rule-applies.ts'
import { rememberedTruth, truthOf } from './truth.ts'
import type { Denial, Verdict } from './verdict.ts'
import { denialBy } from './verdict.ts'

/**
 * Combines the rules about one principal and one ask as the policy language says: policies of the
 * principal first, then those of the resource; within each the most specific scope that decides;
 * in a scope a deny beats every allow; roles one by one, of which the first that is allowed wins.
 * Nothing matched is a denial. A condition that fails on the way denies, whatever else would allow.
 *
 * INVARIANT(visible): while arguments are unknown, a denial is returned only if every choice of
 * arguments gives one.
 */
export function evaluatePolicies(evaluation: Evaluation): Verdict {
  const { release, principal, ask } = evaluation
  const own = principalTables(release, principal)
  const verdict = own.length === 0 ? null : evaluateScopes(evaluation, own, null)
  if (verdict !== null) return verdict
  const tables = resourceTables(release, ask.resource)
  let denial: Denial | null = null
  for (const role of tables.length === 0 ? NO_ROLES : principal.roles) {
    const one = evaluateScopes(evaluation, tables, role)
    if (one === null) continue
    // Another role may still be allowed what a rule denies to this one; a failure is final.
    if (one.effect === 'allow' || one.cause !== 'rule') return one
    denial ??= one
  }
  if (denial !== null) return denial
  const nearest = tables[0]?.[0] ?? own[0]?.[0]
  return { effect: 'deny', cause: 'no_match', rule: null, ref: nearest?.ref ?? null }
}

const NO_ROLES: readonly string[] = []

/** Deny rules that come before all policies, for whatever role; null when none applies. */
export function evaluateGuardrails(evaluation: Evaluation): Denial | null {
  const { guardrails } = evaluation.release
  if (guardrails.open.length === 0 && guardrails.byAction.size === 0) return null
  const { roles } = evaluation.principal
  for (const role of roles.length === 0 ? WITHOUT_ROLE : roles) {
    const denial = evaluateTable(evaluation, guardrails, role, openScope())
    if (denial !== null) return denial
  }
  return null
}

/** A principal without roles still meets the guardrails that are for everybody. */
const WITHOUT_ROLE: readonly string[] = ['']

/** What the rules of one scope have come to so far. */
type ScopeState = {
  /** The first rule that allows, or might while arguments are unknown. */
  allow: CompiledRule | null
  /** Whether some rule might deny, depending on arguments that are unknown. */
  deniesMaybe: boolean
}

const openScope = (): ScopeState => ({ allow: null, deniesMaybe: false })

/** Walks from the most specific scope up; null when no scope decides. */
function evaluateScopes(
  evaluation: Evaluation,
  scopes: readonly ScopeTables[],
  role: string | null,
): Verdict | null {
  const state = openScope()
  for (const tables of scopes) {
    for (const table of tables) {
      const denial = evaluateTable(evaluation, table, role, state)
      if (denial !== null) return denial
    }
    if (state.allow !== null) return { effect: 'allow', ref: state.allow.ref }
  }
  return null
}

/** Goes through the rules about the action; a denial ends it. `role` null means any. */
function evaluateTable(
  evaluation: Evaluation,
  table: RuleTable,
  role: string | null,
  state: ScopeState,
): Denial | null {
  const { action, resource } = evaluation.ask
  const literal = table.byAction.get(action)
  for (const rule of literal ?? table.open) {
    if (literal === undefined && !matchesName(rule.actions, action)) continue
    if (!isAboutKind(rule, resource.kind)) continue
    const truth = ruleTruth(evaluation, rule, role)
    if (truth === 'no') continue
    if (truth === 'error' || truth === 'limit') {
      const spoilt = spoil(evaluation, rule, truth, state)
      if (spoilt !== null) return spoilt
    } else if (rule.effect === 'allow') state.allow ??= rule
    else if (truth === 'yes') return denialBy('rule', rule)
    else state.deniesMaybe = true
  }
  return null
}

/** Whether the rule is in force: it counts for the role, and its condition holds. */
function ruleTruth(evaluation: Evaluation, rule: CompiledRule, role: string | null): Truth {
  const applies = role === null ? 'yes' : ruleApplies(evaluation, rule, role)
  if (applies !== 'yes' && applies !== 'unknown') return applies
  const { condition, names } = rule
  if (condition === null) return applies
  const once = evaluation.principal.roles.length < 2
  const truth = (once ? truthOf : rememberedTruth)(evaluation, names, condition)
  return applies === 'yes' || truth === 'no' || truth === 'limit' ? truth : 'unknown'
}

/**
 * A condition that failed. While arguments are unknown, running out of steps is no certain failure,
 * and a failure behind a rule that might deny this role leaves the other roles their chance.
 */
function spoil(
  evaluation: Evaluation,
  rule: CompiledRule,
  truth: 'error' | 'limit',
  state: ScopeState,
): Denial | null {
  if (truth === 'error') return denialBy(state.deniesMaybe ? 'rule' : 'error', rule)
  if (!evaluation.partial) return denialBy('limit', rule)
  if (rule.effect === 'allow') state.allow ??= rule
  else state.deniesMaybe = true
  return null
}
