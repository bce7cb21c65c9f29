import type { Operand } from '../cel/operand.ts'
import { celError, UNKNOWN } from '../cel/operand.ts'
import type { CompiledDerivedRole, PolicyNames } from '../policy/release.ts'
import { matchesName } from '../policy/match-names.ts'
import type { Evaluation, Truth } from './evaluation.ts'
import { rememberedTruth } from './truth.ts'

/** Whether a principal who has a parent role has the derived role. */
export const derivedRoleTruth = (evaluation: Evaluation, role: CompiledDerivedRole): Truth =>
  role.condition === null ? 'yes' : rememberedTruth(evaluation, role.names, role.condition)

/** `runtime` for the expressions of a policy: the derived roles in force among those its rules name. */
export function runtimeOf(evaluation: Evaluation, names: PolicyNames): Operand {
  const found: string[] = []
  let unknown = false
  for (const role of names.derivedRoles) {
    if (!evaluation.principal.roles.some((name) => matchesName(role.parentRoles, name))) continue
    const truth = derivedRoleTruth(evaluation, role)
    if (truth === 'error' || truth === 'limit') return celError(`derived role ${role.name} failed`)
    if (truth === 'unknown') unknown = true
    else if (truth === 'yes') found.push(role.name)
  }
  if (unknown) return UNKNOWN
  found.sort()
  return { effectiveDerivedRoles: found, effective_derived_roles: found }
}
