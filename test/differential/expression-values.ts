import fc from 'fast-check'

/** Texts of values, from which conditions are put together: attributes that are there and that are not. */
export type Text = fc.Arbitrary<string>

export const oneOf = (...texts: readonly string[]): Text => fc.constantFrom(...texts)
export const fill = (...parts: readonly (string | Text)[]): Text =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((texts) => texts.join(''))

const ROOTS = ['R.attr', 'P.attr', 'R.attr', 'request.resource.attr', 'request.principal.attr']

/** A path to an attribute that usually has this type, and sometimes another or is missing. */
export const attribute = (...names: readonly string[]): Text =>
  fill(oneOf(...ROOTS), '.', oneOf(...names))
const indexed = (...names: readonly string[]): Text =>
  fill(oneOf('R.attr', 'P.attr'), '["', oneOf(...names), '"]')

export const COMPARE: Text = oneOf('==', '!=', '<', '<=', '>', '>=')
export const EQUAL: Text = oneOf('==', '!=')

export const anyAttribute: Text = fc.oneof(
  attribute('n', 'm', 's', 't', 'flag', 'tags', 'nums', 'o', 'nil', 'missing', 'when'),
  attribute('o.n', 'o.s', 'o.deep.x', 'tags[0]', 'nums[1]', 'o["s"]'),
  indexed('n', 's', 'flag', 'missing', 'constructor', '__proto__', 'length'),
)

export const number: Text = fc.oneof(
  { weight: 4, arbitrary: attribute('n', 'm', 'o.n', 'nums[0]') },
  { weight: 2, arbitrary: oneOf('0.0', '1.0', '2.5', '-1.0', '5.0', '100.0', '1e3') },
  indexed('n', 'm'),
  fill('double(', attribute('n', 's'), ')'),
  fill('math.abs(', attribute('n', 'm'), ')'),
  fill('math.greatest(', attribute('n'), ', ', attribute('m'), ')'),
  fill('(', attribute('n'), oneOf(' + ', ' - ', ' * ', ' / '), oneOf('1.0', '2.0', '0.0'), ')'),
  fill('(', attribute('n'), oneOf(' + ', ' - ', ' * ', ' / '), attribute('m', 'o.n'), ')'),
  fill('-', attribute('n', 'm')),
  fill('(', attribute('flag'), ' ? ', attribute('n'), ' : ', attribute('m'), ')'),
  fill(oneOf('R', 'P'), '.attr.?o.?deep.?x.orValue(0.0)'),
)

/** Statically of type int. */
export const whole: Text = fc.oneof(
  fill(attribute('tags', 'nums', 's', 'o'), '.size()'),
  fill('size(', attribute('tags', 'nums', 's', 'o', 'missing'), ')'),
  fill('int(', attribute('n', 'm', 's'), ')'),
  fill('(int(', attribute('n'), ')', oneOf(' % ', ' + ', ' * ', ' / '), oneOf('2', '3', '0'), ')'),
  fill(attribute('s', 't'), '.indexOf("', oneOf('a', 'b', 'l'), '")'),
  oneOf('P.roles.size()', 'size(P.roles)', 'size(R.id)'),
)

export const string: Text = fc.oneof(
  { weight: 4, arbitrary: attribute('s', 't', 'o.s', 'owner', 'tags[0]') },
  { weight: 2, arbitrary: oneOf('"a"', '"alpha"', '"beta"', '"Al"', '""', '"é"', "'x y'") },
  oneOf('P.id', 'R.id', 'R.kind', 'request.principal.id', 'R.scope', 'P.scope'),
  fill(attribute('s', 't'), oneOf('.lowerAscii()', '.upperAscii()', '.trim()', '.reverse()')),
  fill(attribute('s', 't'), '.substring(', oneOf('0', '1', '9'), ')'),
  fill(attribute('s', 't'), '.replace("', oneOf('a', 'l'), '", "', oneOf('', 'b', 'zz'), '")'),
  fill(attribute('s'), '.charAt(', oneOf('0', '1', '7'), ')'),
  fill('(', attribute('s'), ' + ', attribute('t'), ')'),
  fill('string(', attribute('n', 'm', 's', 'flag', 'nil'), ')'),
  fill(attribute('tags'), '.join("', oneOf(',', ''), '")'),
  fill('base64.encode(bytes(', attribute('s'), '))'),
  fill(attribute('path'), oneOf('.split("/")[1]', '.split("/")[0]')),
)

// No `[]`: the oracle folds `x in []` to false before it looks whether `x` fails.
export const list: Text = fc.oneof(
  { weight: 4, arbitrary: attribute('tags', 'nums') },
  oneOf('["a", "b"]', '["alpha", "beta", "x"]', '[R.attr.s, P.attr.s]', '["a"]'),
  oneOf('P.roles', 'request.principal.roles'),
  fill(attribute('s', 'path'), '.split("', oneOf('/', 'a'), '")'),
  fill(attribute('tags'), '.filter(x, x != "', oneOf('a', 'beta'), '")'),
  fill(attribute('tags'), '.map(x, string(x))'),
  fill(attribute('tags', 'nums'), oneOf('.distinct()', '.reverse()', '.sort()')),
)

const INSTANTS = [
  'timestamp("2024-02-29T12:00:00Z")',
  'timestamp("2099-12-31T23:59:59.5Z")',
  'timestamp("1999-01-01T00:00:00+02:00")',
]
export const instant: Text = fc.oneof(
  { weight: 3, arbitrary: fill('timestamp(', attribute('when', 'until', 's'), ')') },
  oneOf(...INSTANTS, 'now()'),
  fill('(timestamp(', attribute('when'), ') + duration("', oneOf('24h', '-1h', '90s'), '"))'),
  fill('(timestamp(', attribute('when'), ') - duration(', attribute('span'), '))'),
)

export const span: Text = fc.oneof(
  fill('duration(', attribute('span', 's'), ')'),
  oneOf('duration("1h")', 'duration("90m")', 'duration("0s")', 'duration("-5s")'),
  fill('timeSince(timestamp(', attribute('when'), '))'),
  fill('(timestamp(', attribute('until'), ') - timestamp(', attribute('when'), '))'),
)

const PARTS = oneOf(
  'getHours',
  'getMinutes',
  'getDayOfWeek',
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfYear',
)

export const time: Text = fc.oneof(
  fill(instant, ' ', COMPARE, ' ', instant),
  fill(span, ' ', COMPARE, ' ', span),
  fill(
    instant.filter((text) => !text.includes('now')),
    '.',
    PARTS,
    '() ',
    COMPARE,
    ' ',
    oneOf('0', '3', '12', '2024'),
  ),
  fill(
    'timestamp(',
    attribute('when'),
    ').',
    PARTS,
    '("',
    oneOf('UTC', '+02:00', 'America/New_York'),
    '") ',
    COMPARE,
    ' ',
    oneOf('0', '12', '28'),
  ),
  fill(
    span.filter((text) => !text.includes('timeSince')),
    oneOf('.getSeconds()', '.getHours()', '.getMinutes()'),
    ' ',
    COMPARE,
    ' ',
    oneOf('0', '60', '-5'),
  ),
)
