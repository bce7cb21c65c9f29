import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { epochMillis } from '../../core/clock.ts'
import { compileExpression } from '../compile-expression.ts'
import { fits } from '../dispatch.ts'
import type { Frame } from '../frame.ts'
import { isError, isHalt } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { POLICY_LIBRARIES, policyEnvironment } from '../policy-environment.ts'
import type { CelType } from '../type.ts'
import { typeText } from '../type.ts'
import type { CelValue } from '../value.ts'
import {
  celBytes,
  celDuration,
  celMap,
  celOptional,
  celTag,
  celTimestamp,
  celType,
  celUint,
  kindOf,
} from '../value.ts'

const overloads = POLICY_LIBRARIES.flat()
const environment = policyEnvironment()

const frame = (steps: number): Frame => ({
  variables: {},
  now: epochMillis(0),
  budget: { steps },
  locals: [],
})

const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'abc',
    '%s %d %.2f %x',
    '(',
    'a*',
    '10.0.0.0/8',
    '::1',
    'spiffe://a/b',
    '/a/../b',
    'C:\\a',
    '\\\\h\\s\\x',
    '[',
    '1h',
    '2026-01-01T00:00:00Z',
    'Europe/Berlin',
    'aGk=',
    '\ud800',
    '__proto__',
    '\\1',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const int = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 64n, 100n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
const uint = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(celUint)
const scalarValue: fc.Arbitrary<CelValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double(),
  int,
  uint,
  text,
)

/** Values of a type; with `odd`, what is inside of lists may be anything. */
function valueOf(type: CelType, odd: boolean): fc.Arbitrary<CelValue> {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return fc.oneof(scalarValue, fc.array(scalarValue, { maxLength: 3 }))
    case 'null':
      return fc.constant(null)
    case 'bool':
      return fc.boolean()
    case 'int':
      return int
    case 'uint':
      return uint
    case 'double':
      return fc.double()
    case 'string':
      return text
    case 'bytes':
      return fc.uint8Array({ maxLength: 8 }).map(celBytes)
    case 'timestamp':
      return fc
        .bigInt({ min: -62_135_596_800_000_000_000n, max: 253_402_300_799_999_999_999n })
        .map(celTimestamp)
    case 'duration':
      return int.map(celDuration)
    case 'type':
      return fc.constant(celType('int'))
    case 'list':
      return fc.array(
        odd ? fc.oneof(valueOf(type.element, odd), scalarValue) : valueOf(type.element, odd),
        {
          maxLength: 4,
        },
      )
    case 'map':
      return fc.oneof(
        fc.dictionary(text, scalarValue, { noNullPrototype: false, maxKeys: 3 }),
        fc.array(fc.tuple(int, scalarValue), { maxLength: 3 }).map(celMap),
      )
    case 'optional':
      return fc.option(valueOf(type.element, odd), { nil: undefined }).map(celOptional)
    case 'hierarchy':
      return fc
        .array(text, { maxLength: 3 })
        .map((parts) => ({ [celTag]: 'hierarchy', parts }) as const)
    case 'spiffe_id':
      return fc.constant({ [celTag]: 'spiffe_id', trustDomain: 'a', path: '/b' } as const)
    case 'trust_domain':
      return fc.constant({ [celTag]: 'trust_domain', name: 'a' } as const)
    case 'spiffe_matcher':
      return fc.constant({
        [celTag]: 'spiffe_matcher',
        ids: ['spiffe://a/b'],
        trustDomain: null,
      } as const)
    case 'ip':
      return fc
        .bigInt({ min: 0n, max: 2n ** 128n - 1n })
        .map((bits) => ({ [celTag]: 'ip', family: 6, bits }) as const)
    case 'cidr':
      return fc
        .tuple(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), fc.nat(32))
        .map(([bits, length]) => ({ [celTag]: 'cidr', family: 4, bits, length }) as const)
  }
}

const shown = ({ name, method, parameters, result }: Overload): string =>
  `${method ? 'method ' : ''}${name}(${parameters.map(typeText).join(', ')}): ${typeText(result)}`

