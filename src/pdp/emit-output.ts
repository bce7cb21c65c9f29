import { toJson } from '../cel/json-value.ts'
import type { CompiledExpression, CompiledRule } from '../policy/release.ts'
import { matchesName } from '../policy/match-names.ts'
import { derivedRoleTruth } from './derived-roles.ts'
import type { Evaluation } from './evaluation.ts'
import { namedVariables } from './named-variables.ts'
import type { Notes, OutputEntry } from './notes.ts'
import { isHierarchy, noteError } from './notes.ts'

/**
 * Notes what a rule says. As in Cerbos it says it once for each row that the rule stands for: each
 * of its actions that matches, for its roles together and for each derived role that holds. A rule
 * that decided says it once.
 */
export function emitOutput(
  evaluation: Evaluation,
  notes: Notes,
  rule: CompiledRule,
  said: {
    readonly what: 'activated' | 'notMet'
    readonly roles: readonly string[] | null
    readonly once: boolean
  },
): void {
  const expression = rule.output?.[said.what] ?? null
  if (rule.output === null || expression === null) return
  const entry = outputOf(evaluation, notes, rule, expression)
  const rows = said.once ? 1 : rowsOf(evaluation, rule, said.roles)
  for (let row = 0; row < rows; row++) notes.outputs.push(entry)
}

function rowsOf(
  evaluation: Evaluation,
  rule: CompiledRule,
  roles: readonly string[] | null,
): number {
  const { action } = evaluation.ask
  const { names, patterns } = rule.actions
  const actions = (names.has(action) ? 1 : 0) + patterns.filter((matches) => matches(action)).length
  if (roles === null) return actions
  const direct = roles.some((role) => matchesName(rule.roles, role)) ? 1 : 0
  const derived = rule.derivedRoles.filter(
    (one) =>
      roles.some((role) => matchesName(one.parentRoles, role)) &&
      derivedRoleTruth(evaluation, one) === 'yes',
  ).length
  return actions * (direct + derived)
}

function outputOf(
  evaluation: Evaluation,
  notes: Notes,
  rule: CompiledRule,
  expression: CompiledExpression,
): OutputEntry {
  const { now, budget, ask } = evaluation
  const { variables } = namedVariables(evaluation, rule.names)
  const outcome = expression.program.evaluate({ variables, now }, budget)
  const place = { src: rule.output?.src ?? '', action: ask.action }
  if (outcome.kind === 'unknown') return { ...place, error: 'not known' }
  if (outcome.kind === 'error') {
    noteError(notes, expression, outcome.error.message)
    return { ...place, error: outcome.error.message }
  }
  const json = isHierarchy(outcome.value)
    ? ({ ok: false, error: 'a hierarchy has no form in JSON' } as const)
    : toJson(outcome.value)
  return json.ok ? { ...place, val: json.value } : { ...place, error: json.error }
}
