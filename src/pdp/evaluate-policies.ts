import type { Evaluation } from './evaluation.ts'
import { evaluateScopes, evaluateTable, openWalk } from './evaluate-scopes.ts'
import type { ScopeTables } from './find-tables.ts'
import { principalTables, resourceTables } from './find-tables.ts'
import { schemaDenial } from './schema-problems.ts'
import type { Denial, Verdict } from './verdict.ts'

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
  const misfit = schemaDenial(evaluation)
  if (misfit !== null) return misfit
  const own = principalTables(evaluation)
  const verdict = own.length === 0 ? null : evaluateScopes(evaluation, own, null, 'principal')
  if (verdict !== null) return verdict
  const tables = resourceTables(evaluation)
  return tables.length === 0 ? noMatch(own, 'principal') : evaluateRoles(evaluation, tables)
}

function evaluateRoles(evaluation: Evaluation, tables: readonly ScopeTables[]): Verdict {
  let denial: Denial | null = null
  for (const role of evaluation.principal.roles) {
    const one = evaluateScopes(evaluation, tables, role, 'resource')
    if (one === null) continue
    // Another role may still be allowed what a rule denies to this one; a failure is final.
    if (one.effect === 'allow' || one.cause === 'error' || one.cause === 'limit') return one
    if (denial === null || (denial.cause !== 'approval' && one.cause === 'approval')) denial = one
  }
  return denial ?? noMatch(tables, 'resource')
}

function noMatch(tables: readonly ScopeTables[], from: 'principal' | 'resource'): Denial {
  const nearest = tables.find((scope) => scope.tables.length > 0)?.tables[0]
  return { effect: 'deny', cause: 'no_match', rule: null, ref: nearest?.ref ?? null, from }
}

/** Deny rules that come before all policies, for whatever role; null when none applies. */
export function evaluateGuardrails(evaluation: Evaluation): Denial | null {
  const { guardrails } = evaluation.release
  if (guardrails.open.length === 0 && guardrails.byAction.size === 0) return null
  const { roles } = evaluation.principal
  for (const role of roles.length === 0 ? WITHOUT_ROLE : roles) {
    const walk = openWalk(evaluation, role, 'guardrail')
    const denial = evaluateTable(evaluation, guardrails, walk)
    if (denial !== null) return denial
  }
  return null
}

/** A principal without roles still meets the guardrails that are for everybody. */
const WITHOUT_ROLE: readonly string[] = ['']
