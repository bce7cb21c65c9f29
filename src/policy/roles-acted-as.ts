import type { RolePolicy } from './tree.ts'

/** Each role that has parents, with itself and all its parents, nearest first. Cycles end where they began. */
export function rolesActedAs(
  policies: readonly RolePolicy[],
): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, Set<string>>()
  for (const { role, parentRoles } of policies) {
    const known = parents.get(role) ?? new Set()
    for (const parent of parentRoles) known.add(parent)
    parents.set(role, known)
  }
  const closed = new Map<string, readonly string[]>()
  for (const [role, own] of parents) {
    if (own.size === 0) continue
    // A set grows while it is walked: what is added is visited as well, once.
    const found = new Set([role])
    for (const one of found) for (const parent of parents.get(one) ?? []) found.add(parent)
    closed.set(role, [...found])
  }
  return closed
}
