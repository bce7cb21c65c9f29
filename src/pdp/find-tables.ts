import type { Principal } from '../core/identity.ts'
import type { Resource } from '../core/question.ts'
import { DEFAULT_VERSION, foldName, scopeChain } from '../policy/names.ts'
import type { CompiledRelease, RuleTable, ScopedTables } from '../policy/release.ts'

/** The tables of one scope; rules of all of them count alike. */
export type ScopeTables = readonly RuleTable[]

const NO_TABLES: readonly ScopeTables[] = []

/** The policies about a principal, most specific scope first. Ids are compared as bytes. */
export function principalTables(
  release: CompiledRelease,
  principal: Principal,
): readonly ScopeTables[] {
  const versions = release.principals.get(principal.id)
  if (versions === undefined) return NO_TABLES
  return chainOf(release.principalScopes, [versions], principal)
}

/** The policies about a kind of resource, those of matching patterns included. */
export function resourceTables(
  release: CompiledRelease,
  resource: Resource,
): readonly ScopeTables[] {
  const { kind } = resource
  const versions = release.resources.get(kind) ?? release.resources.get(foldName(kind))
  const sources = versions === undefined ? [] : [versions]
  for (const pattern of release.resourcePatterns)
    if (pattern.matches(kind)) sources.push(pattern.tables)
  return chainOf(release.resourceScopes, sources, resource)
}

function chainOf(
  scopes: ReadonlySet<string>,
  sources: readonly ScopedTables[],
  place: { readonly scope: string; readonly policyVersion: string },
): readonly ScopeTables[] {
  const scope = place.scope.startsWith('.') ? place.scope.slice(1) : place.scope
  // A scope in which no policy exists at all matches nothing: it may be a typing error.
  if (!scopes.has(scope)) return NO_TABLES
  const version = place.policyVersion === '' ? DEFAULT_VERSION : place.policyVersion
  const chain: ScopeTables[] = []
  for (const one of scope === '' ? ROOT : scopeChain(scope)) {
    const tables = tablesIn(sources, version, one)
    if (tables.length > 0) chain.push(tables)
  }
  return chain
}

const ROOT: readonly string[] = ['']

function tablesIn(sources: readonly ScopedTables[], version: string, scope: string): ScopeTables {
  const [only] = sources
  if (only !== undefined && sources.length === 1) return only.get(version)?.get(scope) ?? []
  return sources.flatMap((source) => source.get(version)?.get(scope) ?? [])
}
