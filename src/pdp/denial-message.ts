import { matchesName } from '../policy/match-names.ts'
import type { CompiledCondition, CompiledRule } from '../policy/release.ts'
import type { Evaluation } from './evaluation.ts'
import type { Denial } from './verdict.ts'

/**
 * Why policies denied, in one sentence for the model and the person behind it. It holds the caller's
 * own words and the text of rules whose author lets it be shown; never a value (SECURITY 18).
 */
export function denialMessage(
  evaluation: Evaluation,
  denial: Denial,
  near: CompiledRule | null,
  isGuardrail: boolean,
): string {
  if (denial.cause === 'limit') return 'the policy took too many steps to evaluate'
  if (near !== null && near.remedy !== null) return near.remedy
  if (denial.cause === 'schema') return 'the attributes do not fit the schema of the policy'
  const { action, resource } = evaluation.ask
  if (denial.cause === 'approval') {
    const by = denial.rule?.approval?.by ?? 'sponsor'
    return `${plainAction(action)} needs the approval of ${by === 'self' ? 'its subject' : by}`
  }
  if (near === null) {
    const what = `${quote(action)} on ${quote(resource.kind)}`
    if (denial.cause === 'error') return `a condition about ${what} could not be evaluated`
    if (isGuardrail) return `a guardrail denies ${what}`
    const verb = denial.cause === 'rule' ? 'a rule denies' : 'no rule allows'
    return `${verb} ${what} for ${quote(evaluation.principal.id)}`
  }
  const name = plainAction(action)
  const text = near.condition === null ? null : conditionText(near.condition)
  if (near.effect === 'deny')
    return text === null ? `${name} is not allowed` : `${name} is not allowed when ${text}`
  const whom = roleOf(evaluation, near)
  const sentence = `${name} is allowed${whom === null ? '' : ` for ${whom}`} only when ${text ?? 'asked'}`
  return denial.cause === 'error' ? `${sentence}, which could not be evaluated` : sentence
}

const NAME_CHARACTERS_MAX = 128

/** What the caller wrote, in backticks and cut. */
const quote = (text: string): string =>
  text.length <= NAME_CHARACTERS_MAX && !text.includes('`')
    ? `\`${text}\``
    : `\`${text.slice(0, NAME_CHARACTERS_MAX).replaceAll('`', "'")}\``

/** A tool by its name alone, as the model knows it. */
function plainAction(action: string): string {
  const name = action.startsWith('tool:') ? action.slice('tool:'.length) : action
  return /^[\w.-]{1,128}$/.test(name) ? name : quote(name)
}

/** The role of the principal that the rule is for; null when it is for everybody. */
function roleOf(evaluation: Evaluation, rule: CompiledRule): string | null {
  if (rule.roles.any) return null
  const direct = evaluation.principal.roles.find((role) => matchesName(rule.roles, role))
  return direct ?? rule.derivedRoles[0]?.name ?? null
}

/** A condition as its author wrote it, with arguments named as the caller knows them. */
function conditionText(condition: CompiledCondition): string {
  if (condition.kind === 'expr') return plainExpression(condition.expression.source)
  const parts = condition.of.map((part) => {
    const text = conditionText(part)
    return part.kind === 'expr' && !/&&|\|\||\?/.test(text) ? text : `(${text})`
  })
  if (condition.kind === 'all') return parts.join(' and ')
  const any = parts.join(' or ')
  return condition.kind === 'any' ? any : `not (${any})`
}

/** `R.attr.args.amount` as `args.amount`, on one line. */
export const plainExpression = (source: string): string =>
  source
    .replaceAll(/\b(?:R|request\.resource)\.attr\./g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
