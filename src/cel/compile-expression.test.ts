import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { epochMillis } from '../core/clock.ts'
import { codeCompiler } from './code-compiler.ts'
import { compileExpression } from './compile-expression.ts'
import type { CelOutcome } from './compile-expression.ts'
import type { Variables } from './frame.ts'
import { toJson } from './json-value.ts'
import { markUnknown } from './mark-unknown.ts'
import { policyEnvironment } from './policy-environment.ts'

const environment = policyEnvironment()
const compileCode = codeCompiler()
const now = epochMillis(Date.UTC(2026, 10, 21))
const variables: Variables = {
  P: { id: 'alice', roles: ['support', 'user'], attr: {} },
  R: { attr: { n: 5, text: 'abc', list: [1, 2, 3], args: { amount: 9000 }, ip: '10.1.2.3' } },
}

/** The outcome, which both back ends must agree on. */
function outcome(source: string, on: Variables = variables, steps = 100_000): CelOutcome {
  const compiled = compileExpression(source, environment)
  const generated = compileExpression(source, environment, compileCode)
  assert.ok(compiled.ok, `${source}: ${compiled.ok ? '' : compiled.error[0].message}`)
  assert.ok(generated.ok)
  const result = compiled.value.evaluate({ variables: on, now }, { steps })
  assert.deepEqual(generated.value.evaluate({ variables: on, now }, { steps }), result, source)
  return result
}

function answer(source: string, on: Variables = variables): unknown {
  const result = outcome(source, on)
  if (result.kind === 'unknown') return 'unknown'
  if (result.kind === 'error') return `error: ${result.error.message}`
  const json = toJson(result.value)
  return json.ok ? json.value : json.error
}

function complaints(source: string): readonly string[] {
  const compiled = compileExpression(source, environment)
  return compiled.ok
    ? []
    : compiled.error.map((item) => `${item.line}:${item.column} ${item.code}: ${item.message}`)
}

const yields = (cases: readonly (readonly [string, unknown])[]): void => {
  for (const [source, expected] of cases) assert.deepEqual(answer(source), expected, source)
}

suite('values', () => {
  test('numbers from JSON are doubles: they compare with ints but do not add to them', () => {
    yields([
      ['R.attr.n == 5', true],
      ['R.attr.n >= 5', true],
      ['R.attr.n + 1', 'error: no such overload'],
      ['R.attr.n + 1.0', 6],
      ['dyn(1) == 1.0', true],
      ['5 in R.attr.list', false],
      ['3 in R.attr.list', true],
      ['R.attr.n in [4, 5, 6]', true],
    ])
  })
  test('ints stay within 64 bits, and leaving them is an error', () => {
    yields([
      ['9223372036854775807 + 1', 'error: integer overflow'],
      ['-9223372036854775808 - 1', 'error: integer overflow'],
      ['-(-9223372036854775808)', 'error: integer overflow'],
      ['0u - 1u', 'error: unsigned integer overflow'],
      ['7 / 2', 3],
      ['-7 / 2', -3],
      ['-7 % 3', -1],
      ['1 / 0', 'error: division by zero'],
      ['1 % 0', 'error: modulus by zero'],
      ['0x10', 16],
    ])
  })
  test('literals of every form are read', () => {
    yields([
      [String.raw`r'\d' + "\x41\u00e9\U0001F600\101"`, '\\dAé😀A'],
      ['\'\'\'a\n\'b\'\'\' + """c"d"""', 'a\n\'bc"d'],
      [String.raw`b'\xff\000a'`, '/wBh'],
      ['[1, 2.5, "x", null, true, 3u,]', [1, 2.5, 'x', null, true, 3]],
      ['1 // a comment\n + 2', 3],
    ])
    const map = answer('{"a": 1, 2: [1], true: null}')
    assert.deepEqual({ ...(map as object) }, { 2: [1], a: 1, true: null })
  })
  test('positions and sizes of texts count code points', () => {
    yields([['size("añ😀")', 3]])
  })
  test('times are computed and written as protobuf writes them', () => {
    yields([
      ['timestamp("2026-01-31T23:00:00-02:00") + duration("1h30m")', '2026-02-01T02:30:00Z'],
      [
        'timestamp("2026-01-02T00:00:00.5Z") - timestamp("2026-01-01T00:00:00Z")',
        '86400.500s'.replace('00s', 's'),
      ],
      ['timestamp("2026-12-25T00:30:00Z").getHours("Europe/Berlin")', 1],
      ['timestamp("2026-12-25T00:30:00Z").getHours("-02:00")', 22],
      ['duration("90m").getHours()', 1],
      ['now()', '2026-11-21T00:00:00Z'],
      ['timeSince(now() - duration("5s"))', '5s'],
      ['timestamp(R.attr.text)', 'error: invalid RFC 3339 timestamp "abc"'],
    ])
  })
})

