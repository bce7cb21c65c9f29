import { matchesName } from '../policy/match-names.ts'
import type { CompiledRule } from '../policy/release.ts'
import type { Evaluation } from './evaluation.ts'
import { principalTables, resourceTables } from './find-tables.ts'
import { isAboutKind } from './is-about-kind.ts'
import { isPresent } from './is-present.ts'
import { rolesActedAs } from './roles-of.ts'
import { ruleApplies } from './rule-applies.ts'
import { truthOf } from './truth.ts'
import type { Denial } from './verdict.ts'

/**
 * The rule that a denial is best explained by, among those whose author lets it be shown (a remedy
 * sentence, or a condition that discloses): the rule that denied or failed, else the first that
 * would have allowed but for its condition. Null when there is none to show.
 */
export function nearMiss(evaluation: Evaluation, denial: Denial): CompiledRule | null {
  if (denial.rule !== null) return isShown(denial.rule) ? denial.rule : null
  if (!evaluation.release.showsRules) return null
  const { principal, ask } = evaluation
  const own = principalTables(evaluation).flatMap((scope) => scope.tables)
  for (const table of own) {
    const rule = missedIn(evaluation, table.byAction.get(ask.action) ?? table.open, null)
    if (rule !== null) return rule
  }
  const tables = resourceTables(evaluation).flatMap((scope) => scope.tables)
  for (const role of principal.roles) {
    for (const table of tables) {
      const rule = missedIn(evaluation, table.byAction.get(ask.action) ?? table.open, role)
      if (rule !== null) return rule
    }
  }
  return null
}

const isShown = (rule: CompiledRule): boolean => rule.remedy !== null || rule.discloses

function missedIn(
  evaluation: Evaluation,
  rules: readonly CompiledRule[],
  role: string | null,
): CompiledRule | null {
  const { action, resource } = evaluation.ask
  for (const rule of rules) {
    if (rule.effect !== 'allow' || rule.condition === null || !isShown(rule)) continue
    if (!matchesName(rule.actions, action) || !isAboutKind(rule, resource.kind)) continue
    if (role !== null && ruleApplies(evaluation, rule, rolesActedAs(evaluation, role)) !== 'yes')
      continue
    if (rule.rollout !== null && !isPresent(evaluation, rule, rule.rollout)) continue
    if (truthOf(evaluation, rule.names, rule.condition) === 'no') return rule
  }
  return null
}
