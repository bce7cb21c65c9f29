import type { Basis } from '../../core/decision.ts'
import { canonicalJson } from '../../core/canonical-json.ts'
import type {
  ActionReport,
  Explanation,
  OutputFailure,
  RuleTrace,
} from '../../pdp/suites/suite-report.ts'

/** What came of a check that failed, in a few words. */
export const failureText = ({ expected, actual, outputs }: ActionReport): string =>
  actual === expected && outputs.length > 0
    ? `${outputs.length} of the expected outputs did not come`
    : `expected ${expected}, got ${actual ?? 'nothing'}`

/** Which rule decided one check, why, and what the other rules about the action came to. */
export function explainAction({ why, actual, outputs }: ActionReport): readonly string[] {
  if (why === null) return []
  const lines = [...outputs.map(outputOf), `rule   ${ruleOf(why)}`]
  if (why.reason !== null) lines.push(`why    ${why.reason.detail} (${why.reason.code})`)
  for (const one of partiesOf(why.basis)) lines.push(`basis  ${one}`)
  for (const rule of why.rules.filter((one) => isTelling(one, actual))) lines.push(...traceOf(rule))
  if (why.rules.length === 0) lines.push('rules  no rule is about this action for these roles')
  return lines
}

function outputOf({ src, expected, actual }: OutputFailure): string {
  const got =
    actual === null
      ? 'nothing'
      : 'error' in actual
        ? `error: ${actual.error}`
        : canonicalJson(actual.val)
  return `output ${src}: expected ${canonicalJson(expected)}, got ${got}`
}

function ruleOf({ policy, rule }: Explanation): string {
  if (policy === null) return 'no policy is about this kind of resource'
  return rule === null ? `none of ${policy} allows it` : `${rule} in ${policy}`
}

/** Only when there is more than one principal: else it says what the first line says. */
function partiesOf(basis: readonly Basis[]): readonly string[] {
  const parties = basis.filter(({ factor }) => factor === 'subject' || factor === 'actor')
  const others = basis.filter(
    ({ factor, effect }) => factor !== 'subject' && factor !== 'actor' && effect === 'deny',
  )
  if (parties.length < 2 && others.length === 0) return []
  return [...parties, ...others].map(
    ({ effect, factor, principal, rule }) =>
      `${effect.padEnd(5)} ${factor} ${principal}${rule === null ? '' : ` by ${rule}`}`,
  )
}

/** After an allow the rules that held; after a denial also those that just missed. */
const isTelling = ({ outcome }: RuleTrace, actual: ActionReport['actual']): boolean =>
  actual === 'deny' || outcome !== 'did not hold'

function traceOf(rule: RuleTrace): readonly string[] {
  const head = `rules  ${rule.effect} ${rule.rule} in ${rule.policy}: ${rule.outcome}`
  const expressions = rule.expressions.map(({ source, outcome }) => {
    const text = source.replaceAll(/\s+/g, ' ').trim()
    return `         ${text}  ->  ${outcome}`
  })
  return [head, ...expressions]
}
