import assert from 'node:assert/strict'
import { test } from 'node:test'

import { lintPolicies } from './lint-policies.ts'
import type { KnownNames } from './lint-names.ts'
import type { LintWarning } from './lint-warning.ts'

const NOTHING_KNOWN: KnownNames = { roles: null, tools: null }

const lint = (text: string, known: KnownNames = NOTHING_KNOWN): readonly LintWarning[] =>
  lintPolicies([{ path: 'a.yaml', text }], known)

/** Warnings as `line code message`. */
const lines = (warnings: readonly LintWarning[]): readonly string[] =>
  warnings.map(({ line, code, message }) => `${line} ${code} ${message}`)

const policy = (...rules: readonly string[]): string =>
  [
    'apiVersion: api.cerbos.dev/v1',
    'resourcePolicy:',
    '  resource: doc',
    '  version: default',
    '  rules:',
    ...rules.map((rule) => `    - {${rule}}`),
  ].join('\n')

const allow = 'effect: EFFECT_ALLOW'
const deny = 'effect: EFFECT_DENY'

test('policies that say what they mean give no warning', () => {
  const text = policy(
    `name: a, actions: [read], roles: [user], ${allow}`,
    `name: b, actions: [read], roles: [guest], ${allow}, condition: {match: {expr: R.attr.public}}`,
    `name: c, actions: [read], roles: [banned], ${deny}`,
    `name: d, actions: ['*'], roles: ['*'], ${deny}, condition: {match: {expr: R.attr.locked}}`,
  )
  assert.deepEqual(lint(text), [])
})

test('an allow that an unconditional deny always takes back is unreachable, whichever stands first', () => {
  const text = policy(
    `name: a, actions: [read, 'view:*'], roles: [user], ${allow}`,
    `name: b, actions: ['*'], roles: [user, guest], ${deny}`,
    `name: c, actions: [read], roles: [admin], ${allow}`,
    `name: d, actions: [edit], roles: ['*'], ${allow}`,
  )
  assert.deepEqual(lines(lint(text)), [
    '6 rule_unreachable rule `a` never allows anything: `b` in a.yaml always denies it',
  ])
})

test('a guardrail takes back what policies allow', () => {
  const guardrail = [
    'apiVersion: reeve.dev/v1',
    'guardrail:',
    '  name: g',
    '  rules:',
    "    - {name: stop, resource: doc, actions: ['*']}",
  ].join('\n')
  const text = policy(`name: a, actions: [read], roles: [user], ${allow}`)
  const warnings = lintPolicies(
    [
      { path: 'a.yaml', text },
      { path: 'g.yaml', text: guardrail },
    ],
    NOTHING_KNOWN,
  )
  assert.deepEqual(lines(warnings), [
    '6 rule_unreachable rule `a` never allows anything: `stop` in g.yaml always denies it',
  ])
})

test('a rule that another one contains adds nothing; of two equal ones the second', () => {
  const when = (text: string): string => `condition: {match: {expr: ${text}}}`
  const text = policy(
    `name: a, actions: [read], roles: [user], ${allow}`,
    `name: b, actions: [read], roles: [user], ${allow}, ${when('R.attr.x')}`,
    `name: c, actions: [edit], roles: [user], ${allow}, ${when('R.attr.y')}`,
    `name: d, actions: [edit], roles: [user], ${allow}, ${when('R.attr.y')}`,
    `name: e, actions: [edit], roles: [user], ${allow}, ${when('R.attr.z')}`,
  )
  assert.deepEqual(lines(lint(text)), [
    '7 rule_redundant rule `b` adds nothing: `a` in a.yaml allows all of it',
    '9 rule_redundant rule `d` adds nothing: `c` in a.yaml allows all of it',
  ])
})

