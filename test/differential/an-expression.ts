import fc from 'fast-check'
import type { Text } from './expression-values.ts'
import {
  COMPARE,
  EQUAL,
  anyAttribute,
  attribute,
  fill,
  instant,
  list,
  number,
  oneOf,
  span,
  string,
  time,
  whole,
} from './expression-values.ts'

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