suite('errors and unknowns', () => {
  test('an error is absorbed by the side that decides, and by nothing else', () => {
    yields([
      ['R.attr.missing == 1 || true', true],
      ['true || R.attr.missing == 1', true],
      ['R.attr.missing == 1 && false', false],
      ['R.attr.missing == 1 || false', 'error: no such key: missing'],
      ['!(R.attr.missing == 1)', 'error: no such key: missing'],
      ['R.attr.missing ? 1 : 1', 'error: no such key: missing'],
      ['[1, 0].exists(x, 1 / x == 1)', true],
      ['[0, 1].all(x, 1 / x == 5)', false],
      ['[0, 1].exists_one(x, 1 / x == 1)', 'error: division by zero'],
    ])
  })
  test('an error carries the span of the node it arose in', () => {
    const result = outcome('true && R.attr.missing.deeper == 1')
    assert.equal(result.kind, 'error')
    assert.ok(result.kind === 'error')
    assert.deepEqual([result.error.start, result.error.end], [8, 22])
  })
  test('what depends on something unknown is unknown, unless the rest decides', () => {
    const marked = markUnknown(variables, [['R', 'attr', 'args']])
    const cases: readonly (readonly [string, unknown])[] = [
      ['R.attr.args.amount <= 500', 'unknown'],
      ['R.attr.args.amount <= 500 && R.attr.n == 6', false],
      ['R.attr.args.amount <= 500 || R.attr.n == 5', true],
      ['R.attr.args.amount <= 500 || R.attr.missing', 'unknown'],
      ['has(R.attr.args)', 'unknown'],
      ['has(R.attr.args.amount)', 'unknown'],
      ['has(R.attr.n)', true],
      ['R.attr["args"]["amount"] == 1', 'unknown'],
      ['R.attr == {}', 'unknown'],
      ['R.attr.exists(k, k == "n")', 'unknown'],
      ['[R.attr.args.amount].size() == 1', 'unknown'],
      ['R.attr.args.amount > 1 ? false : false', false],
      ['cel.bind(a, R.attr, a.n == 5)', true],
      ['R.attr.list.exists(x, x == R.attr.args.amount)', 'unknown'],
      ['R.attr.list.exists(x, x == R.attr.args.amount || x == 3)', true],
      ['P.id in R.attr.args.names', 'unknown'],
    ]
    for (const [source, expected] of cases) assert.equal(answer(source, marked), expected, source)
  })
  test('hiding a part of what is hidden already changes nothing', () => {
    const marked = markUnknown(variables, [
      ['R', 'attr'],
      ['R', 'attr', 'args'],
      ['P'],
      ['P', 'x', 'y'],
    ])
    assert.equal(answer('R.attr.n == 5', marked), 'unknown')
    assert.equal(answer('P.id == "alice"', marked), 'unknown')
    const lazy = markUnknown({ R: () => ({ a: 1, b: 2 }) }, [['R', 'a']])
    assert.equal(answer('R.a == 1', lazy), 'unknown')
    assert.equal(answer('R.b == 2', lazy), true)
    const apart = markUnknown(variables, [
      ['R', 'attr', 'n'],
      ['R', 'attr', 'args', 'amount'],
      ['Q', 'x'],
    ])
    assert.equal(answer('R.attr.n == 5', apart), 'unknown')
    assert.equal(answer('R.attr.args.amount == 9000.0', apart), 'unknown')
    assert.equal(answer('R.attr.text == "abc" && !has(R.attr.args.other)', apart), true)
  })
  test('names of prototypes are ordinary names', () => {
    yields([
      ['has(R.attr.constructor)', false],
      ['has(R.attr.__proto__)', false],
      ['R.attr.toString', 'error: no such key: toString'],
      ['"constructor" in R.attr', false],
      ['{"__proto__": 1}.__proto__', 1],
      ['R.attr.list.length', "error: unsupported index type 'string' in list"],
    ])
  })
})

