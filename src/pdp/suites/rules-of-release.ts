import type {
  CompiledCondition,
  CompiledDerivedRole,
  CompiledExpression,
  CompiledRelease,
  CompiledRule,
  RuleTable,
  ScopedTables,
} from '../../policy/release.ts'

/** Every rule of a release once, in the order of their policies. */
export function rulesOfRelease(release: CompiledRelease): readonly CompiledRule[] {
  const rules = new Map<number, CompiledRule>()
  const add = (table: RuleTable): void => {
    for (const rule of [...table.byAction.values(), table.open].flat()) rules.set(rule.id, rule)
  }
  const addAll = (tables: ScopedTables): void => {
    for (const scopes of tables.values())
      for (const list of scopes.values()) for (const table of list) add(table)
  }
  add(release.guardrails)
  for (const tables of release.resources.values()) addAll(tables)
  for (const { tables } of release.resourcePatterns) addAll(tables)
  for (const tables of release.principals.values()) addAll(tables)
  for (const { tables } of release.rolePolicies.values())
    for (const roles of tables.values()) for (const table of roles.values()) add(table)
  return [...rules.values()].sort((left, right) => left.id - right.id)
}

/** Derived roles that rules name, once each. */
export const rolesOfRules = (rules: readonly CompiledRule[]): readonly CompiledDerivedRole[] => [
  ...new Set(rules.flatMap((rule) => rule.derivedRoles)),
]

/** The expressions of a condition, from left to right. */
export function expressionsOf(condition: CompiledCondition | null): readonly CompiledExpression[] {
  if (condition === null) return []
  return condition.kind === 'expr' ? [condition.expression] : condition.of.flatMap(expressionsOf)
}
