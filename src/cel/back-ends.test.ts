import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { epochMillis } from '../core/clock.ts'
import { checkExpression } from './check-expression.ts'
import { codeCompiler } from './code-compiler.ts'
import { compileClosure } from './compile-closure.ts'
import type { CelOutcome } from './compile-expression.ts'
import { compileExpression, programOf } from './compile-expression.ts'
import type { Variables } from './frame.ts'
import { generateCode } from './generate-code.ts'
import { markUnknown } from './mark-unknown.ts'
import type { Operand } from './operand.ts'
import { UNKNOWN } from './operand.ts'
import { parseExpression } from './parse-expression.ts'
import { policyEnvironment } from './policy-environment.ts'
import { TAGGED_FIELDS } from './tagged-fields.ts'
import { aCelExpression } from './testing/a-cel-expression.ts'
import { interpret } from './testing/interpret.ts'
import { shownOperand } from './testing/shown-operand.ts'
import { messageTag } from './value.ts'

const environment = policyEnvironment()
const now = epochMillis(Date.UTC(2026, 10, 21))
const compileCode = codeCompiler()
const AMPLE = 1_000_000

const shown = (outcome: CelOutcome): string => {
  if (outcome.kind === 'value') return shownOperand(outcome.value)
  return outcome.kind === 'unknown' ? 'unknown' : shownOperand(outcome.error)
}

/** What each back end answers, and the steps it took; null when the expression does not compile. */
function answers(source: string, variables: Variables, steps: number): readonly string[] | null {
  const parsed = parseExpression(source)
  if (!parsed.ok) return null
  const checked = checkExpression(source, parsed.value, environment)
  if (!checked.ok) return null
  const naive = programOf(checked.value, (frame): Operand => interpret(checked.value, frame))
  const programs = [
    programOf(checked.value, compileClosure(checked.value)),
    programOf(checked.value, compileCode(checked.value)),
  ]
  const told = programs.map((program) => {
    const budget = { steps }
    const outcome = program.evaluate({ variables, now }, budget)
    return `${shown(outcome)} after ${steps - budget.steps} steps`
  })
  if (steps < AMPLE) return told
  const third = shown(naive.evaluate({ variables, now }, { steps: Number.POSITIVE_INFINITY }))
  return [...told, `${third}${told[0]?.slice(told[0].lastIndexOf(' after ')) ?? ''}`]
}

const aValue = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      1,
      2,
      5,
      -1,
      1.5,
      '',
      'a',
      'b',
      'abc',
      '10.0.0.1',
      'é😀',
      '2026-01-01T00:00:00Z',
      [],
      [1, 2, 3],
      ['a', 'b'],
      {},
      { a: 1 },
      { a: { b: [1] } },
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
)
const anActivation = fc
  .record({
    a: aValue,
    b: aValue,
    c: aValue,
    d: aValue,
    unknown: fc.constantFrom('', '', 'a', 'b', 'b.a', 'all'),
  })
  .map(({ unknown, ...attr }): Variables => {
    const variables: Variables = {
      R: { attr: attr as never },
      P: { id: 'a', attr: attr as never },
      V: UNKNOWN,
    }
    if (unknown === '') return variables
    return markUnknown(variables, [
      unknown === 'all' ? ['R', 'attr'] : ['R', 'attr', ...unknown.split('.')],
    ])
  })