test('conditions and parts of them that are constant are found, constants of the policy included', () => {
  const text = [
    'apiVersion: api.cerbos.dev/v1',
    'resourcePolicy:',
    '  resource: doc',
    '  version: default',
    '  constants: {local: {limit: 3}}',
    '  rules:',
    `    - {name: a, actions: [a], roles: [user], ${allow}, condition: {match: {expr: C.limit > 5}}}`,
    `    - {name: b, actions: [b], roles: [user], ${allow}, condition: {match: {any: {of: [{expr: 1 < 2}, {expr: R.attr.x}]}}}}`,
    `    - {name: c, actions: [c], roles: [user], ${allow}, condition: {match: {none: {of: [{expr: R.attr.x}, {expr: 'true'}]}}}}`,
    `    - {name: d, actions: [d], roles: [user], ${allow}, condition: {match: {expr: 'now() > timestamp("2020-01-01T00:00:00Z")'}}}`,
    `    - {name: e, actions: [e], roles: [user], ${allow}, condition: {match: {expr: 1 / 0 == 1}}}`,
  ].join('\n')
  assert.deepEqual(lines(lint(text)), [
    '7 condition_never `a` is never in force: its condition never holds',
    '7 condition_constant `C.limit > 5` never holds, whatever is asked',
    '8 condition_constant `1 < 2` always holds, whatever is asked',
    '9 condition_never `c` is never in force: its condition never holds',
    '9 condition_constant `true` always holds, whatever is asked',
    '11 condition_never `e` is never in force: its condition always fails',
    '11 condition_constant `1 / 0 == 1` always fails, whatever is asked',
  ])
})

test('variables, constants, derived roles and imports that nothing reads are found', () => {
  const roles = [
    'apiVersion: api.cerbos.dev/v1',
    'derivedRoles:',
    '  name: roles',
    '  definitions:',
    '    - {name: owner, parentRoles: [user], condition: {match: {expr: R.attr.owner == P.id}}}',
    '    - {name: friend, parentRoles: [user]}',
  ].join('\n')
  const variables = [
    'apiVersion: api.cerbos.dev/v1',
    'exportVariables:',
    '  name: shared',
    '  definitions: {used: R.attr.a, idle: R.attr.b}',
  ].join('\n')
  const constants = [
    'apiVersion: api.cerbos.dev/v1',
    'exportConstants: {name: alone, definitions: {x: 1}}',
  ].join('\n')
  const text = [
    'apiVersion: api.cerbos.dev/v1',
    'resourcePolicy:',
    '  resource: doc',
    '  version: default',
    '  importDerivedRoles: [roles]',
    '  constants: {local: {two: 2, three: 3}}',
    '  variables:',
    '    import: [shared]',
    '    local: {large: R.attr.n > C.two, small: R.attr.n < 1}',
    '  rules:',
    `    - {actions: [read], derivedRoles: [owner], ${allow}, condition: {match: {expr: V.large && variables.used}}}`,
  ].join('\n')
  const files = Object.entries({ roles, variables, constants, text }).map(([path, body]) => ({
    path,
    text: body,
  }))
  const found = lintPolicies(files, NOTHING_KNOWN)
  assert.deepEqual(
    found.map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`),
    [
      'constants:2 unused nothing imports `alone`',
      'roles:6 unused no rule names the derived role `friend`',
      'text:6 unused nothing reads the constant `three`',
      'text:9 unused nothing reads the variable `small`',
      'variables:4 unused nothing reads the variable `idle`',
    ],
  )
})

test('roles that nobody has and tools that do not exist are found in the short form and the long one', () => {
  const short = [
    'rules:',
    '  - {id: a, role: support, tool: billing, allowed_actions: [charge]}',
    '  - {id: b, role: suport, tool: biling, allowed_actions: [charge]}',
  ].join('\n')
  const known = { roles: new Set(['support', 'agent']), tools: new Set(['billing']) }
  assert.deepEqual(lines(lint(short, known)), [
    '3 tool_unknown there is no MCP server `biling`',
    '3 role_unknown nobody has the role `suport` of `b`',
  ])
  const long = policy(`name: a, actions: [read], roles: ['supp*', 'agnt'], ${allow}`)
  assert.deepEqual(lines(lint(long, known)), ['6 role_unknown nobody has the role `agnt` of `a`'])
  assert.deepEqual(lint(short), [])
})

test('the rules that the short form makes by itself are nobody’s mistake', () => {
  const text = [
    'rules:',
    '  - {id: a, role: support, tool: billing, allowed_actions: [charge]}',
    '  - {id: b, role: support, tool: billing, allowed_actions: [refund]}',
  ].join('\n')
  assert.deepEqual(lint(text), [])
})
