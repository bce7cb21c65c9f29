import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Document, isMap, isScalar, isSeq, visit } from 'yaml'

import { formatPolicy } from './format-policy.ts'
import { loadPolicies } from './load-policies.ts'

const format = (text: string): string => {
  const formatted = formatPolicy('a.yaml', text)
  assert.ok(formatted.ok, JSON.stringify(formatted))
  return formatted.value
}

const UNTIDY = `# head

apiVersion: "api.cerbos.dev/v1"
resourcePolicy:
    version: "20210210"
    resource: 'doc'   # what
    rules:
    # first
    - actions:
        - read
        - 'view:*'
      roles: [ user,   "admin" ]
      # why
      effect: EFFECT_ALLOW
      name: x

      condition:
        match:
          all:
            of:
              - expr: "R.attr.x == \\"y: z\\""
              - expr: |
                  R.attr.a
                    == 2
    - actions:
      - a # on a
      - b
      effect: EFFECT_DENY
      roles: ["*"]
#tail`

const TIDY = `# head

apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc # what
  version: '20210210'
  rules:
    # first
    - name: x
      actions: [read, view:*]
      # why
      effect: EFFECT_ALLOW
      roles: [user, admin]

      condition:
        match:
          all:
            of:
              - expr: 'R.attr.x == "y: z"'
              - expr: |
                  R.attr.a
                    == 2
    - actions:
        - a # on a
        - b
      effect: EFFECT_DENY
      roles: ['*']

#tail
`

test('fields, lists, quotes and indentation get their one form, and comments stay', () => {
  assert.equal(format(UNTIDY), TIDY)
  assert.equal(format(TIDY), TIDY)
})

test('a long list of names and a long folded expression are broken, a long plain one is not', () => {
  const names = Array.from({ length: 20 }, (_, i) => `resource-${i}`)
  const expr = Array.from({ length: 12 }, (_, i) => `R.attr.a${i} == "${i}"`).join(' && ')
  const text = `resourceGroups:\n  all:\n    resources: [${names.join(', ')}]\nplain: ${expr}\nfolded: >-\n  ${expr}\n`
  const formatted = format(text)
  assert.match(formatted, /resources:\n {6}- resource-0\n/)
  assert.ok(formatted.includes(`plain: ${expr}\n`))
  assert.match(formatted, /folded: >-\n(?: {2}R?.{1,98}\n){3}$/)
})

test('names that authors choose keep their order', () => {
  const text =
    'apiVersion: api.cerbos.dev/v1\nexportVariables:\n  definitions:\n    z: R.id\n    a: P.id\n  name: v\n'
  assert.equal(
    format(text),
    'apiVersion: api.cerbos.dev/v1\nexportVariables:\n  name: v\n  definitions:\n    z: R.id\n    a: P.id\n',
  )
})

test('what cannot be read is reported, and what cannot be laid out safely stays as it is', () => {
  for (const text of ['a: [', 'a: 1\na: 2\n', 'a: 1\n---\nb: 2\n', 'a: *nowhere\n'])
    assert.equal(formatPolicy('a.yaml', text).ok, false, text)
  for (const text of ['', '# only a comment\n', 'rules: &r []\n$schema: *r\n'])
    assert.equal(format(text), text)
})

test('the release of policies that are laid out anew is the same release', () => {
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
  const digestOf = (text: string): string => {
    const loaded = loadPolicies({ sha256 }, [{ path: 'a.yaml', text }])
    assert.ok(loaded.ok, JSON.stringify(loaded))
    return loaded.value.digest
  }
  const policy = UNTIDY.replace('R.attr.x', 'P.attr.x')
  assert.equal(digestOf(format(policy)), digestOf(policy))
})

const key = fc.constantFrom(
  'apiVersion',
  'resourcePolicy',
  'rules',
  'name',
  'actions',
  'effect',
  'roles',
  'x',
  'y z',
  '1',
)
const text = fc.oneof(
  fc.constantFrom(
    'EFFECT_ALLOW',
    '*',
    'a: b',
    '- x',
    '#',
    'true',
    '1',
    ' lead',
    'tail ',
    'a\nb\n',
    'a\n\n b',
    '"',
    "'",
    '',
  ),
  fc.string({ maxLength: 120, unit: 'grapheme-ascii' }),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(key, tie('any'), { maxKeys: 4 }),
  ),
})).any

const STYLES = ['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const

/** A file as somebody might have written it: any style of any value, comments anywhere. */
const written = fc
  .tuple(
    fc.dictionary(key, value, { minKeys: 1, maxKeys: 5 }),
    fc.infiniteStream(fc.nat(99)),
    fc.constantFrom(2, 4),
  )
  .map(([data, dice, indent]) => {
    const roll = (sides: number): number => (dice.next().value ?? 0) % sides
    const document = new Document(data)
    visit(document, (_, node) => {
      if (isScalar(node) && typeof node.value === 'string') node.type = STYLES[roll(5)] ?? 'PLAIN'
      if (isMap(node) || isSeq(node)) node.flow = roll(3) === 0
      if ((isScalar(node) || isMap(node) || isSeq(node)) && roll(8) === 0)
        node.commentBefore = ` c${roll(9)}`
      if (isScalar(node) && roll(8) === 0) node.comment = ` d${roll(9)}`
      if (isScalar(node) && roll(8) === 0) node.spaceBefore = true
    })
    return document.toString({ indent, lineWidth: 40 })
  })

test('laying out twice changes nothing more, and the values stay, however a file was written', () => {
  let changed = 0
  fc.assert(
    fc.property(written, (source) => {
      const once = formatPolicy('a.yaml', source)
      if (!once.ok) return
      if (once.value !== source) changed++
      assert.equal(format(once.value), once.value)
    }),
    { numRuns: 400 },
  )
  assert.ok(changed > 50, `only ${changed} files changed`)
})

test('no comment is lost, however a file was written', () => {
  const comments = (source: string): readonly string[] =>
    (source.match(/#[ ][cd]\d/g) ?? []).toSorted()
  fc.assert(
    fc.property(written, (source) => {
      const once = formatPolicy('a.yaml', source)
      if (once.ok) assert.deepEqual(comments(once.value), comments(source))
    }),
    { numRuns: 400 },
  )
})
