import { matchesAny } from '../policy/match-names.ts'
import type { CompiledRule } from '../policy/release.ts'
import { derivedRoleTruth } from './derived-roles.ts'
import type { Evaluation } from './evaluation.ts'
import type { Truth } from './notes.ts'

/**
 * Whether a rule counts for a role, or for one that it acts as: by name, or through a derived role
 * whose condition holds. Every derived role that they could lead to is judged, so that one that
 * fails is never overlooked.
 */
export function ruleApplies(
  evaluation: Evaluation,
  rule: CompiledRule,
  roles: readonly string[],
): Truth {
  const direct = matchesAny(rule.roles, roles)
  if (rule.derivedRoles.length === 0) return direct ? 'yes' : 'no'
  let applies = direct
  let unknown = false
  for (const derived of rule.derivedRoles) {
    if (!matchesAny(derived.parentRoles, roles)) continue
    const truth = derivedRoleTruth(evaluation, derived)
    if (truth === 'error' || truth === 'limit') return truth
    if (truth === 'yes') applies = true
    else if (truth === 'unknown') unknown = true
  }
  return applies ? 'yes' : unknown ? 'unknown' : 'no'
}
