import { resourceKey, principalKey, foldName, scopeChain } from '../policy/names.ts'
import type { EngineOptions } from '../policy/engine-options.ts'
import type { CompiledRelease, RuleTable, ScopedTables } from '../policy/release.ts'
import { isAboutKind } from './is-about-kind.ts'
import type { Evaluation } from './evaluation.ts'

/** The tables of one scope; rules of all of them count alike. */
export type ScopeTables = {
  readonly scope: string
  readonly tables: readonly RuleTable[]
  /** Role policies that are in force here, by role. */
  readonly roles: ReadonlyMap<string, RuleTable> | null
  /** Whether an allow of this scope needs the parent scope's as well. */
  readonly consent: boolean
}

const NO_TABLES: readonly ScopeTables[] = []
const NO_RULES: readonly RuleTable[] = []

/** The policies about a principal, most specific scope first. Ids are compared as bytes. */
export function principalTables(evaluation: Evaluation): readonly ScopeTables[] {
  const { release, principal, options } = evaluation
  const versions = release.principals.get(principal.id)
  if (versions === undefined) return NO_TABLES
  const start = startOf(release.principalScopes, evaluation, principal.scope)
  if (start === null) return NO_TABLES
  const version = versionOf(options, principal.policyVersion)
  const chain: ScopeTables[] = []
  for (const scope of scopesFrom(start)) {
    const tables = versions.get(version)?.get(scope)
    if (tables !== undefined) {
      chain.push({ scope, tables, roles: null, consent: release.consentScopes.has(scope) })
    }
  }
  return chain
}

/** The policies about a kind of resource, those of matching patterns and role policies included. */
export function resourceTables(evaluation: Evaluation): readonly ScopeTables[] {
  const { release, options, ask } = evaluation
  const { kind, policyVersion, scope: asked } = ask.resource
  const start = startOf(release.resourceScopes, evaluation, asked)
  if (start === null) return NO_TABLES
  const sources = sourcesOf(release, kind)
  if (sources.length === 0 && release.rolePolicies.size === 0) return NO_TABLES
  const version = versionOf(options, policyVersion)
  const chain: ScopeTables[] = []
  let any = false
  for (const scope of scopesFrom(start)) {
    const tables = tablesIn(sources, version, scope)
    const roles = release.rolePolicies.get(scope)?.tables.get(version) ?? null
    if (tables.length === 0 && roles === null) continue
    if (tables.length > 0 || areAboutKind(roles, kind)) any = true
    chain.push({ scope, tables, roles, consent: release.consentScopes.has(scope) })
  }
  // Role policies only narrow: where nothing is about the kind there is nothing to narrow.
  return any ? chain : NO_TABLES
}

function areAboutKind(roles: ReadonlyMap<string, RuleTable> | null, kind: string): boolean {
  for (const { byAction, open } of roles?.values() ?? [])
    for (const rules of [...byAction.values(), open])
      if (rules.some((rule) => isAboutKind(rule, kind))) return true
  return false
}

const NO_SOURCES: readonly ScopedTables[] = []

function sourcesOf(release: CompiledRelease, kind: string): readonly ScopedTables[] {
  const own = release.resources.get(kind) ?? release.resources.get(foldName(kind))
  if (release.resourcePatterns.length === 0) return own === undefined ? NO_SOURCES : [own]
  const sources = own === undefined ? [] : [own]
  for (const pattern of release.resourcePatterns)
    if (pattern.matches(kind)) sources.push(pattern.tables)
  return sources
}

export const versionOf = (options: EngineOptions, asked: string): string =>
  asked === '' ? options.defaultPolicyVersion : asked

/** The scope that is meant: a leading `.` is cut, so that `.` is the root. */
export function scopeOf(options: EngineOptions, asked: string): string {
  const scope = asked === '' ? options.defaultScope : asked
  return scope.startsWith('.') ? scope.slice(1) : scope
}

/**
 * Where the chain of scopes begins; null where no policy exists in the scope at all, which may be a
 * typing error, unless the search is lenient.
 */
function startOf(
  scopes: ReadonlySet<string>,
  { options }: Evaluation,
  asked: string,
): string | null {
  const scope = scopeOf(options, asked)
  if (scopes.has(scope)) return scope
  // INVARIANT(strict): evaluations for agent surfaces are opened with options that are not lenient.
  if (!options.lenientScopeSearch) return null
  return scopeChain(scope).find((one) => scopes.has(one)) ?? null
}

const scopesFrom = (start: string): readonly string[] => (start === '' ? ROOT : scopeChain(start))

const ROOT: readonly string[] = ['']

function tablesIn(
  sources: readonly ScopedTables[],
  version: string,
  scope: string,
): readonly RuleTable[] {
  const [only] = sources
  if (only !== undefined && sources.length === 1) return only.get(version)?.get(scope) ?? NO_RULES
  return sources.flatMap((source) => source.get(version)?.get(scope) ?? NO_RULES)
}

/** The key under which Cerbos names what decided: that of the scope in which the search began. */
export function mainPolicy(
  evaluation: Evaluation,
  chain: readonly ScopeTables[],
  of: 'principal' | 'resource',
): string | null {
  if (chain.length === 0) return null
  const { options, principal, ask, release } = evaluation
  const { resource } = ask
  const place = of === 'principal' ? principal : resource
  const scopes = of === 'principal' ? release.principalScopes : release.resourceScopes
  const scope = startOf(scopes, evaluation, place.scope) ?? ''
  const version = versionOf(options, place.policyVersion)
  return of === 'principal'
    ? principalKey(principal.id, version, scope)
    : resourceKey(resource.kind, version, scope)
}
