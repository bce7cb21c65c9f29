import { codeCompiler } from '../cel/code-compiler.ts'
import { policyEnvironment } from '../cel/policy-environment.ts'
import type { PolicyRef } from '../core/decision.ts'
import type { Digest } from '../core/ids.ts'
import type { ExpressionCache } from './check-expression.ts'
import { compileRules, tableOf } from './compile-rules.ts'
import type { RuleCounter } from './compile-rules.ts'
import { compileGlob, isPattern } from './glob.ts'
import type { DefiningPolicy, Exports } from './link-definitions.ts'
import { linkDefinitions } from './link-definitions.ts'
import type { DerivedRoleSets } from './link-derived-roles.ts'
import { importedDerivedRoles, linkDerivedRoles } from './link-derived-roles.ts'
import { foldName, principalKey, resourceKey, roleKey } from './names.ts'
import { needsOf } from './needs.ts'
import type { CompiledRelease, RuleTable, ScopedTables } from './release.ts'
import { rolesActedAs } from './roles-acted-as.ts'
import type { SchemaLibrary } from './compile-schemas.ts'
import { indexSchemas } from './compile-schemas.ts'
import type { PolicyTree, PrincipalPolicy, ResourcePolicy, RolePolicy } from './tree.ts'

/**
 * Compiles policies that were read without problems into a release named `digest`. References and
 * expressions are checked here; their problems go to the files of the trees, and a release from
 * which any problem was reported must be thrown away.
 */
export function compileRelease(
  trees: readonly PolicyTree[],
  given: Pick<CompiledRelease, 'digest' | 'options' | 'percentileOf'> & {
    readonly schemas: SchemaLibrary
  },
): CompiledRelease {
  const { digest, options, percentileOf } = given
  const cache: ExpressionCache = {
    environment: policyEnvironment(),
    compile: codeCompiler(),
    compiled: new Map(),
  }
  const exports = exportsOf(trees)
  const sets = linkDerivedRoles(exports, cache, ofKind(trees, 'derived_roles'))
  const compiling: Compiling = { digest, cache, exports, sets, counter: { next: 0 } }
  const resources = ofKind(trees, 'resource')
  const principals = ofKind(trees, 'principal')
  const roles = ofKind(trees, 'role')
  const release = {
    digest,
    policies: trees.length,
    guardrails: compileGuardrails(compiling, trees),
    resources: indexResources(
      compiling,
      resources.filter((policy) => !isPattern(policy.resource)),
    ),
    resourcePatterns: indexPatterns(
      compiling,
      resources.filter((policy) => isPattern(policy.resource)),
    ),
    principals: indexPrincipals(compiling, principals),
    resourceScopes: new Set([...resources, ...roles].map((policy) => policy.scope)),
    principalScopes: new Set(principals.map((policy) => policy.scope)),
    rolePolicies: indexRoles(compiling, roles),
    consentScopes: new Set(
      [...resources, ...principals]
        .filter((policy) => policy.scopePermissions === 'consent')
        .map((policy) => policy.scope),
    ),
    showsRules: trees.some(
      (tree) =>
        'rules' in tree && tree.rules.some((rule) => rule.discloses || rule.remedy !== null),
    ),
    schemas: indexSchemas(given.schemas, digest, resources),
    options,
    percentileOf,
  }
  return { ...release, needs: needsOf(cache) }
}

type Compiling = {
  readonly digest: Digest
  readonly cache: ExpressionCache
  readonly exports: Exports
  readonly sets: DerivedRoleSets
  readonly counter: RuleCounter
}

const ofKind = <K extends PolicyTree['kind']>(
  trees: readonly PolicyTree[],
  kind: K,
): readonly Extract<PolicyTree, { kind: K }>[] =>
  trees.filter((tree): tree is Extract<PolicyTree, { kind: K }> => tree.kind === kind)

const exportsOf = (trees: readonly PolicyTree[]): Exports => ({
  constants: new Map(ofKind(trees, 'export_constants').map((tree) => [tree.name, tree])),
  variables: new Map(ofKind(trees, 'export_variables').map((tree) => [tree.name, tree])),
})

