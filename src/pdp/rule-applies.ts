import { matchesName } from '../policy/match-names.ts'
import { foldName } from '../policy/names.ts'
import type { CompiledRule } from '../policy/release.ts'
import { derivedRoleTruth } from './derived-roles.ts'
import type { Evaluation, Truth } from './evaluation.ts'

/** Whether a rule with resources of its own is about the kind that is asked for. */
export function isAboutKind(rule: CompiledRule, kind: string): boolean {
  const { resources } = rule
  return (
    resources === null || matchesName(resources, kind) || matchesName(resources, foldName(kind))
  )
}

/**
 * Whether a rule counts for a role: by name, or through a derived role whose condition holds. Every
 * derived role that the role could lead to is judged, so that one that fails is never overlooked.
 */
export function ruleApplies(evaluation: Evaluation, rule: CompiledRule, role: string): Truth {
  const direct = matchesName(rule.roles, role)
  if (rule.derivedRoles.length === 0) return direct ? 'yes' : 'no'
  let applies = direct
  let unknown = false
  for (const derived of rule.derivedRoles) {
    if (!matchesName(derived.parentRoles, role)) continue
    const truth = derivedRoleTruth(evaluation, derived)
    if (truth === 'error' || truth === 'limit') return truth
    if (truth === 'yes') applies = true
    else if (truth === 'unknown') unknown = true
  }
  return applies ? 'yes' : unknown ? 'unknown' : 'no'
}
