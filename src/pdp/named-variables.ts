import type { Operand } from '../cel/operand.ts'
import { partialMap, UNKNOWN } from '../cel/operand.ts'
import type { CelValue } from '../cel/value.ts'
import type { CompiledExpression, PolicyNames } from '../policy/release.ts'
import { noteError } from './notes.ts'
import type { ComputedVariables, Evaluation, NamedVariables } from './evaluation.ts'

/** The variables for a policy's expressions, made once per evaluation. */
export function namedVariables(evaluation: Evaluation, names: PolicyNames): NamedVariables {
  for (const known of evaluation.named) if (known.names === names) return known
  const { P, R, request } = evaluation.request
  const { constants } = names.definitions
  const { globals } = evaluation.options
  const hasVariables = names.definitions.variables.length > 0
  const own = hasVariables ? (): Operand => computed(evaluation, named).operand : NOTHING
  const named: NamedVariables = {
    names,
    computed: null,
    variables: {
      P: P as Operand,
      R: R as Operand,
      request: request as Operand,
      C: constants,
      constants,
      V: own,
      variables: own,
      runtime:
        names.derivedRoles.length === 0
          ? NO_RUNTIME
          : () => evaluation.runtimeOf(evaluation, names),
      G: globals,
      globals,
    },
  }
  evaluation.named.push(named)
  return named
}

/** What `runtime` holds where rules name no derived role. */
const NO_RUNTIME: Operand = { effectiveDerivedRoles: [], effective_derived_roles: [] }

const NOTHING: { readonly [key: string]: CelValue } = Object.freeze(
  Object.create(null) as Record<string, CelValue>,
)

/**
 * Whether the expression asks if a variable is there that could not be computed. It has an answer
 * without it, which would hide the failure from a rule that denies.
 */
export function asksForFailed(
  evaluation: Evaluation,
  named: NamedVariables,
  expression: CompiledExpression,
): boolean {
  const { variablesRead } = expression
  if (expression.asksForVariables !== true) return false
  const { failed } = computed(evaluation, named)
  return failed.size > 0 && variablesRead.some((name) => failed.has(name))
}

/**
 * Evaluates all variables of the policy, each after those it reads. One that fails is left out and
 * remembered: what reads it fails in turn.
 */
function computed(evaluation: Evaluation, named: NamedVariables): ComputedVariables {
  if (named.computed !== null) return named.computed
  const values = Object.create(null) as Record<string, CelValue>
  const hidden = new Map<string, typeof UNKNOWN>()
  const failed = new Set<string>()
  const soFar = (): Operand => (hidden.size === 0 ? values : partialMap(values, hidden))
  const { now, budget, notes, strict } = evaluation
  const variables = { ...named.variables, V: soFar, variables: soFar }
  for (const { name, expression } of named.names.definitions.variables) {
    const outcome = expression.program.evaluate({ variables, now }, budget)
    if (outcome.kind === 'error') {
      failed.add(name)
      if (notes !== null) noteError(notes, expression, outcome.error.message)
    } else if (
      strict &&
      expression.asksForVariables === true &&
      expression.variablesRead.some((read) => failed.has(read))
    )
      failed.add(name)
    else if (outcome.kind === 'unknown') hidden.set(name, UNKNOWN)
    else values[name] = outcome.value
  }
  named.computed = { operand: soFar(), failed }
  return named.computed
}
