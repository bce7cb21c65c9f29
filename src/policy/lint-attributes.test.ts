import assert from 'node:assert/strict'
import { test } from 'node:test'

import { lintPolicies } from './lint-policies.ts'

const CLOSED_DOC = JSON.stringify({
  type: 'object',
  properties: {
    owner: {},
    public: {},
    place: { properties: { country: {} }, additionalProperties: false },
  },
  additionalProperties: false,
})
const OPEN_PERSON = JSON.stringify({ properties: { department: {} } })

type Texts = Readonly<Record<string, string>>

/** Warnings about attributes, as `file:line word message; hint`, with the word at the column. */
const lint = (policies: Texts, schemas: Texts): readonly string[] => {
  const files = (texts: Texts): { path: string; text: string }[] =>
    Object.entries(texts).map(([path, text]) => ({ path, text }))
  const known = { roles: null, tools: null, schemas: files(schemas) }
  return lintPolicies(files(policies), known)
    .filter(({ code }) => code === 'attribute_unknown')
    .map(({ file, line, column, message, hint, excerpt }) => {
      const [word] = /^\w*/.exec(excerpt.slice(column - 1)) ?? []
      return `${file}:${line} ${word} ${message}; ${hint}`
    })
}

const SCHEMAS = { 'p/_schemas/doc.json': CLOSED_DOC, 'p/_schemas/person.json': OPEN_PERSON }
const WITH_SCHEMAS =
  '  schemas: {principalSchema: {ref: "cerbos:///person.json"}, resourceSchema: {ref: "cerbos:///doc.json"}}'

const policy = (rules: readonly string[], ...above: readonly string[]): string =>
  [
    'apiVersion: api.cerbos.dev/v1',
    'resourcePolicy:',
    '  resource: doc',
    '  version: default',
    ...above,
    '  rules:',
    ...rules.map((rule) => `    - {actions: [read], effect: EFFECT_ALLOW, ${rule}}`),
  ].join('\n')

const when = (text: string, roles = 'roles: [user]'): string =>
  `${roles}, condition: {match: {expr: '${text}'}}`

test('attributes that a closed schema refuses and misspelt ones of an open schema are found', () => {
  const rules = [
    when('R.attr.owner == P.id && R.attr.ownr == P.attr.anything'),
    when('P.attr.departmnt == request.resource.attr["place"].?town.orValue("")'),
    when('has(request.principal.attr.department) && R.attr.place.country == "NL"'),
    when('R.attr.__proto__ == R.attr.constructor'),
  ]
  const listed = 'declared there are: `owner`, `public`, `place`'
  assert.deepEqual(lint({ a: policy(rules, WITH_SCHEMAS) }, SCHEMAS), [
    'a:7 ownr `R.attr.ownr` is an attribute that `cerbos:///doc.json` does not allow; did you mean `owner`?',
    'a:8 departmnt `P.attr.departmnt` is an attribute that `cerbos:///person.json` does not declare; did you mean `department`?',
    'a:8 town `request.resource.attr.place.town` is an attribute that `cerbos:///doc.json` does not allow; declared there are: `country`',
    `a:10 __proto__ \`R.attr.__proto__\` is an attribute that \`cerbos:///doc.json\` does not allow; ${listed}`,
    `a:10 constructor \`R.attr.constructor\` is an attribute that \`cerbos:///doc.json\` does not allow; ${listed}`,
  ])
})

test('the place is that of the attribute in block texts too, and names of loops are no attributes', () => {
  const text = `${policy([], WITH_SCHEMAS)}
    - actions: [read]
      effect: EFFECT_ALLOW
      roles: [user]
      condition:
        match:
          expr: |
            [P].exists(R, R.attr.loop == 1) &&
              R.attr.free`
  assert.deepEqual(
    lint({ a: text }, SCHEMAS).map((line) => line.split(' ', 3).join(' ')),
    ['a:14 free `R.attr.free`'],
  )
})

test('without a schema, or with one that is broken, absent or not asked, nothing is said', () => {
  const rules = [when('R.attr.ownr == P.attr.departmnt')]
  assert.deepEqual(lint({ a: policy(rules) }, SCHEMAS), [])
  assert.deepEqual(lint({ a: policy(rules, WITH_SCHEMAS) }, {}), [])
  for (const text of ['', '{', '[]', 'null', 'true', '"text"', '{"properties": 1}'])
    assert.deepEqual(
      lint(
        { a: policy(rules, WITH_SCHEMAS) },
        { '_schemas/doc.json': text, '_schemas/person.json': text },
      ),
      [],
      text,
    )
  const ignoring =
    '  schemas: {resourceSchema: {ref: "cerbos:///doc.json", ignoreWhen: {actions: [read]}}}'
  assert.deepEqual(lint({ a: policy(rules, ignoring) }, SCHEMAS), [])
  const broken = { a: policy([when('R.attr.ownr ==')], WITH_SCHEMAS) }
  assert.deepEqual(lint(broken, SCHEMAS), [])
})

test('outputs, variables and what is imported count as far as the policy reads them, each once', () => {
  const exported = [
    'apiVersion: api.cerbos.dev/v1',
    'exportVariables:',
    '  name: shared',
    '  definitions:',
    '    read: V.through',
    '    through: R.attr.one',
    '    other: R.attr.of_another_kind',
  ].join('\n')
  const roles = [
    'apiVersion: api.cerbos.dev/v1',
    'derivedRoles:',
    '  name: roles',
    '  variables: {local: {mine: R.attr.two}}',
    '  definitions:',
    '    - {name: owner, parentRoles: [user], condition: {match: {expr: V.mine}}}',
    '    - {name: other, parentRoles: [user], condition: {match: {expr: R.attr.of_another_kind}}}',
  ].join('\n')
  const rules = [
    when('V.read', 'derivedRoles: [owner]'),
    'roles: [user], output: {when: {ruleActivated: R.attr.three, conditionNotMet: R.attr.four}}',
  ]
  const text = policy(
    rules,
    WITH_SCHEMAS,
    '  importDerivedRoles: [roles]',
    '  variables: {import: [shared], local: {own: R.attr.five}}',
  )
  const scoped = policy(rules, '  scope: eu', '  importDerivedRoles: [roles]').replace(
    'V.read',
    'true',
  )
  const found = lint({ exported, policy: text, roles, scoped }, SCHEMAS)
  assert.deepEqual(
    found.map((line) => line.split(' ', 3).join(' ')),
    [
      'exported:6 one `R.attr.one`',
      'policy:7 five `R.attr.five`',
      'policy:10 three `R.attr.three`',
      'policy:10 four `R.attr.four`',
      'roles:4 two `R.attr.two`',
      'scoped:9 three `R.attr.three`',
      'scoped:9 four `R.attr.four`',
    ],
  )
})
