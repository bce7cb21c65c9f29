/** The rules of combining, written a second time: slowly, row by row, without tables or memory. */
import type { Principal } from '../../core/identity.ts'
import type { Resource } from '../../core/question.ts'
import type { Outcome, TestCondition, TestPolicy, TestRule, TestSet } from './policy-set.ts'

class Failure extends Error {}

/** Whether the set allows it; a failed condition anywhere on the way denies. */
export function naiveJudge(
  set: TestSet,
  principal: Principal,
  resource: Resource,
  action: string,
): boolean {
  try {
    return combine(set, principal, resource, action)
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

function combine(set: TestSet, principal: Principal, resource: Resource, action: string): boolean {
  const holds = (condition: TestCondition | null): boolean =>
    condition === null || holdsNow(condition, principal, resource)
  const version = resource.policyVersion === '' || resource.policyVersion === 'default'
  const own = scopesUp(principal.scope, set.principals).map((scope) =>
    set.principals
      // Every kind of the generator matches the one pattern it gives to principals: `k:x` as `k_x`.
      .filter((policy) => policy.on === principal.id && policy.scope === scope)
      .flatMap((policy) => policy.rules),
  )
  for (const rules of own) {
    // Each action of a principal rule is a row of its own.
    const rows = rules.filter((rule) => matchesAny(rule.actions, action))
    const effect = decideRows(
      rows.map((rule) => () => (holds(rule.condition) ? rule.effect : null)),
    )
    if (effect !== null) return effect === 'EFFECT_ALLOW'
  }
  for (const role of principal.roles) {
    for (const scope of scopesUp(resource.scope, set.resources)) {
      const rules = set.resources
        .filter((policy) => policy.on === resource.kind && policy.scope === scope && version)
        .flatMap((policy) => policy.rules)
        .filter((rule) => matchesAny(rule.actions, action))
      const effect = decideRows(rules.flatMap((rule) => rowsOf(set, rule, role, holds)))
      if (effect === 'EFFECT_ALLOW') return true
      if (effect === 'EFFECT_DENY') break
    }
  }
  return false
}

type Row = () => TestRule['effect'] | null

/** A rule is one row for its roles, and one for each derived role that the role leads to. */
function rowsOf(
  set: TestSet,
  rule: TestRule,
  role: string,
  holds: (condition: TestCondition | null) => boolean,
): readonly Row[] {
  const rows: Row[] = []
  for (const name of rule.derivedRoles) {
    const derived = set.derivedRoles.find((one) => one.name === name)
    if (derived === undefined || !matchesAny(derived.parents, role)) continue
    rows.push(() => (holds(derived.condition) && holds(rule.condition) ? rule.effect : null))
  }
  if (matchesAny(rule.roles, role)) rows.push(() => (holds(rule.condition) ? rule.effect : null))
  return rows
}

function decideRows(rows: readonly Row[]): TestRule['effect'] | null {
  let allowed = false
  for (const row of rows) {
    const effect = row()
    if (effect === 'EFFECT_DENY') return effect
    if (effect === 'EFFECT_ALLOW') allowed = true
  }
  return allowed ? 'EFFECT_ALLOW' : null
}

function holdsNow(condition: TestCondition, principal: Principal, resource: Resource): boolean {
  if (condition.kind === 'expr') {
    const outcome: Outcome = condition.atom.meaning(principal, resource)
    if (outcome === 'error') throw new Failure()
    return outcome
  }
  const parts = condition.of
  if (condition.kind === 'all') return parts.every((part) => holdsNow(part, principal, resource))
  const some = parts.some((part) => holdsNow(part, principal, resource))
  return condition.kind === 'any' ? some : !some
}

function scopesUp(asked: string, policies: readonly TestPolicy[]): readonly string[] {
  const scope = asked.replace(/^\./, '')
  if (!policies.some((policy) => policy.scope === scope)) return []
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
