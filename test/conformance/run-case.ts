import { epochMillis } from '../../src/core/clock.ts'
import { codeCompiler } from '../../src/cel/code-compiler.ts'
import { compileClosure } from '../../src/cel/compile-closure.ts'
import { compileExpression } from '../../src/cel/compile-expression.ts'
import type { CelOutcome } from '../../src/cel/compile-expression.ts'
import type { CompileChecked } from '../../src/cel/code-compiler.ts'
import type { CelEnvironment } from '../../src/cel/environment.ts'
import { celEnvironment } from '../../src/cel/environment.ts'
import { parseExpression } from '../../src/cel/parse-expression.ts'
import { POLICY_LIBRARIES } from '../../src/cel/policy-environment.ts'
import type { CelType } from '../../src/cel/type.ts'
import { DYN } from '../../src/cel/type.ts'
import type { CelValue } from '../../src/cel/value.ts'
import type { CorpusCase } from './corpus.ts'
import type { Choice } from './corpus-value.ts'
import { canonical, corpusType, corpusValue, Unsupported } from './corpus-value.ts'

const BUDGET_STEPS = 1_000_000

const compileCode = codeCompiler()

/** Why a case fails, or null when it passes. */
export function failureOf(item: CorpusCase): string | null {
  try {
    return ['parsing', 'checking', 'comprehensions'].includes(item.suite)
      ? parseFailure(item)
      : evaluateFailure(item)
  } catch (error) {
    if (error instanceof Unsupported) return error.message
    throw error
  }
}

/** The suites made from the reference's own tests say only whether a text parses. */
function parseFailure({ expression, parses }: CorpusCase): string | null {
  const parsed = parseExpression(expression)
  if (parsed.ok === parses) return null
  return parsed.ok ? 'parsed, and must not' : `does not parse: ${parsed.error.message}`
}

function evaluateFailure(item: CorpusCase): string | null {
  const variables = new Map<string, CelType>(Object.keys(item.bindings).map((name) => [name, DYN]))
  for (const { name, declKind } of item.typeEnv) {
    if (declKind.case !== 'ident') throw new Unsupported(`declaration of a ${declKind.case}`)
    const { type } = declKind.value as { readonly type: { readonly typeKind: Choice } }
    variables.set(name, corpusType(type.typeKind))
  }
  const environment = celEnvironment(variables, POLICY_LIBRARIES)
  return (
    failureWith(item, environment, compileClosure) ?? failureWith(item, environment, compileCode)
  )
}

function failureWith(
  item: CorpusCase,
  environment: CelEnvironment,
  compile: CompileChecked,
): string | null {
  const compiled = compileExpression(item.expression, environment, compile)
  if (!compiled.ok) {
    const wanted = item.matcher.case === 'evalError' || item.matcher.case === 'anyEvalErrors'
    const { code, message } = compiled.error[0]
    if (wanted && code !== 'unknown_type') return null
    return `does not compile: ${message}`
  }
  const values: Record<string, CelValue> = {}
  for (const [name, { kind }] of Object.entries(item.bindings)) {
    const choice = kind as Choice & { readonly value: { readonly kind: Choice } }
    values[name] = corpusValue(choice.case === 'value' ? choice.value.kind : choice)
  }
  if (item.checkOnly) return null
  const outcome = compiled.value.evaluate(
    { variables: values, now: epochMillis(0) },
    { steps: BUDGET_STEPS },
  )
  return matchFailure(item.matcher, outcome)
}

function matchFailure(matcher: Choice, outcome: CelOutcome): string | null {
  if (matcher.case === 'evalError' || matcher.case === 'anyEvalErrors') {
    return outcome.kind === 'error' ? null : `an error was expected, got ${shown(outcome)}`
  }
  const expected = canonical(expectedValue(matcher))
  return outcome.kind === 'value' && canonical(outcome.value) === expected
    ? null
    : `expected ${expected}, got ${shown(outcome)}`
}

function expectedValue(matcher: Choice): CelValue {
  if (matcher.case === undefined) return true
  if (matcher.case === 'value')
    return corpusValue((matcher.value as { readonly kind: Choice }).kind)
  if (matcher.case === 'typedResult') {
    const { result } = matcher.value as { readonly result?: { readonly kind: Choice } }
    if (result !== undefined) return corpusValue(result.kind)
  }
  throw new Unsupported(`result of kind ${matcher.case}`)
}

function shown(outcome: CelOutcome): string {
  if (outcome.kind === 'value') return canonical(outcome.value)
  return outcome.kind === 'error' ? `error: ${outcome.error.message}` : 'unknown'
}
