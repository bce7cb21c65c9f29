import type { Operand } from '../cel/operand.ts'
import { celError, UNKNOWN } from '../cel/operand.ts'
import type { CompiledDerivedRole, PolicyNames } from '../policy/release.ts'
import type { Evaluation } from './evaluation.ts'
import type { Truth } from './notes.ts'
import { matchesAny } from '../policy/match-names.ts'
import { allRoles } from './roles-of.ts'
import { rememberedTruth } from './truth.ts'

/** Whether a principal who has a parent role has the derived role. */
export const derivedRoleTruth = (evaluation: Evaluation, role: CompiledDerivedRole): Truth =>
  role.condition === null ? 'yes' : rememberedTruth(evaluation, role.names, role.condition)

/** `runtime` for the expressions of a policy: the derived roles in force among those its rules name. */
export function runtimeOf(evaluation: Evaluation, names: PolicyNames): Operand {
  const { found, failed, unknown } = derivedRolesOf(evaluation, names)
  if (failed.length > 0)
    return celError(`failed to compute effective derived roles [${failed.join(', ')}]`)
  if (unknown) return UNKNOWN
  return { effectiveDerivedRoles: found, effective_derived_roles: found }
}

/** Which derived roles of a policy are in force, sorted; and those of which that cannot be told. */
export function derivedRolesOf(
  evaluation: Evaluation,
  names: PolicyNames,
): {
  readonly found: readonly string[]
  readonly failed: readonly string[]
  readonly unknown: boolean
} {
  const found: string[] = []
  const failed: string[] = []
  let unknown = false
  const roles = names.derivedRoles.length === 0 ? [] : allRoles(evaluation)
  for (const role of names.derivedRoles) {
    if (!matchesAny(role.parentRoles, roles)) continue
    const truth = derivedRoleTruth(evaluation, role)
    if (truth === 'error' || truth === 'limit') failed.push(role.name)
    else if (truth === 'unknown') unknown = true
    else if (truth === 'yes') found.push(role.name)
  }
  return { found: found.sort(), failed: failed.sort(), unknown }
}
