import type { CompiledRule, RuleTable } from '../policy/release.ts'
import { matchesAny, matchesName } from '../policy/match-names.ts'
import { emitOutput } from './emit-output.ts'
import type { Evaluation } from './evaluation.ts'
import type { Truth } from './notes.ts'
import type { ScopeTables } from './find-tables.ts'
import { isPresent } from './is-present.ts'
import { rolesActedAs } from './roles-of.ts'
import { isAboutKind } from './is-about-kind.ts'
import { ruleApplies } from './rule-applies.ts'
import { rememberedTruth, truthOf } from './truth.ts'
import type { Denial, Verdict } from './verdict.ts'
import { denialBy } from './verdict.ts'

/** One walk over tables: for whom, and what its rules have come to so far. */
export type Walk = {
  /** Null where roles do not count. */
  readonly role: string | null
  /** The role and all that it acts as. */
  readonly roles: readonly string[] | null
  readonly from: 'principal' | 'resource' | 'guardrail'
  /** Whether allows of the present scope only matter together with the parent scope's. */
  consent: boolean
  /** The first rule that allows, or might while arguments are unknown. */
  allow: CompiledRule | null
  /** The first rule that would allow if somebody consented. */
  approval: CompiledRule | null
  /** Rules that allowed on the way: what they oblige to is united. */
  allows: CompiledRule[] | null
  /** Whether some rule might deny, depending on arguments that are unknown. */
  deniesMaybe: boolean
}

export const openWalk = (
  evaluation: Evaluation,
  role: string | null,
  from: Walk['from'],
): Walk => ({
  role,
  roles: role === null ? null : rolesActedAs(evaluation, role),
  from,
  consent: false,
  allow: null,
  approval: null,
  allows: null,
  deniesMaybe: false,
})

/** Walks from the most specific scope up; null when no scope decides. */
export function evaluateScopes(
  evaluation: Evaluation,
  scopes: readonly ScopeTables[],
  role: string | null,
  from: 'principal' | 'resource',
): Verdict | null {
  const walk = openWalk(evaluation, role, from)
  for (const scope of scopes) {
    walk.consent = scope.consent
    if (evaluation.notes !== null && from === 'resource')
      for (const table of scope.tables) evaluation.notes.entered.add(table)
    const narrowed = narrowByRoles(evaluation, scope, walk)
    if (narrowed !== null) return narrowed
    for (const table of scope.tables) {
      const denial = evaluateTable(evaluation, table, walk)
      if (denial !== null) return denial
    }
    if (!scope.consent && walk.allow !== null) return allowedBy(walk.allow, walk, from)
    if (walk.approval !== null) return denialBy('approval', walk.approval, from)
    walk.allow = null
  }
  return null
}

function allowedBy(rule: CompiledRule, walk: Walk, from: 'principal' | 'resource'): Verdict {
  const all = walk.allows
  return {
    effect: 'allow',
    ref: rule.ref,
    from,
    obligations: all === null ? NOTHING : all.flatMap((one) => one.obligations),
    advice: all === null ? NOTHING : all.flatMap((one) => one.advice),
  }
}

const NOTHING: readonly never[] = []

/** Goes through the rules about the action; a denial ends it. */
export function evaluateTable(evaluation: Evaluation, table: RuleTable, walk: Walk): Denial | null {
  const { action, resource } = evaluation.ask
  const literal = table.byAction.get(action)
  for (const rule of literal ?? table.open) {
    if (literal === undefined && !matchesName(rule.actions, action)) continue
    if (!isAboutKind(rule, resource.kind)) continue
    if (rule.rollout !== null && !isPresent(evaluation, rule, rule.rollout)) continue
    const denial = evaluateRule(evaluation, rule, walk)
    if (denial !== null) return denial
  }
  return null
}

function evaluateRule(evaluation: Evaluation, rule: CompiledRule, walk: Walk): Denial | null {
  if (deniesOutright(evaluation, rule, walk)) {
    if (evaluation.notes !== null) visit(evaluation, rule, walk, { truth: 'yes', applies: true })
    return denialBy('rule', rule, walk.from)
  }
  const applies = walk.roles === null ? 'yes' : ruleApplies(evaluation, rule, walk.roles)
  if (applies === 'no') {
    if (evaluation.notes !== null) visit(evaluation, rule, walk, { truth: 'no', applies: false })
    return null
  }
  if (applies === 'error' || applies === 'limit') return spoil(evaluation, rule, applies, walk)
  const truth = rule.condition === null ? 'yes' : conditionTruth(evaluation, rule)
  if (evaluation.notes !== null) visit(evaluation, rule, walk, { truth, applies: true })
  // With consent a conditional allow only narrows: it denies where its condition is not met.
  const narrows = walk.consent && rule.effect === 'allow' && rule.condition !== null
  switch (truth) {
    case 'error':
    case 'limit':
      return applies === 'unknown' ? unsure(rule, walk) : spoil(evaluation, rule, truth, walk)
    case 'unknown':
      return unsure(rule, walk)
    case 'no':
      if (!narrows) return null
      return applies === 'yes' ? denialBy('rule', rule, walk.from) : unsure(rule, walk)
    case 'yes':
      if (rule.effect === 'deny')
        return applies === 'yes' ? denialBy('rule', rule, walk.from) : unsure(rule, walk)
      return allow(rule, walk)
  }
}

