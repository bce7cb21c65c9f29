import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { epochMillis } from '../core/clock.ts'
import { compileExpression } from './compile-expression.ts'
import { policyEnvironment } from './policy-environment.ts'

const environment = policyEnvironment()
const now = epochMillis(0)

/** Pieces that meet in odd ways more often than random characters do. */
const piece = fc.constantFrom(
  ...'( ) [ ] { } . , : ? ! - + * / % == != < in && || " \' """ r" b\' \\ 1 1u 1.5 1e 0x .? [? // _ P R.attr has( all( x, "a" `b` true null 😀 \n'.split(
    ' ',
  ),
)

test('any text compiles or is complained about, with a position inside of it', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join(' ')),
    fc.array(piece).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(text, (source) => {
      const compiled = compileExpression(source, environment)
      if (compiled.ok) return
      for (const { start, end, line, column } of compiled.error) {
        assert.ok(start >= 0 && end >= start && line >= 1 && column >= 1)
        assert.ok(start <= source.length)
      }
    }),
    { numRuns: 3000 },
  )
})

test('any input value gives an outcome, also where values of other types are expected', () => {
  const sources = [
    'R.attr.a == R.attr.b',
    'R.attr.a < R.attr.b',
    'R.attr.a + R.attr.b',
    'R.attr.a in R.attr.b',
    'R.attr.a[R.attr.b]',
    'R.attr.a.matches(R.attr.b)',
    'R.attr.a.all(x, x == R.attr.b)',
    '-R.attr.a',
    'has(R.attr.a.b)',
    'string(R.attr.a)',
    'int(R.attr.a)',
    'timestamp(R.attr.a)',
    'duration(R.attr.a)',
    'size(R.attr.a)',
    'R.attr.a.inIPAddrRange(R.attr.b)',
    'hasIntersection(R.attr.a, R.attr.b)',
    'R.attr.a ? R.attr.b : 1',
    '{R.attr.a: R.attr.b}',
    'R.attr.a.sortBy(x, x)',
    'R.attr.a.getHours(R.attr.b)',
  ]
  const programs = sources.map((source) => {
    const compiled = compileExpression(source, environment)
    assert.ok(compiled.ok, source)
    return compiled.value
  })
  const odd = fc.constantFrom<unknown>(
    Number.NaN,
    Infinity,
    -0,
    '__proto__',
    'constructor',
    [[]],
    2 ** 64,
  )
  const value = fc.oneof(fc.jsonValue(), odd, fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(value, value, (a, b) => {
      for (const program of programs) {
        const outcome = program.evaluate(
          { variables: { R: { attr: { a, b } as never } }, now },
          { steps: 1000 },
        )
        assert.ok(outcome.kind === 'value' || outcome.kind === 'error')
      }
    }),
    { numRuns: 500 },
  )
})

test('values nested deeper than any limit are an error, not a crash', () => {
  let deep: unknown = 1
  for (let at = 0; at < 20_000; at += 1) deep = [deep]
  const compiled = compileExpression('R.attr == P.attr', environment)
  assert.ok(compiled.ok)
  const variables = { R: { attr: deep as never }, P: { attr: structuredCopy(deep) as never } }
  const outcome = compiled.value.evaluate({ variables, now }, { steps: 100_000 })
  assert.ok(outcome.kind === 'error')
  assert.equal(outcome.error.kind, 'limit')
})

/** Another array of the same depth, so that identity does not decide. */
function structuredCopy(deep: unknown): unknown {
  let depth = 0
  for (let at = deep; Array.isArray(at); [at] = at) depth += 1
  let copy: unknown = 1
  for (let at = 0; at < depth; at += 1) copy = [copy]
  return copy
}