suite('the step budget', () => {
  test('ends an evaluation with a limit error that nothing absorbs', () => {
    const source = '[1, 2, 3, 4, 5, 6].all(x, [1, 2, 3, 4, 5, 6].all(y, x + y > 0)) || true'
    const result = outcome(source, variables, 20)
    assert.ok(result.kind === 'error')
    assert.equal(result.error.kind, 'limit')
  })
  test('stops lists that double before memory does', () => {
    const doubling = Array.from({ length: 60 }, (_, at) => `cel.bind(a${at + 1}, a${at} + a${at}, `)
    const source = `cel.bind(a0, [1], ${doubling.join('')} a60.size()${')'.repeat(61)}`
    const result = outcome(source)
    assert.ok(result.kind === 'error')
    assert.equal(result.error.kind, 'limit')
  })
  test('is shared by the evaluations that are given it', () => {
    const compiled = compileExpression('R.attr.list.all(x, x > 0)', environment)
    assert.ok(compiled.ok)
    const budget = { steps: 5 }
    assert.equal(compiled.value.evaluate({ variables, now }, budget).kind, 'value')
    assert.equal(compiled.value.evaluate({ variables, now }, budget).kind, 'error')
  })
})

suite('diagnostics', () => {
  test('say what is wrong, where', () => {
    assert.deepEqual(complaints('foo == 1 ||\n  P.id.starsWith("a")'), [
      '1:1 unknown_identifier: undeclared reference to `foo`',
      '2:8 unknown_function: undeclared reference to function `starsWith`',
    ])
    assert.deepEqual(complaints('1 == 1.0'), [
      '1:1 no_matching_overload: found no matching overload for `==` applied to (int, double)',
    ])
    assert.deepEqual(complaints('P.id.matches("(")').length, 1)
    assert.deepEqual(complaints('timestamp("soon")'), [
      '1:11 invalid_literal: invalid timestamp `soon`',
    ])
    assert.deepEqual(complaints('duration("1 day")'), [
      '1:10 invalid_literal: invalid duration `1 day`',
    ])
    assert.deepEqual(complaints('has(P)').length, 1)
    assert.deepEqual(complaints('P.roles.all(P.id, true)').length, 1)
    assert.deepEqual(complaints('P.id = "a"'), ['1:6 syntax: unexpected character `=`'])
    assert.deepEqual(complaints('(1 + '), [
      '1:6 syntax: the expression ends where a value is expected',
    ])
    assert.deepEqual(complaints("'abc"), ['1:1 syntax: unterminated string'])
    assert.deepEqual(complaints('a.b{c: 1}').length, 1)
    assert.deepEqual(complaints('9223372036854775808'), [
      '1:1 syntax: `9223372036854775808` is out of range',
    ])
    assert.deepEqual(complaints('-9223372036854775809'), [
      '1:1 syntax: `-9223372036854775809` is out of range',
    ])
    assert.deepEqual(complaints('18446744073709551616u').length, 1)
    assert.deepEqual(complaints('1e999').length, 1)
    assert.deepEqual(complaints('12abc'), ['1:1 syntax: `12abc` is not a number'])
    assert.deepEqual(complaints('(1).map(x, x)'), [
      '1:2 no_matching_overload: a value of type int cannot be looped over',
    ])
    assert.deepEqual(complaints('[1].all(x, x)'), [
      '1:12 no_matching_overload: a bool is needed here, and this is of type int',
    ])
    assert.deepEqual(complaints('{1.5: 1}').length, 1)
    assert.deepEqual(complaints('P.id.all(x, x, true)').length, 1)
    assert.deepEqual(complaints('"\\q"').length, 1)
    assert.deepEqual(complaints('"a".size').length, 1)
  })
  test('refuse what is too long or too deep instead of exhausting the stack', () => {
    assert.match(complaints(' '.repeat(70_000))[0] ?? '', /expression_too_long/)
    for (const source of [
      '('.repeat(20_000),
      '!'.repeat(20_000),
      '['.repeat(20_000),
      '-'.repeat(9_999),
    ]) {
      assert.match(complaints(source)[0] ?? '', /expression_too_deep/)
    }
    assert.match(complaints(`1${'+1'.repeat(5_000)}`)[0] ?? '', /expression_too_deep/)
    assert.match(complaints(`P${'.a'.repeat(5_000)}`)[0] ?? '', /expression_too_deep/)
    assert.equal(
      answer(Array.from({ length: 3_000 }, (_, at) => `R.attr.n == ${at}`).join(' || ')),
      true,
    )
  })
})

suite('reads', () => {
  test('lists each path up to its first computed step', () => {
    const source =
      'R.attr.args.amount > 5 && R.attr["x y"][P.id] && has(P.attr.a.b) && R.attr.list.all(i, i > C.low) && R.attr.rows[0].x == 1'
    const compiled = compileExpression(source, environment)
    assert.ok(compiled.ok)
    assert.deepEqual(compiled.value.reads, [
      ['R', 'attr', 'args', 'amount'],
      ['R', 'attr', 'x y'],
      ['P', 'id'],
      ['P', 'attr', 'a', 'b'],
      ['R', 'attr', 'list'],
      ['C', 'low'],
      ['R', 'attr', 'rows'],
    ])
  })
})
