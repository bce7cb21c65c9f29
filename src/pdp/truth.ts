import type { CompiledCondition, CompiledExpression, PolicyNames } from '../policy/release.ts'
import type { Evaluation, NamedVariables } from './evaluation.ts'
import type { Truth } from './notes.ts'
import { openJudged, recallTruth, rememberTruth } from './judged.ts'
import { asksForFailed, namedVariables } from './named-variables.ts'
import { noteError } from './notes.ts'

/**
 * Judges a condition in the names of a policy. `all`, `any` and `none` go from left to right and
 * stop as soon as they are decided; an error met on the way is the answer (strict evaluation).
 */
export function truthOf(
  evaluation: Evaluation,
  names: PolicyNames,
  condition: CompiledCondition,
): Truth {
  return judge(evaluation, namedVariables(evaluation, names), condition)
}

/** As `truthOf`, and remembers the answer for the rest of the evaluation. */
export function rememberedTruth(
  evaluation: Evaluation,
  names: PolicyNames,
  condition: CompiledCondition,
): Truth {
  const judged = (evaluation.judged ??= openJudged())
  const known = recallTruth(judged, condition)
  if (known !== undefined) return known
  const truth = truthOf(evaluation, names, condition)
  rememberTruth(judged, condition, truth)
  return truth
}

function judge(evaluation: Evaluation, named: NamedVariables, condition: CompiledCondition): Truth {
  switch (condition.kind) {
    case 'expr':
      return judgeExpression(evaluation, named, condition.expression)
    case 'all':
      return judgeUntil(evaluation, named, condition.of, 'no')
    case 'any':
      return judgeUntil(evaluation, named, condition.of, 'yes')
    case 'none':
      return negate(judgeUntil(evaluation, named, condition.of, 'yes'))
  }
}

/** Goes through the parts until one is `stop`, an error or the limit. */
function judgeUntil(
  evaluation: Evaluation,
  named: NamedVariables,
  parts: readonly CompiledCondition[],
  stop: 'yes' | 'no',
): Truth {
  let unknown = false
  for (const part of parts) {
    const truth = judge(evaluation, named, part)
    if (truth === stop || truth === 'limit') return truth
    // An unknown part before it could have stopped the condition ahead of the error.
    if (truth === 'error') return unknown ? 'unknown' : 'error'
    if (truth === 'unknown') unknown = true
  }
  if (unknown) return 'unknown'
  return stop === 'yes' ? 'no' : 'yes'
}

const negate = (truth: Truth): Truth => (truth === 'yes' ? 'no' : truth === 'no' ? 'yes' : truth)

/**
 * A result that is no boolean is no, as in Cerbos. One that fails is an error where evaluation is
 * strict, else it is no; asking whether a variable is there that has failed fails as well.
 */
function judgeExpression(
  evaluation: Evaluation,
  named: NamedVariables,
  expression: CompiledExpression,
): Truth {
  const { now, budget, strict, notes } = evaluation
  const outcome = expression.program.evaluate({ variables: named.variables, now }, budget)
  if (outcome.kind === 'error') {
    if (notes !== null) noteError(notes, expression, outcome.error.message)
    if (outcome.error.kind === 'limit') return 'limit'
    return strict ? 'error' : 'no'
  }
  if (strict && asksForFailed(evaluation, named, expression)) return 'error'
  switch (outcome.kind) {
    case 'value':
      return outcome.value === true ? 'yes' : 'no'
    case 'unknown':
      return 'unknown'
  }
}