/** A denial that names the role itself does not wait for what its derived roles come to. */
const deniesOutright = (evaluation: Evaluation, rule: CompiledRule, { roles }: Walk): boolean =>
  rule.effect === 'deny' &&
  rule.derivedRoles.length > 0 &&
  roles !== null &&
  matchesAny(rule.roles, roles) &&
  conditionTruth(evaluation, rule) === 'yes'

function conditionTruth(evaluation: Evaluation, rule: CompiledRule): Truth {
  const { condition, names } = rule
  if (condition === null) return 'yes'
  const once = evaluation.principal.roles.length < 2
  return (once ? truthOf : rememberedTruth)(evaluation, names, condition)
}

function allow(rule: CompiledRule, walk: Walk): null {
  if (rule.approval !== null) walk.approval ??= rule
  else {
    walk.allow ??= rule
    if (rule.obligations.length + rule.advice.length > 0) (walk.allows ??= []).push(rule)
  }
  return null
}

/** A rule that may or may not be in force, depending on arguments that are unknown. */
function unsure(rule: CompiledRule, walk: Walk): null {
  if (rule.effect === 'deny' || (walk.consent && rule.condition !== null)) walk.deniesMaybe = true
  else walk.allow ??= rule
  return null
}

/**
 * A condition that failed. While arguments are unknown, running out of steps is no certain failure,
 * and a failure behind a rule that might deny this role leaves the other roles their chance.
 */
function spoil(
  evaluation: Evaluation,
  rule: CompiledRule,
  truth: 'error' | 'limit',
  walk: Walk,
): Denial | null {
  if (truth === 'error') return denialBy(walk.deniesMaybe ? 'rule' : 'error', rule, walk.from)
  return evaluation.partial ? unsure(rule, walk) : denialBy('limit', rule, walk.from)
}

/**
 * Role policies of the scope, for the role and all that it acts as: what they do not list is denied,
 * and what they list under a condition is denied where that is not met. They never allow.
 */
function narrowByRoles(
  evaluation: Evaluation,
  { roles: policies }: ScopeTables,
  walk: Walk,
): Denial | null {
  if (policies === null || walk.roles === null) return null
  for (const role of walk.roles) {
    const table = policies.get(role)
    const denial = table === undefined ? null : narrowByRole(evaluation, table, walk)
    if (denial !== null) return denial
  }
  return null
}

function narrowByRole(evaluation: Evaluation, table: RuleTable, walk: Walk): Denial | null {
  const { action, resource } = evaluation.ask
  let listed = false
  for (const rule of table.byAction.get(action) ?? table.open) {
    if (!matchesName(rule.actions, action) || !isAboutKind(rule, resource.kind)) continue
    listed = true
    const truth =
      rule.condition === null ? 'yes' : rememberedTruth(evaluation, rule.names, rule.condition)
    if (evaluation.notes !== null) visit(evaluation, rule, walk, { truth, applies: true })
    if (truth === 'no') return denialBy('rule', rule, 'role')
    if (truth === 'unknown' || (truth === 'limit' && evaluation.partial)) walk.deniesMaybe = true
    else if (truth === 'error' || truth === 'limit') {
      const cause = truth === 'error' && walk.deniesMaybe ? 'rule' : truth
      return denialBy(cause, rule, 'role')
    }
  }
  if (listed) return null
  return { effect: 'deny', cause: 'rule', rule: null, ref: table.ref, from: 'role' }
}

/** Notes that a rule was looked at, and what it says about that. */
function visit(
  evaluation: Evaluation,
  rule: CompiledRule,
  walk: Walk,
  came: { readonly truth: Truth; readonly applies: boolean },
): void {
  const { notes } = evaluation
  if (notes === null) return
  notes.visits.push({ rule, role: walk.role, ...came })
  if (!came.applies || rule.output === null) return
  // What narrows is told from the side of the denial, as Cerbos tells it.
  const isRole = rule.resources !== null && walk.from === 'resource'
  const turned = walk.consent && rule.effect === 'allow' && rule.condition !== null && !isRole
  const yes = turned ? 'notMet' : 'activated'
  const no = turned ? 'activated' : 'notMet'
  if (came.truth === 'yes')
    emitOutput(evaluation, notes, rule, {
      what: yes,
      roles: walk.roles,
      once: rule.effect === 'deny',
    })
  else if (came.truth === 'no')
    emitOutput(evaluation, notes, rule, { what: no, roles: walk.roles, once: turned || isRole })
}
