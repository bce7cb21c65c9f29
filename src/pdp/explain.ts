import { toJson } from '../cel/json-value.ts'
import type { Operand } from '../cel/operand.ts'
import type { Decision, PolicyRef } from '../core/decision.ts'
import type { Facts } from '../core/facts.ts'
import type { Json } from '../core/json.ts'
import { EVALUATION_STEPS_MAX } from '../core/limits.ts'
import type { Release } from '../core/path.ts'
import type { Question } from '../core/question.ts'
import type { CompiledCondition, CompiledExpression, PolicyNames } from '../policy/release.ts'
import { decide } from './decide.ts'
import type { Evaluation } from './evaluation.ts'
import { compiledOf, judge } from './judge.ts'
import { namedVariables } from './named-variables.ts'
import type { RuleVisit, Truth } from './notes.ts'
import { openNotes } from './notes.ts'
import { truthOf } from './truth.ts'

/** A condition with what became of it, and of its parts, each evaluated on its own. */
export type ExplainedCondition =
  | {
      readonly kind: 'expr'
      readonly source: string
      readonly truth: Truth
      /** Why it has no value; null when it has one. */
      readonly error: string | null
      /** What it reads, for example `R.attr.args.amount`; what is not there is left out. */
      readonly reads: readonly { readonly path: string; readonly value: Json }[]
    }
  | {
      readonly kind: 'all' | 'any' | 'none'
      readonly truth: Truth
      readonly of: readonly ExplainedCondition[]
    }

/** A rule that was looked at for one principal. */
export type ExplainedRule = {
  readonly principal: string
  readonly ref: PolicyRef
  readonly effect: 'allow' | 'deny'
  readonly role: string | null
  readonly applies: boolean
  readonly truth: Truth
  readonly condition: ExplainedCondition | null
}

/** A decision with everything that led to it. */
export type Explanation = {
  readonly decision: Decision
  /** In the order in which they were looked at. */
  readonly rules: readonly ExplainedRule[]
}

/**
 * A decision with every rule that was looked at and the values that its condition met. Pure; for
 * people who may see policies and facts, never for callers: it holds values (SECURITY 18).
 */
export function explain(release: Release, question: Question, facts: Facts): Explanation {
  const compiled = compiledOf(release)
  const notes = openNotes()
  const judgement = judge(compiled, question, facts, [], notes)
  const parties = judgement.policies.filter(({ evaluation }) => evaluation !== null)
  const rules: ExplainedRule[] = []
  const seen = new Set<Evaluation>()
  for (const { party, evaluation, visits } of parties) {
    if (evaluation === null || seen.has(evaluation)) continue
    seen.add(evaluation)
    const fresh = { ...evaluation, budget: { steps: EVALUATION_STEPS_MAX }, named: [], notes: null }
    for (const visit of visits) rules.push(explainRule(party.id, fresh, visit))
  }
  return { decision: decide(release, question, facts), rules }
}

function explainRule(principal: string, evaluation: Evaluation, visit: RuleVisit): ExplainedRule {
  const { rule, role, applies, truth } = visit
  const condition =
    rule.condition === null || !applies
      ? null
      : explainCondition(evaluation, rule.names, rule.condition)
  return { principal, ref: rule.ref, effect: rule.effect, role, applies, truth, condition }
}

function explainCondition(
  evaluation: Evaluation,
  names: PolicyNames,
  condition: CompiledCondition,
): ExplainedCondition {
  const truth = truthOf(evaluation, names, condition)
  if (condition.kind !== 'expr') {
    const of = condition.of.map((part) => explainCondition(evaluation, names, part))
    return { kind: condition.kind, truth, of }
  }
  const { expression } = condition
  const { variables } = namedVariables(evaluation, names)
  const { now, budget } = evaluation
  const outcome = expression.program.evaluate({ variables, now }, budget)
  return {
    kind: 'expr',
    source: expression.source,
    truth,
    error: outcome.kind === 'error' ? outcome.error.message : null,
    reads: readsOf(expression, variables),
  }
}

function readsOf(
  { program }: CompiledExpression,
  variables: { readonly [name: string]: Operand | (() => Operand) },
): readonly { readonly path: string; readonly value: Json }[] {
  return program.reads.flatMap((path) => {
    const value = valueAt(variables, path)
    const json = value === undefined ? null : toJson(value as Parameters<typeof toJson>[0])
    return json?.ok === true ? [{ path: path.join('.'), value: json.value }] : []
  })
}

/** The value at a path through plain objects; undefined where there is none. */
function valueAt(
  variables: { readonly [name: string]: Operand | (() => Operand) },
  [root = '', ...fields]: readonly string[],
): unknown {
  const first = Object.hasOwn(variables, root) ? variables[root] : undefined
  let value: unknown = typeof first === 'function' ? first() : first
  for (const field of fields) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field))
      return undefined
    value = (value as { readonly [key: string]: unknown })[field]
  }
  return value
}