suite('every function of the library', () => {
  test('answers values of its types with a value of its result type or with an error', () => {
    for (const candidate of overloads) {
      const args = fc.tuple(...candidate.parameters.map((type) => valueOf(type, false)))
      const holds = fc.property(args, (values) => {
        const operand = candidate.run(frame(10_000), ...values)
        if (isHalt(operand)) assert.ok(isError(operand))
        else
          assert.ok(fits(candidate.result, operand), `${shown(candidate)} gave ${kindOf(operand)}`)
      })
      fc.assert(holds, { numRuns: 30 })
    }
  })
  test('never throws, also when lists hold what no signature allows', () => {
    for (const candidate of overloads) {
      const args = fc.tuple(...candidate.parameters.map((type) => valueOf(type, true)))
      const holds = fc.property(args, (values) => {
        candidate.run(frame(10_000), ...values)
      })
      fc.assert(holds, { numRuns: 30 })
    }
  })
  test('takes steps for long texts and lists', () => {
    const long = 'ab'.repeat(50_000)
    const list = Array.from({ length: 10_000 }, (_, at) => `item ${at}`)
    const variables = { R: { long, list, numbers: list.map((_, at) => at) } }
    const free = new Set<string>()
    const sources = [
      'R.long.size()',
      'R.long.contains("x")',
      'R.long.startsWith("x")',
      'R.long == R.long + ""',
      'R.long < R.long + "a"',
      'R.long + "a"',
      'R.long.matches("b+c")',
      'R.long.charAt(1)',
      'R.long.indexOf("x")',
      'R.long.lastIndexOf("x")',
      'R.list.join(",")',
      'R.long.lowerAscii()',
      'R.long.reverse()',
      'R.long.trim()',
      'strings.quote(R.long)',
      'R.long.replace("a", "bb")',
      'R.long.split("a")',
      'R.long.substring(1)',
      '"%s".format([R.long])',
      'R.list.distinct()',
      'R.list.flatten()',
      'R.list.reverse()',
      'R.list.sort()',
      'R.numbers.sort()',
      'R.list.slice(0, 9000)',
      'lists.range(9000)',
      'math.greatest(R.numbers)',
      'sets.contains(R.list, ["x"])',
      'base64.encode(bytes(R.long))',
      'json.encode(R.list)',
      'regex.extract(R.long, "b(c)")',
      'regex.extractAll(R.long, "ab")',
      'regex.replace(R.long, "a", "b")',
      'hasIntersection(R.list, ["x"])',
      'R.list.except(["x"])',
      'hierarchy(R.long, "a")',
      'basePath(R.long)',
      'pathMatch(R.long, "*x")',
      'R.list.exists(x, x == "")',
      '"x" in R.list',
      'R.list == R.list.reverse()',
      'R.list + R.list',
      'R.list.map(x, x)',
    ]
    for (const source of sources) {
      const compiled = compileExpression(source, environment)
      assert.ok(compiled.ok, source)
      const budget = { steps: 1_000_000_000 }
      const outcome = compiled.value.evaluate({ variables, now: epochMillis(0) }, budget)
      assert.equal(outcome.kind, 'value', source)
      // The first element differs, which is where the comparison of the two lists ends.
      if (1_000_000_000 - budget.steps < 500 && !source.includes('==')) free.add(source)
    }
    assert.deepEqual([...free], [])
  })
  test('stops at the end of the budget instead of doing the work', () => {
    for (const source of [
      'lists.range(1000000000000)',
      'R.a.replace("", R.a)',
      'R.a.split("").map(x, R.a.split("")).size()',
      'R.a.matches("(a?){200}(a?){200}b")',
    ]) {
      const compiled = compileExpression(source, environment)
      assert.ok(compiled.ok, source)
      const variables = { R: { a: 'a'.repeat(20_000) } }
      const outcome = compiled.value.evaluate({ variables, now: epochMillis(0) }, { steps: 20_000 })
      assert.ok(outcome.kind === 'error', source)
      assert.equal(outcome.error.kind, 'limit', source)
    }
  })
})
