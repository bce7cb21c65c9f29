import fc from 'fast-check'

/** Leaves: values of every type, mostly as `dyn` so that the checker lets operators meet anything. */
const leaf = fc.constantFrom(
  'R.attr.a',
  'R.attr.b',
  'R.attr.c',
  'R.attr.d',
  'R.attr.missing',
  'R.attr',
  'P.id',
  'V.x',
  'x',
  'y',
  'G.none',
  'dyn(1)',
  'dyn(-1)',
  'dyn(0)',
  'dyn(2u)',
  'dyn(1.5)',
  'dyn(1.0)',
  'dyn("a")',
  'dyn("abc")',
  'dyn(b"ab")',
  'dyn(true)',
  'dyn(false)',
  'dyn(null)',
  'dyn([])',
  'dyn([1, 2])',
  'dyn(["a", "b"])',
  'dyn({})',
  'dyn({"a": 1})',
  'dyn({1: "x", 2u: "y", true: []})',
  'dyn(9223372036854775807)',
  'dyn(duration("90s"))',
  'dyn(timestamp("2026-01-01T00:00:00Z"))',
  'dyn(optional.of(1))',
  'dyn(optional.none())',
  'dyn(int)',
  '1',
  '2',
  '0',
  '1.5',
  '"a"',
  '"abc"',
  'true',
  'false',
  'null',
  '[1, 2, 3]',
  '["a", "b"]',
  '{"a": 1, "b": 2}',
  'now()',
  '9007199254740993',
  '1e30',
)

const UNARY = [
  '!',
  '-',
  'size',
  'string',
  'int',
  'double',
  'type',
  'dyn',
  'timestamp',
  'duration',
  'bool',
  'uint',
  'bytes',
  'base64.encode',
  'json.encode',
  'hierarchy',
  'optional.of',
  'math.abs',
  'isIP',
  'basePath',
]
const BINARY = ['+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', 'in', '&&', '||']
const METHODS = [
  'startsWith',
  'contains',
  'endsWith',
  'matches',
  'hasIntersection',
  'intersect',
  'isSubset',
  'except',
  'inIPAddrRange',
  'split',
  'join',
  'indexOf',
  'orValue',
  'or',
  'format',
  'getHours',
  'pathMatch',
  'pathHasPrefix',
  'ancestorOf',
  'commonAncestors',
]
const BARE_METHODS = [
  'size',
  'distinct',
  'reverse',
  'flatten',
  'sort',
  'first',
  'last',
  'trim',
  'lowerAscii',
  'hasValue',
  'value',
  'getFullYear',
  'unwrapOpt',
]
const MACROS = ['all', 'exists', 'exists_one', 'map', 'filter', 'sortBy']
const PAIR_MACROS = [
  'all',
  'exists',
  'existsOne',
  'transformList',
  'transformMap',
  'transformMapEntry',
]
const FIELDS = ['a', 'b', 'missing', 'length', 'value', 'constructor', '__proto__', 'name']

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  // Most parts are made `dyn`, so that the checker lets operators meet values of any type.
  const part = fc
    .tuple(tie('expression'), fc.constantFrom(true, true, true, true, true, false))
    .map(([text, dynamic]) => (dynamic ? `dyn(${text})` : text))
  const operator = fc
    .tuple(part, fc.constantFrom(...BINARY), part)
    .map(([left, sign, right]) => `(${left} ${sign} ${right})`)
  const literalOperator = fc
    .tuple(
      part,
      fc.constantFrom('==', '!=', '<', '<=', '>', '>='),
      fc.constantFrom('"a"', '1', '1.5', '5', '"abc"'),
    )
    .map(([left, sign, right]) => `(${left} ${sign} ${right})`)
  const macro = fc
    .tuple(part, fc.constantFrom(...MACROS), fc.constantFrom('x', 'y'), part)
    .map(([range, name, variable, body]) => `${range}.${name}(${variable}, ${body})`)
  const pairMacro = fc
    .tuple(part, fc.constantFrom(...PAIR_MACROS), part)
    .map(([range, name, body]) => `${range}.${name}(x, y, ${body})`)
  const guarded = fc
    .tuple(part, fc.constantFrom('map(x', 'transformList(x, y', 'transformMap(x, y'), part, part)
    .map(([range, start, guard, body]) => `${range}.${start}, ${guard}, ${body})`)
  return {
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true, maxDepth: 5 },
      leaf,
      operator,
      literalOperator,
      fc.array(part, { minLength: 2, maxLength: 4 }).map((terms) => `(${terms.join(' && ')})`),
      fc.array(part, { minLength: 2, maxLength: 4 }).map((terms) => `(${terms.join(' || ')})`),
      fc.tuple(fc.constantFrom(...UNARY), part).map(([name, operand]) => `${name}(${operand})`),
      fc
        .tuple(part, fc.constantFrom(...METHODS), part)
        .map(([on, name, arg]) => `${on}.${name}(${arg})`),
      fc.tuple(part, fc.constantFrom(...BARE_METHODS)).map(([on, name]) => `${on}.${name}()`),
      fc
        .tuple(part, fc.constantFrom(...FIELDS), fc.constantFrom('.', '.?'))
        .map(([on, field, dot]) => `${on}${dot}${field}`),
      fc.tuple(part, fc.constantFrom(...FIELDS)).map(([on, field]) => `has(${on}.${field})`),
      fc
        .tuple(part, fc.constantFrom('[', '[?'), part)
        .map(([on, open, key]) => `${on}${open}${key}]`),
      fc.tuple(part, part, part).map(([test, left, right]) => `(${test} ? ${left} : ${right})`),
      fc
        .array(fc.tuple(fc.constantFrom('', '', '?'), part), { maxLength: 3 })
        .map((items) => `[${items.map((item) => item.join('')).join(', ')}]`),
      fc
        .array(fc.tuple(fc.constantFrom('', '', '?'), part, part), { maxLength: 2 })
        .map(
          (items) => `{${items.map(([mark, key, value]) => `${mark}${key}: ${value}`).join(', ')}}`,
        ),
      macro,
      pairMacro,
      guarded,
      fc.tuple(part, part).map(([value, body]) => `cel.bind(x, ${value}, ${body})`),
      fc
        .tuple(part, fc.constantFrom('optMap', 'optFlatMap'), part)
        .map(([on, name, body]) => `${on}.${name}(y, ${body})`),
      fc
        .tuple(part, fc.constantFrom('[1, 2.5, "a"]', '["a", "abc"]', '[true, null, 3u]', '[]'))
        .map(([item, list]) => `(${item} in ${list})`),
    ),
  }
})

/** Expressions of every kind of node; their variables `x` and `y` are bound around them. */
export const aCelExpression: fc.Arbitrary<string> = expression.map(
  (body) => `cel.bind(x, R.attr.a, cel.bind(y, R.attr.b, ${body}))`,
)
