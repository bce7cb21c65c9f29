import type { Remedy } from '../core/decision.ts'
import type { Facts } from '../core/facts.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { isJsonObject } from '../core/json.ts'
import type { Question } from '../core/question.ts'
import type { CompiledRelease } from '../policy/release.ts'
import { argumentComparisons } from './argument-comparison.ts'
import type { ArgumentComparison } from './argument-comparison.ts'
import type { Judgement } from './judge.ts'
import { judge, policiesHold } from './judge.ts'
import { nearMiss } from './near-miss.ts'

/** Corrections tried one after another: each principal of a chain may have its own bound. */
const ROUNDS_MAX = 4

/**
 * Other arguments with which the same request would be allowed, or null when none are found. Made
 * only from literals that disclosing rules compare arguments with, and given only when the whole
 * formula, evaluated again with the example, allows it (SECURITY 18).
 */
export function argumentsRemedy(
  release: CompiledRelease,
  question: Question,
  facts: Facts,
  judgement: Judgement,
): Remedy | null {
  if (!release.showsRules) return null
  const given = question.ask.resource.attr['args']
  if (!isJsonObject(given)) return null
  const conditions = new Set<string>()
  let example: JsonObject = {}
  let args = given
  let current = judgement
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const unmet = unmetComparisons(current, args)
    if (unmet.length === 0) return null
    for (const { path, value, text } of unmet) {
      args = withValue(args, path, value)
      example = withValue(example, path, value)
      conditions.add(text)
    }
    current = judge(release, withArguments(question, args), facts, [])
    if (policiesHold(current))
      return { kind: 'arguments', condition: [...conditions].join(' and '), example }
  }
  return null
}

/** What disclosing rules that just missed ask of arguments, and these arguments are not. */
function unmetComparisons(judgement: Judgement, args: JsonObject): readonly ArgumentComparison[] {
  return judgement.policies.flatMap(({ evaluation, verdict }) => {
    if (evaluation === null || verdict?.effect !== 'deny') return []
    const rule = nearMiss(evaluation, verdict)
    if (rule === null || !rule.discloses || rule.effect !== 'allow' || rule.condition === null)
      return []
    return argumentComparisons(rule.condition).filter(
      (comparison) => !comparison.holds(valueAt(args, comparison.path)),
    )
  })
}

function valueAt(args: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = args
  for (const field of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, field)) return undefined
    value = value[field]
  }
  return value
}

/** A copy in which one member is another. */
function withValue(object: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [field = '', ...rest] = path
  const copy = Object.assign(Object.create(null) as Record<string, Json>, object)
  const inner = Object.hasOwn(object, field) ? object[field] : undefined
  copy[field] = rest.length === 0 ? value : withValue(isJsonObject(inner) ? inner : {}, rest, value)
  return copy
}

function withArguments(question: Question, args: JsonObject): Question {
  const { resource } = question.ask
  const attr = withValue(resource.attr, ['args'], args)
  return { ...question, ask: { ...question.ask, resource: { ...resource, attr } } }
}