/** The table of one policy's rules. */
function compileTable(
  compiling: Compiling,
  policy: Exclude<DefiningPolicy, { kind: 'derived_roles' }>,
  key: { readonly id: string; readonly scope: string },
): RuleTable {
  const { cache, exports, sets, counter, digest } = compiling
  const ref: PolicyRef = { release: digest, id: key.id, rule: null, scope: key.scope }
  const { scope, definitions } = linkDefinitions(exports, cache, policy)
  const derivedRoles = policy.kind === 'resource' ? importedDerivedRoles(sets, policy) : new Map()
  return compileRules({ cache, scope, ref, definitions, derivedRoles, counter }, policy.rules)
}

function compileGuardrails(compiling: Compiling, trees: readonly PolicyTree[]): RuleTable {
  const tables = ofKind(trees, 'guardrail').map((policy) =>
    compileTable(compiling, policy, { id: `guardrail.${policy.name}`, scope: '' }),
  )
  const ref = { release: compiling.digest, id: 'guardrail', rule: null, scope: '' }
  const rules = tables.flatMap((table) => [
    ...new Set([...table.byAction.values(), table.open].flat()),
  ])
  return tableOf(ref, rules)
}

function indexResources(
  compiling: Compiling,
  policies: readonly ResourcePolicy[],
): ReadonlyMap<string, ScopedTables> {
  const index: TableIndex = new Map()
  for (const policy of policies) {
    const { resource, version, scope } = policy
    const table = compileTable(compiling, policy, {
      id: resourceKey(resource, version, scope),
      scope,
    })
    const folded = foldName(resource)
    const tables = place(index, folded, { version, scope, table })
    // The name as written finds the same tables without folding the name of every request.
    index.set(resource, tables)
  }
  return index
}

function indexPatterns(
  compiling: Compiling,
  policies: readonly ResourcePolicy[],
): CompiledRelease['resourcePatterns'] {
  return policies.map((policy) => {
    const { resource, version, scope } = policy
    const table = compileTable(compiling, policy, {
      id: resourceKey(resource, version, scope),
      scope,
    })
    const index: TableIndex = new Map()
    const tables = place(index, resource, { version, scope, table })
    return { matches: compileGlob(resource)?.matches ?? (() => false), tables }
  })
}

function indexPrincipals(
  compiling: Compiling,
  policies: readonly PrincipalPolicy[],
): ReadonlyMap<string, ScopedTables> {
  const index: TableIndex = new Map()
  for (const policy of policies) {
    const { principal, version, scope } = policy
    const table = compileTable(compiling, policy, {
      id: principalKey(principal, version, scope),
      scope,
    })
    place(index, principal, { version, scope, table })
  }
  return index
}

function indexRoles(
  compiling: Compiling,
  policies: readonly RolePolicy[],
): CompiledRelease['rolePolicies'] {
  const scopes = new Map<string, RolePolicy[]>()
  for (const policy of policies)
    scopes.set(policy.scope, [...(scopes.get(policy.scope) ?? []), policy])
  return new Map(
    [...scopes].map(([scope, own]) => {
      const tables = new Map<string, Map<string, RuleTable>>()
      for (const policy of own) {
        const { role, version } = policy
        const table = compileTable(compiling, policy, { id: roleKey(role, version, scope), scope })
        const byRole = tables.get(version) ?? new Map<string, RuleTable>()
        // A role policy without rules says nothing; the role is not narrowed by it.
        if (policy.rules.length > 0) byRole.set(role, table)
        tables.set(version, byRole)
      }
      return [scope, { tables, actsAs: rolesActedAs(own) }]
    }),
  )
}

type Tables = Map<string, Map<string, RuleTable[]>>
type TableIndex = Map<string, Tables>

function place(
  index: TableIndex,
  name: string,
  entry: { readonly version: string; readonly scope: string; readonly table: RuleTable },
): Tables {
  const versions: Tables = index.get(name) ?? new Map()
  const scopes = versions.get(entry.version) ?? new Map<string, RuleTable[]>()
  scopes.set(entry.scope, [...(scopes.get(entry.scope) ?? []), entry.table])
  versions.set(entry.version, scopes)
  index.set(name, versions)
  return versions
}
