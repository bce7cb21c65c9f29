import type { Evaluation } from './evaluation.ts'
import { scopeOf } from './find-tables.ts'

/** A role with all that it acts as, by the role policies of exactly the scope that is asked about. */
export function rolesActedAs(evaluation: Evaluation, role: string): readonly string[] {
  const { release, options, ask } = evaluation
  if (release.rolePolicies.size === 0) return [role]
  const scope = release.rolePolicies.get(scopeOf(options, ask.resource.scope))
  return scope?.actsAs.get(role) ?? [role]
}

/** All roles of the principal with all that they act as. */
export function allRoles(evaluation: Evaluation): readonly string[] {
  const { release, principal } = evaluation
  if (release.rolePolicies.size === 0) return principal.roles
  return principal.roles.flatMap((role) => rolesActedAs(evaluation, role))
}
