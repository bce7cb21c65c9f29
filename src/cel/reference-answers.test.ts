import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { epochMillis } from '../core/clock.ts'
import { codeCompiler } from './code-compiler.ts'
import { compileClosure } from './compile-closure.ts'
import { compileExpression } from './compile-expression.ts'
import { toJson } from './json-value.ts'
import { policyEnvironment } from './policy-environment.ts'

/** What the reference engine (Cerbos 0.55.0) answered to an expression without variables. */
type Answer = {
  readonly expression: string
  readonly value?: unknown
  readonly error?: string
  readonly refused?: true
}

const answers: readonly Answer[] = JSON.parse(
  readFileSync(new URL('testing/reference-answers.json', import.meta.url), 'utf8'),
)
const environment = policyEnvironment()

for (const [name, compile] of [
  ['closures', compileClosure],
  ['generated code', codeCompiler()],
] as const) {
  test(`${name} answer as the reference does, to the text of the error`, () => {
    assert.ok(answers.length > 500)
    for (const { expression, ...expected } of answers) {
      const compiled = compileExpression(expression, environment, compile)
      if (!compiled.ok) {
        assert.deepEqual({ refused: true }, expected, expression)
        continue
      }
      const outcome = compiled.value.evaluate(
        { variables: {}, now: epochMillis(0) },
        { steps: 10_000 },
      )
      if (outcome.kind === 'error') {
        assert.deepEqual({ error: outcome.error.message }, expected, expression)
        continue
      }
      assert.ok(outcome.kind === 'value')
      const json = toJson(outcome.value)
      assert.ok(json.ok, expression)
      assert.deepEqual({ value: JSON.parse(JSON.stringify(json.value)) }, expected, expression)
    }
  })
}
