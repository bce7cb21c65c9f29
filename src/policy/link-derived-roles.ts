import type { ExpressionCache } from './check-expression.ts'
import { checkCondition } from './check-expression.ts'
import { report } from './diagnostic.ts'
import type { Exports } from './link-definitions.ts'
import { linkDefinitions } from './link-definitions.ts'
import { nameMatcher } from './match-names.ts'
import type { CompiledDerivedRole } from './release.ts'
import type { DerivedRolesPolicy, NameRef, ResourcePolicy } from './tree.ts'

/** Compiled derived roles by the name of their set. */
export type DerivedRoleSets = ReadonlyMap<string, readonly CompiledDerivedRole[]>

/** Compiles every set once, whether a policy imports it or not, so that its errors are seen. */
export function linkDerivedRoles(
  exports: Exports,
  cache: ExpressionCache,
  sets: readonly DerivedRolesPolicy[],
): DerivedRoleSets {
  const linked = new Map<string, readonly CompiledDerivedRole[]>()
  for (const set of sets) {
    const { scope, definitions } = linkDefinitions(exports, cache, set)
    // Empty while derived roles are judged: none of them may depend on another.
    const names = { definitions, derivedRoles: [] }
    linked.set(
      set.name,
      set.definitions.map((role) => ({
        name: role.name,
        parentRoles: nameMatcher(role.parentRoles),
        condition: role.condition === null ? null : checkCondition(cache, scope, role.condition),
        names,
      })),
    )
  }
  return linked
}

/** The derived roles that a policy's rules name, by name. Unknown and ambiguous names are reported. */
export function importedDerivedRoles(
  sets: DerivedRoleSets,
  policy: ResourcePolicy,
): ReadonlyMap<string, CompiledDerivedRole> {
  const found = new Map<string, CompiledDerivedRole[]>()
  for (const ref of policy.derivedRoleImports) {
    const roles = sets.get(ref.name)
    if (roles === undefined) {
      const message = `no \`derivedRoles\` is named \`${ref.name}\``
      report(policy.file, ref.at, { code: 'name_unknown', message })
    }
    for (const role of roles ?? []) found.set(role.name, [...(found.get(role.name) ?? []), role])
  }
  const used = new Map<string, CompiledDerivedRole>()
  for (const ref of policy.rules.flatMap((rule) => rule.derivedRoles)) {
    const role = resolve(policy, ref, found.get(ref.name) ?? [])
    if (role !== null) used.set(ref.name, role)
  }
  return used
}

function resolve(
  policy: ResourcePolicy,
  ref: NameRef,
  candidates: readonly CompiledDerivedRole[],
): CompiledDerivedRole | null {
  const [role] = candidates
  if (role === undefined) {
    const message = `no imported derived role is named \`${ref.name}\``
    report(policy.file, ref.at, {
      code: 'name_unknown',
      message,
      hint: 'list its set in `importDerivedRoles`',
    })
    return null
  }
  if (candidates.length === 1) return role
  const message = `derived role \`${ref.name}\` is imported from more than one set`
  report(policy.file, ref.at, { code: 'name_ambiguous', message })
  return null
}