suite('the back ends', () => {
  test('agree on generated expressions and values, to the last message, span and step', () => {
    let compared = 0
    fc.assert(
      fc.property(aCelExpression, anActivation, (source, variables) => {
        const told = answers(source, variables, AMPLE)
        if (told === null) return
        compared += 1
        assert.deepEqual(
          told,
          Array.from(told, () => told[0]),
          source,
        )
      }),
      { numRuns: 2500 },
    )
    assert.ok(compared > 1000, `only ${compared} of the expressions compiled`)
  })
  test('run the deepest expressions that are allowed', () => {
    const nest = (times: number, around: (inner: string) => string, core: string): string =>
      Array.from({ length: times }).reduce<string>((inner) => around(inner), core)
    const sources = [
      nest(248, (inner) => `!${inner}`, 'true'),
      nest(240, (inner) => `R.a ? false : ${inner}`, 'true'),
      nest(240, (inner) => `[${inner}]`, '1'),
      nest(80, (inner) => `[1].exists(x, ${inner})`, 'true'),
      nest(110, (inner) => `(true && (false || ${inner}))`, 'true'),
      nest(200, (inner) => `cel.bind(x, 1, ${inner})`, 'true'),
      `R${'.a'.repeat(248)}`,
      `"a"${' + "a"'.repeat(240)}`,
    ]
    for (const source of sources) {
      const told = answers(source, { R: { a: true } }, AMPLE)
      assert.ok(told !== null)
      assert.deepEqual(
        told,
        Array.from(told, () => told[0]),
      )
    }
  })
  test('take the same steps to the same end when the budget is small', () => {
    fc.assert(
      fc.property(
        aCelExpression,
        anActivation,
        fc.integer({ min: 0, max: 40 }),
        (source, variables, steps) => {
          const told = answers(source, variables, steps)
          if (told !== null) assert.equal(told[0], told[1], source)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

const SAMPLES: readonly (readonly [string, unknown])[] = [
  ['0', 0],
  ['1', 1],
  ['5', 5],
  ['-1', -1],
  ['1.5', 1.5],
  ['1.0', 1],
  ['2u', null],
  ['"a"', 'a'],
  ['"b"', 'b'],
  ['""', ''],
  ['true', true],
  ['false', false],
  ['null', null],
  ['9007199254740993', 9_007_199_254_740_992],
  ['9223372036854775807', 2 ** 63],
  ['1e30', 1e30],
  ['[1]', [1]],
  ['{"a": 1}', { a: 1 }],
  ['b"a"', Number.NaN],
]

suite('operators with a literal on the right', () => {
  test('mean the same in every back end, for every kind of value on the left', () => {
    for (const operator of [
      '==',
      '!=',
      '<',
      '<=',
      '>',
      '>=',
      '+',
      '-',
      '*',
      '/',
      '%',
      'in',
      'in list',
    ]) {
      for (const [right] of SAMPLES) {
        const written = operator === 'in list' ? `in [${right}, "x", 7]` : `${operator} ${right}`
        for (const [left, value] of SAMPLES) {
          const variables: Variables = { R: { attr: { a: value as never } }, P: {} }
          for (const source of [`R.attr.a ${written}`, `dyn(${left}) ${written}`]) {
            const told = answers(source, variables, AMPLE)
            assert.deepEqual(told, told === null ? null : Array.from(told, () => told[0]), source)
          }
        }
      }
    }
  })
})

suite('generated code', () => {
  const hostile = [
    '"; throw 1; "',
    "'",
    '`${1}`',
    '\\',
    '\u2028',
    '\u2029',
    '</script>',
    '__proto__',
    'constructor',
    'c0',
    'frame',
    '*/',
    '\n',
    '\0',
    '\ud800',
  ]
  test('holds no string of an expression but as the name of a field, and those as JSON', () => {
    for (const text of hostile) {
      const literal = JSON.stringify(text)
      const source = `R.attr[${literal}] == ${literal} || P.id in [${literal}, "x"] || P.id.startsWith(${literal}) || {${literal}: 1}.size() == 0`
      const parsed = parseExpression(source)
      if (!parsed.ok) continue
      const checked = checkExpression(source, parsed.value, environment)
      assert.ok(checked.ok)
      const innocent = source.replaceAll(literal, '"zzzz"')
      const other = parseExpression(innocent)
      assert.ok(other.ok)
      const harmless = checkExpression(innocent, other.value, environment)
      assert.ok(harmless.ok)
      assert.equal(generateCode(checked.value).text, generateCode(harmless.value).text)
      const told = answers(source, { R: { attr: {} }, P: { id: text } }, AMPLE)
      assert.ok(told !== null && told[0]?.startsWith('true'))
      assert.equal(told[0], told[1])
    }
  })
  test('reads fields of hostile names as fields', () => {
    for (const text of [
      '__proto__',
      'constructor',
      'toString',
      'a"b',
      'hasOwnProperty',
      'length',
      '0',
    ]) {
      const attr = JSON.parse(`{${JSON.stringify(text)}: 7}`)
      const name =
        /^[A-Za-z_]/.test(text) && !text.includes('"') ? `.${text}` : `[${JSON.stringify(text)}]`
      for (const source of [`R.attr${name} == 7`, `has(R.attr.a) || R.attr${name} == 7`]) {
        const told = answers(source, { R: { attr } }, AMPLE)
        assert.deepEqual(
          told,
          Array.from(told ?? [], () => told?.[0]),
        )
        assert.ok(told?.[0]?.startsWith('true'), source)
        const absent = answers(source, { R: { attr: { other: [] } } }, AMPLE)
        assert.ok(absent?.[0]?.startsWith('error'), `${source}: ${absent?.[0]}`)
        assert.deepEqual(
          absent,
          Array.from(absent ?? [], () => absent?.[0]),
        )
      }
    }
  })
  test('writes a field of any name as JSON, also one that no text can spell', () => {
    const parsed = parseExpression('R.attr.field == 7')
    assert.ok(parsed.ok && parsed.value.kind === 'binary' && parsed.value.left.kind === 'select')
    for (const field of hostile) {
      const node = { ...parsed.value, left: { ...parsed.value.left, field } }
      const checked = checkExpression('R.attr.field == 7', node, environment)
      assert.ok(checked.ok)
      const attr = JSON.parse(`{${JSON.stringify(field)}: 7}`)
      const program = programOf(checked.value, compileCode(checked.value))
      const outcome = program.evaluate({ variables: { R: { attr } }, now }, { steps: 10 })
      assert.deepEqual(outcome, { kind: 'value', value: true }, field)
    }
  })
  test('sees no property that every object was made to inherit', () => {
    // oxlint-disable-next-line eslint/no-extend-native -- an attacker's act is what this is about
    Object.defineProperty(Object.prototype, 'polluted', { value: true, configurable: true })
    try {
      for (const source of ['R.attr.polluted', 'has(R.attr.polluted) || R.polluted']) {
        const told = answers(source, { R: { attr: {} } }, AMPLE)
        assert.ok(told !== null)
        assert.match(told[0] ?? '', /^error evaluation no such key: polluted/)
        assert.deepEqual(
          told,
          Array.from(told, () => told[0]),
        )
      }
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted')
    }
  })
  test('is shared by expressions of one shape', () => {
    const texts = [
      'R.attr.a == "x" && R.attr.b <= 5',
      'R.attr.a == "longer" && R.attr.b <= 123',
    ].map((source) => {
      const parsed = parseExpression(source)
      assert.ok(parsed.ok)
      const checked = checkExpression(source, parsed.value, environment)
      assert.ok(checked.ok)
      return generateCode(checked.value).text
    })
    assert.equal(texts[0], texts[1])
  })
  test('is what compileExpression runs when it is asked to', () => {
    const compiled = compileExpression('R.attr.a > 1 && P.id == "a"', environment, compileCode)
    assert.ok(compiled.ok)
    const variables: Variables = { R: { attr: { a: 2 } }, P: { id: 'a' } }
    assert.deepEqual(compiled.value.evaluate({ variables, now }, { steps: 10 }), {
      kind: 'value',
      value: true,
    })
  })
  test('knows every property that a tagged value has', () => {
    const sources = [
      '1u',
      'b"x"',
      'now()',
      'duration("1s")',
      'int',
      'optional.of(1)',
      '{1: 2}',
      'hierarchy("a")',
      'spiffeID("spiffe://a/b")',
      'spiffeTrustDomain("a")',
      'spiffeMatchAny()',
      'ip("1.1.1.1")',
      'cidr("1.0.0.0/8")',
    ]
    const names = new Set<string>()
    for (const source of sources) {
      const compiled = compileExpression(source, environment)
      assert.ok(compiled.ok)
      const outcome = compiled.value.evaluate({ variables: {}, now }, { steps: 100 })
      assert.ok(outcome.kind === 'value')
      for (const name of Object.keys(outcome.value as object)) names.add(name)
    }
    const failed = compileExpression('R.a', environment)
    assert.ok(failed.ok)
    const outcome = failed.value.evaluate({ variables: {}, now }, { steps: 100 })
    assert.ok(outcome.kind === 'error')
    for (const name of Object.keys(outcome.error)) names.add(name)
    const partial = markUnknown({ R: { a: 1 } }, [['R', 'a']])['R']
    for (const name of Object.keys(partial as object)) names.add(name)
    assert.deepEqual([...names].toSorted(), [...TAGGED_FIELDS].toSorted())
  })
})

test('an empty field of a message can be read, and counts as absent, in every back end', () => {
  const R = { [messageTag]: true, kind: 'doc', scope: '', attr: {}, roles: [] }
  const marked = markUnknown({ R }, [['R', 'kind']])
  for (const [source, expected] of [
    ['has(R.kind)', 'true'],
    ['has(R.scope) || has(R.attr) || has(R.roles) || has(R.none)', 'false'],
    ['R.?scope.hasValue() || R.?attr.hasValue()', 'false'],
    ['R.scope == "" && R.attr == {} && R.roles == []', 'true'],
  ] as const) {
    for (const told of answers(source, { R }, AMPLE) ?? ['nothing'])
      assert.equal(told.split(' ')[0], expected, source)
    if (source.includes('kind')) continue
    for (const told of answers(source, marked, AMPLE) ?? ['nothing'])
      assert.equal(told.split(' ')[0], expected, source)
  }
})

test('one variable makes `exists_one`, never `existsOne`, which has two', () => {
  assert.equal(answers('[1].existsOne(x, x == 1)', {}, AMPLE), null)
  assert.equal(answers('[1].exists_one(x, x == 1)', {}, AMPLE)?.[0]?.split(' ')[0], 'true')
  assert.equal(answers('[1].existsOne(i, x, x == 1)', {}, AMPLE)?.[0]?.split(' ')[0], 'true')
})
