import fc from 'fast-check'

/** What an expression may read beside the request. */
export type Names = {
  readonly variables: readonly string[]
  /** Variables that are only read as a whole expression: nothing can do without their value. */
  readonly alone: readonly string[]
  readonly constants: readonly string[]
  /** Derived roles that `runtime.effectiveDerivedRoles` may hold; none where it is not read. */
  readonly derivedRoles: readonly string[]
  readonly globals: readonly string[]
  /** Whether `has(R.attr)` may be asked. */
  readonly emptyAttributes: boolean
}

type Text = fc.Arbitrary<string>

const oneOf = (...texts: readonly string[]): Text => fc.constantFrom(...texts)
const fill = (...parts: readonly (string | Text)[]): Text =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((texts) => texts.join(''))

const ROOTS = ['R.attr', 'P.attr', 'R.attr', 'request.resource.attr', 'request.principal.attr']

/** A path to an attribute that usually has this type, and sometimes another or is missing. */
const attribute = (...names: readonly string[]): Text => fill(oneOf(...ROOTS), '.', oneOf(...names))
const indexed = (...names: readonly string[]): Text =>
  fill(oneOf('R.attr', 'P.attr'), '["', oneOf(...names), '"]')

const COMPARE = oneOf('==', '!=', '<', '<=', '>', '>=')
const EQUAL = oneOf('==', '!=')

const anyAttribute = fc.oneof(
  attribute('n', 'm', 's', 't', 'flag', 'tags', 'nums', 'o', 'nil', 'missing', 'when'),
  attribute('o.n', 'o.s', 'o.deep.x', 'tags[0]', 'nums[1]', 'o["s"]'),
  indexed('n', 's', 'flag', 'missing', 'constructor', '__proto__', 'length'),
)

