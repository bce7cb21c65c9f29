import type {
  CompiledRelease,
  CompiledRule,
  RuleTable,
  ScopedTables,
} from '../../policy/release.ts'

/**
 * A copy of a release with other rules in the places of its own. A rule stands in several tables;
 * `change` must give the same rule for it each time.
 */
export function mapRules(
  release: CompiledRelease,
  change: (rule: CompiledRule) => CompiledRule,
): CompiledRelease {
  const table = (one: RuleTable): RuleTable => ({
    ...one,
    byAction: mapValues(one.byAction, (rules) => rules.map(change)),
    open: one.open.map(change),
  })
  const tables = (scoped: ScopedTables): ScopedTables =>
    mapValues(scoped, (scopes) => mapValues(scopes, (list) => list.map(table)))
  return {
    ...release,
    guardrails: table(release.guardrails),
    resources: mapValues(release.resources, tables),
    resourcePatterns: release.resourcePatterns.map((pattern) => ({
      ...pattern,
      tables: tables(pattern.tables),
    })),
    principals: mapValues(release.principals, tables),
    rolePolicies: mapValues(release.rolePolicies, (roles) => ({
      ...roles,
      tables: mapValues(roles.tables, (byRole) => mapValues(byRole, table)),
    })),
  }
}

const mapValues = <T>(
  map: ReadonlyMap<string, T>,
  change: (value: T) => T,
): ReadonlyMap<string, T> => new Map([...map].map(([key, value]) => [key, change(value)]))
