import type { CelOutcome } from '../../cel/compile-expression.ts'
import { toJson } from '../../cel/json-value.ts'
import { canonicalJson } from '../../core/canonical-json.ts'
import type { Observable, Observation } from './observe-release.ts'
import type { RuleTrace } from './suite-report.ts'

/** The rules that were looked at, in order, each with what its expressions gave. */
export function explainRules(seen: readonly Observation[]): readonly RuleTrace[] {
  const rows = new Map<Observable, Row>()
  for (const observation of seen) {
    if (observation.kind === 'time') continue
    const row = rows.get(observation.of) ?? { outcome: 'failed', expressions: new Map() }
    rows.set(observation.of, row)
    switch (observation.kind) {
      case 'reached':
        break
      case 'met':
        row.outcome = 'held'
        break
      case 'not_met':
        row.outcome = 'did not hold'
        break
      case 'expression':
        row.expressions.set(observation.index, {
          source: observation.expression.source,
          outcome: outcomeText(observation.outcome),
        })
    }
  }
  return [...rows].map(([of, { outcome, expressions }]) => ({
    ...nameOf(of),
    outcome,
    expressions: [...expressions.values()],
  }))
}

type Row = {
  outcome: RuleTrace['outcome']
  readonly expressions: Map<number, RuleTrace['expressions'][number]>
}

const nameOf = (of: Observable): Pick<RuleTrace, 'policy' | 'rule' | 'effect'> =>
  'ref' in of
    ? { policy: of.ref.id, rule: of.ref.rule, effect: of.effect }
    : { policy: 'derived role', rule: of.name, effect: 'role' }

const VALUE_CHARACTERS_MAX = 80

function outcomeText(outcome: CelOutcome): string {
  switch (outcome.kind) {
    case 'unknown':
      return 'unknown'
    case 'error':
      return `error: ${outcome.error.message}`
    case 'value': {
      const json = toJson(outcome.value)
      const text = json.ok ? canonicalJson(json.value) : json.error
      return text.length > VALUE_CHARACTERS_MAX ? `${text.slice(0, VALUE_CHARACTERS_MAX)}…` : text
    }
  }
}