const number: Text = fc.oneof(
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
const whole: Text = fc.oneof(
  fill(attribute('tags', 'nums', 's', 'o'), '.size()'),
  fill('size(', attribute('tags', 'nums', 's', 'o', 'missing'), ')'),
  fill('int(', attribute('n', 'm', 's'), ')'),
  fill('(int(', attribute('n'), ')', oneOf(' % ', ' + ', ' * ', ' / '), oneOf('2', '3', '0'), ')'),
  fill(attribute('s', 't'), '.indexOf("', oneOf('a', 'b', 'l'), '")'),
  oneOf('P.roles.size()', 'size(P.roles)', 'size(R.id)'),
)

const string: Text = fc.oneof(
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
const list: Text = fc.oneof(
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
const instant: Text = fc.oneof(
  { weight: 3, arbitrary: fill('timestamp(', attribute('when', 'until', 's'), ')') },
  oneOf(...INSTANTS, 'now()'),
  fill('(timestamp(', attribute('when'), ') + duration("', oneOf('24h', '-1h', '90s'), '"))'),
  fill('(timestamp(', attribute('when'), ') - duration(', attribute('span'), '))'),
)

const span: Text = fc.oneof(
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

const time: Text = fc.oneof(
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

const membership: Text = fc.oneof(
  fill(string, ' in ', list),
  fill('"', oneOf('user', 'admin', 'a', 'boss§'), '" in ', list),
  fill(number, ' in ', attribute('nums')),
  fill(attribute('s'), ' in ', attribute('o', 'tags', 's')),
  fill('!(', anyAttribute, ' in ', list, ')'),
  fill(
    oneOf('hasIntersection', 'isSubset', 'has_intersection', 'is_subset'),
    '(',
    list,
    ', ',
    list,
    ')',
  ),
  fill(list, oneOf('.hasIntersection(', '.isSubset('), list, ')'),
  fill(
    'size(',
    oneOf('intersect', 'except'),
    '(',
    list,
    ', ',
    list,
    ')) ',
    COMPARE,
    ' ',
    oneOf('0', '1', '2'),
  ),
  fill('sets.contains(', attribute('tags'), ', ', list, ')'),
)

const presence: Text = fc.oneof(
  fill(
    'has(',
    attribute('n', 's', 'o', 'tags', 'nil', 'missing', 'o.n', 'o.deep', 'o.deep.x'),
    ')',
  ),
  fill('!has(', attribute('n', 'missing', 'flag'), ')'),
  fill('has(', attribute('n'), ') && ', attribute('n'), ' ', COMPARE, ' ', number),
  fill(attribute('?n'), '.hasValue()'),
)

const texts: Text = fc.oneof(
  fill(string, oneOf('.startsWith(', '.endsWith(', '.contains('), string, ')'),
  fill(
    string,
    '.matches("',
    oneOf('^a', 'a.*a$', '[ab]+', '^(alpha|beta)$', '(?i)AL', '^.$'),
    '")',
  ),
  fill(attribute('s'), '.matches(', attribute('t'), ')'),
  fill(string, ' ', COMPARE, ' ', string),
)

const macros: Text = fc.oneof(
  fill(attribute('nums'), '.map(x, x * 2.0) ', EQUAL, ' ', attribute('nums')),
  fill(
    list,
    '.',
    oneOf('all', 'exists', 'exists_one'),
    '(x, x ',
    EQUAL,
    ' "',
    oneOf('a', 'alpha', 'user'),
    '")',
  ),
  fill(
    attribute('nums'),
    '.',
    oneOf('all', 'exists', 'exists_one'),
    '(x, x ',
    COMPARE,
    ' ',
    number,
    ')',
  ),
  fill(
    attribute('tags'),
    '.',
    oneOf('all', 'exists'),
    '(x, x.startsWith("',
    oneOf('a', 'b'),
    '"))',
  ),
  fill(attribute('o'), '.', oneOf('all', 'exists'), '(k, k != "', oneOf('n', 'deep'), '")'),
  fill(
    attribute('o'),
    '.',
    oneOf('all', 'exists'),
    '(k, v, k == "n" ',
    oneOf('&&', '||'),
    ' v == ',
    number,
    ')',
  ),
  fill(
    attribute('nums', 'tags'),
    '.',
    oneOf('all', 'exists', 'existsOne'),
    '(i, v, i ',
    COMPARE,
    ' ',
    oneOf('0', '1'),
    ')',
  ),
  fill(
    attribute('nums'),
    '.filter(x, x > ',
    number,
    ').size() ',
    COMPARE,
    ' ',
    oneOf('0', '1', '2'),
  ),
  fill(attribute('nums'), '.exists(x, ', attribute('nums'), '.exists(y, x == y + 1.0))'),
  fill(
    'cel.bind(x, ',
    anyAttribute,
    ', x == ',
    anyAttribute,
    ' || x == "',
    oneOf('a', 'alpha'),
    '")',
  ),
  fill(attribute('nums'), '.transformList(i, v, v + double(i)) == ', attribute('nums')),
)

const special: Text = fc.oneof(
  fill(
    attribute('ip'),
    '.inIPAddrRange("',
    oneOf('10.0.0.0/8', '192.168.1.0/24', '::/0', '2001:db8::/32'),
    '")',
  ),
  fill(
    'hierarchy(',
    attribute('path', 'dots'),
    oneOf('', ', "/"'),
    ').',
    oneOf(
      'ancestorOf',
      'descendentOf',
      'overlaps',
      'siblingOf',
      'immediateChildOf',
      'immediateParentOf',
    ),
    '(hierarchy("',
    oneOf('a.b', 'a', 'a.b.c'),
    '"))',
  ),
  fill('pathMatch(', attribute('path'), ', "', oneOf('/a/*', '/a/*/c', '*', '/**'), '")'),
  fill('pathHasPrefix(', attribute('path'), ', "', oneOf('/a', '/', '/a/b', 'a'), '")'),
  fill('basePath(', attribute('path'), ') == "', oneOf('c', 'b', '.'), '"'),
  fill('isIP(', attribute('ip', 's'), ')'),
  fill(
    'spiffeID(',
    attribute('spiffe', 's'),
    ').',
    oneOf('path()', 'trustDomain().name()'),
    ' == "',
    oneOf('/ns/x', 'acme.test'),
    '"',
  ),
  oneOf(
    'request.auxData.jwt.sub == "x"',
    'has(request.auxData.jwt.sub)',
    'request.aux_data.jwt.aud == P.id',
  ),
  oneOf('P.scope == R.scope', 'R.policyVersion == ""', 'P.policyVersion == "v2"', 'R.kind != ""'),
)

/** Not always a boolean, and then not satisfied. */
const bare: Text = fc.oneof(
  { weight: 4, arbitrary: attribute('flag', 'flag', 'flag', 's', 'n', 'nil', 'missing') },
  oneOf('true', 'false'),
  fill(attribute('flag'), ' == ', oneOf('true', 'false')),
  fill('bool(', attribute('s', 'flag'), ')'),
)

const equality: Text = fc.oneof(
  fill(anyAttribute, ' ', EQUAL, ' ', anyAttribute),
  fill(anyAttribute, ' ', COMPARE, ' ', anyAttribute),
  fill(
    anyAttribute,
    ' ',
    EQUAL,
    ' ',
    oneOf(
      'null',
      'true',
      '1',
      '5',
      '2.5',
      '"a"',
      '[1.0, 2.0]',
      '["a", "b"]',
      '{"n": 1.0}',
      '2u',
      'R.attr',
      '[]',
      '{}',
    ),
  ),
  fill(list, ' ', EQUAL, ' ', attribute('tags', 'nums', 'o')),
  fill(
    'type(',
    anyAttribute,
    ') == ',
    oneOf('string', 'double', 'bool', 'list', 'map', 'null_type'),
  ),
)

const arithmetic: Text = fc.oneof(
  { weight: 3, arbitrary: fill(number, ' ', COMPARE, ' ', number) },
  fill(whole, ' ', COMPARE, ' ', whole),
  fill(whole, ' ', oneOf('<', '>=', '=='), ' ', oneOf('0', '1', '2')),
  fill(attribute('n', 'm'), ' ', COMPARE, ' ', oneOf('0', '1', '5', '-1', '10u')),
  fill(attribute('n'), oneOf(' + ', ' * ', ' % '), oneOf('1', '2'), ' == ', attribute('m')),
)

const named = (names: Names): readonly Text[] => [
  ...(names.variables.length === 0
    ? []
    : [
        fill(oneOf('V.', 'V.', 'variables.'), oneOf(...names.variables)),
        fill('V.', oneOf(...names.variables), ' ', EQUAL, ' ', anyAttribute),
        fill('has(V.', oneOf(...names.variables), ')'),
        fill('V.', oneOf(...names.variables), ' ', oneOf('||', '&&'), ' ', bare),
      ]),
  ...(names.constants.length === 0
    ? []
    : [
        fill(
          oneOf('C.', 'C.', 'constants.'),
          oneOf(...names.constants),
          ' ',
          COMPARE,
          ' ',
          anyAttribute,
        ),
        fill(anyAttribute, ' in ', oneOf('C.', 'constants.'), oneOf(...names.constants)),
        fill('C.', oneOf(...names.constants), ' == ', attribute('n', 's', 'tags')),
      ]),
  ...(names.derivedRoles.length === 0
    ? []
    : [
        fill('"', oneOf(...names.derivedRoles), '" in runtime.effectiveDerivedRoles'),
        fill('runtime.effective_derived_roles.size() ', COMPARE, ' ', oneOf('0', '1', '2')),
        fill('runtime.effectiveDerivedRoles == ["', oneOf(...names.derivedRoles), '"]'),
      ]),
  ...(names.globals.length === 0
    ? []
    : [fill(oneOf('G.', 'globals.'), oneOf(...names.globals), ' ', EQUAL, ' ', anyAttribute)]),
  ...(names.emptyAttributes ? [oneOf('has(R.attr)', 'has(P.attr)', '!has(R.attr)')] : []),
]

/** An expression as policies have them: about attributes whose types are known but not certain. */
export function anExpression(names: Names): Text {
  const simple = fc.oneof(
    { weight: 4, arbitrary: arithmetic },
    { weight: 3, arbitrary: texts },
    { weight: 3, arbitrary: membership },
    { weight: 3, arbitrary: equality },
    { weight: 3, arbitrary: bare },
    { weight: 2, arbitrary: presence },
    { weight: 2, arbitrary: macros },
    { weight: 2, arbitrary: time },
    { weight: 1, arbitrary: special },
    ...named(names).map((arbitrary) => ({ weight: 1, arbitrary })),
  )
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'small', maxDepth: 3, withCrossShrink: true },
      { weight: 6, arbitrary: simple },
      { weight: 2, arbitrary: fill('(', tie('expression'), ' || ', tie('expression'), ')') },
      { weight: 2, arbitrary: fill('(', tie('expression'), ' && ', tie('expression'), ')') },
      { weight: 1, arbitrary: fill('!(', tie('expression'), ')') },
      {
        weight: 1,
        arbitrary: fill(
          '(',
          tie('expression'),
          ' ? ',
          tie('expression'),
          ' : ',
          tie('expression'),
          ')',
        ),
      },
    ),
  }))
  const { alone } = names
  if (alone.length === 0) return expression
  const read = fill('V.', oneOf(...alone), fc.oneof(fc.constant(''), fill(' ', EQUAL, ' "a"')))
  return fc.oneof({ weight: 12, arbitrary: expression }, { weight: 1, arbitrary: read })
}

/** A value that never fails, whatever the attributes are. */
export const aTotalExpression: Text = fc.oneof(
  oneOf('true', 'false', '1', '"a"', '["a", "b"]', 'P.id', 'R.kind', 'P.roles', 'R.attr'),
  fill('has(', attribute('n', 's', 'flag', 'missing'), ')'),
  fill(
    oneOf('R', 'P'),
    '.attr.?',
    oneOf('n', 's', 'flag', 'tags'),
    '.orValue(',
    oneOf('1.0', '"a"', 'false'),
    ')',
  ),
  fill('"', oneOf('user', 'admin', 'boss§'), '" in P.roles'),
  fill(oneOf('R', 'P'), '.attr.?', oneOf('n', 's'), ' == optional.of(', oneOf('1.0', '"a"'), ')'),
)

/** A value of any type, for a variable. */
export const aValueExpression = (names: Names): Text =>
  fc.oneof(
    { weight: 3, arbitrary: anExpression(names) },
    number,
    whole,
    string,
    list,
    instant,
    span,
    anyAttribute,
  )
