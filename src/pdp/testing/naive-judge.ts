/** The rules of combining, written a second time: slowly, row by row, without tables or memory. */
import type { Principal } from '../../core/identity.ts'
import type { Resource } from '../../core/question.ts'
import type { Outcome, TestCondition, TestPolicy, TestRule, TestSet } from './policy-set.ts'

class Failure extends Error {}

/** Whether the set allows it; where it is strict, a failed condition anywhere on the way denies. */
export function naiveJudge(
  set: TestSet,
  principal: Principal,
  resource: Resource,
  action: string,
  strict = true,
): boolean {
  try {
    return combine({ set, principal, resource, action, strict })
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

type Case = {
  readonly set: TestSet
  readonly principal: Principal
  readonly resource: Resource
  readonly action: string
  readonly strict: boolean
}

type Row = () => TestRule['effect'] | null

function combine(one: Case): boolean {
  const { set, principal, resource } = one
  const own = scopesUp(
    principal.scope,
    set.principals.map((policy) => policy.scope),
  ).map((scope) => ({ scope, rows: principalRows(one, scope) }))
  const said = decideScopes(set, own)
  if (said !== null) return said === 'EFFECT_ALLOW'
  const scopes = scopesUp(resource.scope, [
    ...set.resources.map((policy) => policy.scope),
    ...set.rolePolicies.map((policy) => policy.scope),
  ])
  return principal.roles.some((role) => {
    const roles = actsAs(set, plain(resource.scope), role)
    const walk = scopes.map((scope) => ({ scope, rows: resourceRows(one, scope, roles) }))
    return decideScopes(set, walk) === 'EFFECT_ALLOW'
  })
}

/** Each action of a principal rule is a row of its own. */
function principalRows(one: Case, scope: string): readonly Row[] {
  return one.set.principals
    .filter((policy) => policy.on === one.principal.id && policy.scope === scope)
    .flatMap((policy) => policy.rules)
    .filter((rule) => matchesAny(rule.actions, one.action))
    .map((rule) => rowOf(one, scope, rule))
}

/** Role policies come first, then the rules. */
function resourceRows(one: Case, scope: string, roles: readonly string[]): readonly Row[] {
  const { set, resource, action } = one
  const version = resource.policyVersion === '' || resource.policyVersion === 'default'
  if (!version) return []
  const rules = set.resources
    .filter((policy: TestPolicy) => policy.on === resource.kind && policy.scope === scope)
    .flatMap((policy) => policy.rules)
    .filter((rule) => matchesAny(rule.actions, action))
  return [
    ...roles.flatMap((role) => narrowing(one, scope, role)),
    ...rules.map((rule): Row => () => {
      const direct = roles.some((role) => matchesAny(rule.roles, role))
      // A denial that names the role itself comes first.
      if (direct && rule.effect === 'EFFECT_DENY' && safely(one, rule.condition) === true)
        return rule.effect
      // Every derived role that the role could lead to is judged, so that one that fails is seen.
      const derived = rule.derivedRoles
        .map((name) => set.derivedRoles.find((role) => role.name === name))
        .filter((role) => role !== undefined)
        .filter(({ parents }) => roles.some((role) => matchesAny(parents, role)))
        .map(({ condition }) => holds(one, condition))
      const applies = derived.includes(true) || direct
      return applies ? rowOf(one, scope, rule)() : null
    }),
  ]
}

/** What a role policy denies: what it does not list, and what it lists under a condition that is not met. */
function narrowing(one: Case, scope: string, role: string): readonly Row[] {
  const { set, resource, action } = one
  const folded = resource.kind === 'k:x' ? 'k_x' : resource.kind
  return set.rolePolicies
    .filter((policy) => policy.role === role && policy.scope === scope && policy.rules.length > 0)
    .flatMap((policy): readonly Row[] => {
      const listed = policy.rules.filter(
        (rule) =>
          (rule.resource === 'k*' || rule.resource === folded) && matchesAny(rule.actions, action),
      )
      if (listed.length === 0) return [() => 'EFFECT_DENY']
      return listed.map(
        (rule) => () => (holds(one, rule.condition) ? null : ('EFFECT_DENY' as const)),
      )
    })
}

/** With consent a conditional allow denies when its condition is not met. */
function rowOf(one: Case, scope: string, rule: TestRule): Row {
  const narrows =
    one.set.consent.includes(scope) && rule.effect === 'EFFECT_ALLOW' && rule.condition !== null
  return () => {
    if (holds(one, rule.condition)) return rule.effect
    return narrows ? 'EFFECT_DENY' : null
  }
}

function decideScopes(
  set: TestSet,
  scopes: readonly { readonly scope: string; readonly rows: readonly Row[] }[],
): TestRule['effect'] | null {
  for (const { scope, rows } of scopes) {
    let allowed = false
    for (const row of rows) {
      const effect = row()
      if (effect === 'EFFECT_DENY') return effect
      if (effect === 'EFFECT_ALLOW') allowed = true
    }
    if (allowed && !set.consent.includes(scope)) return 'EFFECT_ALLOW'
  }
  return null
}

function safely(one: Case, condition: TestCondition | null): boolean | null {
  try {
    return holds(one, condition)
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

function holds(one: Case, condition: TestCondition | null): boolean {
  if (condition === null) return true
  if (condition.kind === 'expr') {
    const outcome: Outcome = condition.atom.meaning(one.principal, one.resource)
    if (outcome === 'error' && one.strict) throw new Failure()
    return outcome === true
  }
  const parts = condition.of
  if (condition.kind === 'all') return parts.every((part) => holds(one, part))
  const some = parts.some((part) => holds(one, part))
  return condition.kind === 'any' ? some : !some
}

/** The role, its parents, their parents: by the role policies of exactly this scope. */
function actsAs(set: TestSet, scope: string, role: string): readonly string[] {
  const found = [role]
  for (let i = 0; i < found.length; i++)
    for (const policy of set.rolePolicies)
      if (policy.scope === scope && policy.role === found[i])
        for (const parent of policy.parents) if (!found.includes(parent)) found.push(parent)
  return found
}

const plain = (scope: string): string => scope.replace(/^\./, '')

function scopesUp(asked: string, known: readonly string[]): readonly string[] {
  const scope = plain(asked)
  if (!known.includes(scope)) return []
  const segments = scope === '' ? [] : scope.split('.')
  return Array.from({ length: segments.length + 1 }, (_, up) =>
    segments.slice(0, segments.length - up).join('.'),
  )
}

/** Only the patterns that the generator makes: `*`, and one star at the end. */
function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => {
    if (pattern === '*' || pattern === text) return true
    const prefix = pattern.slice(0, -1)
    return (
      pattern.endsWith('*') && text.startsWith(prefix) && !text.slice(prefix.length).includes(':')
    )
  })
}
