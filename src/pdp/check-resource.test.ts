/** Answers as Cerbos 0.55 gives them: every expectation here was seen there, unless it says otherwise. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import type { Principal } from '../core/identity.ts'
import type { Json } from '../core/json.ts'
import type { Resource } from '../core/question.ts'
import { formatDiagnostic } from '../policy/diagnostic.ts'
import type { EngineOptions } from '../policy/engine-options.ts'
import { loadPolicies } from '../policy/load-policies.ts'
import type { CheckResult } from './check-resource.ts'
import { checkResource } from './check-resource.ts'
import { aPrincipal, aResource, NOW } from './testing/builders.ts'

type Options = Partial<EngineOptions> & { readonly schema?: Json }

const file = (body: object, at: number): { path: string; text: string } => ({
  path: `p${at}.json`,
  text: JSON.stringify({ apiVersion: 'api.cerbos.dev/v1', ...body }),
})
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

function check(
  policies: readonly object[],
  ask: {
    readonly actions: readonly string[]
    readonly principal?: Partial<Principal>
    readonly resource?: Partial<Resource>
  },
  { schema, ...options }: Options = {},
): CheckResult {
  const schemas =
    schema === undefined ? [] : [{ path: 'x/_schemas/s.json', text: JSON.stringify(schema) }]
  const loaded = loadPolicies({ sha256 }, policies.map(file), { ...options, schemas })
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.error.map(formatDiagnostic).join('\n'))
  return checkResource(loaded.value, loaded.value.options, {
    principal: aPrincipal({ roles: ['r1'], ...ask.principal }),
    resource: aResource({ kind: 'doc', attr: {}, ...ask.resource }),
    actions: ask.actions,
    auxData: { jwt: { aud: 'x' }, jwts: { a: { claims: { n: 1 } } } },
    now: NOW,
  })
}

const effects = ({ actions }: CheckResult): string =>
  actions.map(({ effect }) => (effect === 'EFFECT_ALLOW' ? 'A' : 'D')).join('')
const matched = ({ actions }: CheckResult): readonly string[] =>
  actions.map(({ matchedPolicy, matchedScope }) => `${matchedPolicy}@${matchedScope}`)
const said = ({ outputs }: CheckResult): readonly string[] =>
  outputs.map((one) =>
    'val' in one
      ? typeof one.val === 'string'
        ? one.val
        : JSON.stringify(one.val)
      : `! ${one.error}`,
  )

const doc = (rules: readonly object[], over: object = {}): object => ({
  resourcePolicy: { resource: 'doc', version: 'default', rules, ...over },
})
const rule = (over: object = {}): object => ({
  actions: ['read'],
  effect: 'EFFECT_ALLOW',
  roles: ['r1'],
  ...over,
})
const when = (expr: string): object => ({ condition: { match: { expr } } })
const says = (activated: string, notMet: string): object => ({
  output: { when: { ruleActivated: `"${activated}"`, conditionNotMet: `"${notMet}"` } },
})
const CONSENT = { scopePermissions: 'SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS' }

test('an allow of a scope with parental consent needs the parent scope’s, and its condition narrows', () => {
  const base = doc([rule({ actions: ['read', 'write'] })])
  const child = doc(
    [
      rule({ actions: ['read', 'only'], ...when('R.attr.ok') }),
      rule({ actions: ['write', 'only'], roles: ['*'] }),
    ],
    { scope: 'a', ...CONSENT },
  )
  const of = (ok: boolean): CheckResult =>
    check([base, child], {
      actions: ['read', 'write', 'only'],
      resource: { scope: 'a', attr: { ok } },
    })
  assert.equal(effects(of(true)), 'AAD')
  assert.equal(effects(of(false)), 'DAD')
  assert.deepEqual(matched(of(true)).slice(0, 1), ['resource.doc.vdefault/a@'])
  assert.deepEqual(matched(of(false)).slice(0, 1), ['resource.doc.vdefault/a@a'])
})

const role = (over: object): object => ({ rolePolicy: { version: 'default', ...over } })
const ROLES = [
  doc([rule({ actions: ['*'], roles: ['base'] }), rule({ actions: ['own'], roles: ['limited'] })]),
  role({
    role: 'limited',
    parentRoles: ['base'],
    rules: [
      { resource: 'doc', allowActions: ['read', 'own'] },
      { resource: 'd*', allowActions: ['cond'], ...when('R.attr.ok'), ...says('yes', 'no') },
    ],
  }),
]

test('a role policy denies what it does not list, and lets its role act as its parents', () => {
  const of = (roles: readonly string[], ok: boolean, over: Options = {}): CheckResult =>
    check(
      ROLES,
      {
        actions: ['read', 'own', 'cond', 'other'],
        principal: { roles },
        resource: { attr: { ok } },
      },
      over,
    )
  assert.equal(effects(of(['limited'], true)), 'AAAD')
  assert.equal(effects(of(['limited'], false)), 'AADD')
  assert.equal(effects(of(['limited', 'base'], false)), 'AAAA')
  assert.deepEqual(said(of(['limited'], true)), ['yes'])
  assert.deepEqual(said(of(['limited'], false)), ['no'])
  assert.deepEqual(matched(of(['limited'], false)).slice(2), [
    'role.limited.vdefault@',
    'role.limited.vdefault@',
  ])
})

test('a role policy acts for its parents only in exactly its own scope, and narrows below as well', () => {
  const policies = [...ROLES, doc([], { scope: 'k' })]
  const of = check(policies, {
    actions: ['read', 'own', 'other'],
    principal: { roles: ['limited'] },
    resource: { scope: 'k' },
  })
  assert.equal(effects(of), 'DAD')
})

test('role policies that name each other end', () => {
  const policies = [
    doc([rule({ roles: ['base'] })]),
    role({
      role: 'x',
      parentRoles: ['y', 'base'],
      rules: [{ resource: '*', allowActions: ['*'] }],
    }),
    role({ role: 'y', parentRoles: ['x'], rules: [{ resource: '*', allowActions: ['*'] }] }),
  ]
  for (const roles of [['x'], ['y']])
    assert.equal(effects(check(policies, { actions: ['read'], principal: { roles } })), 'A')
})

test('an output is said once for each matching action and role that the rule stands for', () => {
  const policies = [
    {
      derivedRoles: {
        name: 'set',
        definitions: [
          { name: 'd1', parentRoles: ['r1'], ...when('R.attr.d1') },
          { name: 'd2', parentRoles: ['r1'] },
        ],
      },
    },
    doc(
      [
        rule({ roles: undefined, derivedRoles: ['d1', 'd2'], ...says('derived', '') }),
        rule({ actions: ['re*', 'read'], roles: ['r1', '*'], ...says('star', '') }),
        rule({ ...when('R.attr.d1'), ...says('', 'unmet') }),
        rule({ roles: ['other'], ...says('never', 'never') }),
      ],
      { importDerivedRoles: ['set'] },
    ),
  ]
  const of = (d1: boolean): CheckResult =>
    check(policies, { actions: ['read'], resource: { attr: { d1 } } })
  assert.deepEqual(said(of(true)), ['derived', 'derived', 'star', 'star', ''])
  assert.deepEqual(said(of(false)), ['derived', 'star', 'star', 'unmet'])
  assert.deepEqual(of(true).effectiveDerivedRoles, ['d1', 'd2'])
  assert.deepEqual(of(false).effectiveDerivedRoles, ['d2'])
  assert.deepEqual(of(true).outputs[0], {
    src: 'resource.doc.vdefault#rule-001',
    action: 'read',
    val: 'derived',
  })
})

test('outputs have the values of JSON, and one that fails says why and changes no effect', () => {
  const out = (expr: string): object => rule({ output: { when: { ruleActivated: expr } } })
  const result = check(
    [
      doc(
        [
          'now()',
          'duration("90s")',
          'b"x"',
          '{"a": [1, 2u]}',
          'R.attr.none',
          'hierarchy("a.b")',
        ].map(out),
      ),
    ],
    { actions: ['read'] },
  )
  assert.equal(effects(result), 'A')
  const values = result.outputs.map((one) => ('val' in one ? JSON.stringify(one.val) : '!'))
  assert.deepEqual(values, ['"2026-11-21T12:00:00Z"', '"90s"', '"eA=="', '{"a":[1,2]}', '!', '!'])
  assert.deepEqual(result.evaluationErrors, [
    { expression: 'R.attr.none', message: 'no such key: none' },
  ])
})

test('where evaluation is not strict, a condition that fails counts as not met', () => {
  const missing = 'R.attr.none == 1.0'
  const policies = [
    doc([
      rule({ actions: ['*'] }),
      rule({ actions: ['deny'], effect: 'EFFECT_DENY', ...when(missing) }),
      rule({
        actions: ['none'],
        effect: 'EFFECT_DENY',
        condition: { match: { none: { of: [{ expr: missing }] } } },
      }),
    ]),
  ]
  const of = (strictEvaluation: boolean): CheckResult =>
    check(policies, { actions: ['read', 'deny', 'none'] }, { strictEvaluation })
  assert.equal(effects(of(false)), 'AAD')
  assert.equal(effects(of(true)), 'ADD')
  assert.deepEqual(of(false).evaluationErrors, [
    { expression: missing, message: 'no such key: none' },
  ])
})

test('globals, verified claims, default version and scope, and the lenient search are options', () => {
  const at = (scope: string): object =>
    doc([rule({ actions: [`at-${scope}`], ...when('G.cap == 5.0 && globals.cap > 4') })], {
      version: 'v9',
      scope,
    })
  const claims = rule({
    actions: ['claims'],
    ...when('request.auxData.jwt.aud == "x" && request.aux_data.jwts.a.claims.n == 1.0'),
  })
  const policies = [at(''), at('d'), doc([claims], { version: 'v9', scope: 'd.e' })]
  const options = { globals: { cap: 5 }, defaultPolicyVersion: 'v9', defaultScope: 'd' }
  const of = (scope: string, over: Options = {}): string =>
    effects(
      check(
        policies,
        { actions: ['at-', 'at-d', 'claims'], resource: { scope } },
        { ...options, ...over },
      ),
    )
  assert.equal(of(''), 'AAD')
  assert.equal(of('.'), 'ADD')
  assert.equal(of('d.e'), 'AAA')
  assert.equal(of('d.e.f'), 'DDD')
  assert.equal(of('d.e.f', { lenientScopeSearch: true }), 'AAA')
  assert.equal(of('', { globals: {} }), 'DDD')
})

const SCHEMAS = {
  schemas: {
    principalSchema: { ref: 'cerbos:///s.json' },
    resourceSchema: { ref: 'cerbos:///s.json', ignoreWhen: { actions: ['create', 'new:*'] } },
  },
}

test('attributes that do not fit their schema are reported, and denied where that is enforced', () => {
  const policies = [
    doc([rule({ actions: ['*'] })], SCHEMAS),
    doc([rule({ actions: ['*'] })], { scope: 'a' }),
  ]
  const schema = { type: 'object', required: ['x', 'y'] }
  const of = (
    schemaEnforcement: EngineOptions['schemaEnforcement'],
    actions: readonly string[],
    scope = '',
  ): CheckResult =>
    check(
      policies,
      { actions, principal: { attr: { x: 1, y: 2 } }, resource: { scope } },
      { schemaEnforcement, schema },
    )
  const problem = {
    path: '/',
    message: "missing properties: 'x', 'y'",
    source: 'SOURCE_RESOURCE',
  }
  assert.deepEqual(of('warn', ['read', 'create']).validationErrors, [problem])
  assert.equal(effects(of('warn', ['read', 'create'])), 'AA')
  assert.equal(effects(of('reject', ['read', 'create'], 'a')), 'DD')
  assert.deepEqual(matched(of('reject', ['read'])), ['resource.doc.vdefault@'])
  assert.equal(effects(of('reject', ['create', 'new:x'])), 'AA')
  assert.deepEqual(of('none', ['read']).validationErrors, [])
})

test('a policy of a principal is found by the principal’s own version, unlike in Cerbos', () => {
  const policies = [
    doc([rule()]),
    {
      principalPolicy: {
        principal: 'alice',
        version: 'dev',
        rules: [{ resource: 'doc', actions: [{ action: 'read', effect: 'EFFECT_DENY' }] }],
      },
    },
  ]
  assert.equal(
    effects(check(policies, { actions: ['read'], principal: { policyVersion: 'dev' } })),
    'D',
  )
  assert.equal(effects(check(policies, { actions: ['read'] })), 'A')
})

test('nothing about the kind is no match, and what nothing decided names the nearest policy', () => {
  assert.deepEqual(matched(check([doc([])], { actions: ['read'], resource: { kind: 'x' } })), [
    'NO_MATCH@',
  ])
  assert.deepEqual(
    matched(
      check([doc([]), doc([], { scope: 'a' })], { actions: ['read'], resource: { scope: 'a' } }),
    ),
    ['resource.doc.vdefault/a@'],
  )
})

test('patterns of kinds in principal policies meet the folded kind', () => {
  const policy = (resource: string): object => ({
    principalPolicy: {
      principal: 'alice',
      version: 'default',
      rules: [{ resource, actions: [{ action: 'read', effect: 'EFFECT_ALLOW' }] }],
    },
  })
  const of = (resource: string): string =>
    effects(check([policy(resource)], { actions: ['read'], resource: { kind: 'mcp:pay' } }))
  assert.deepEqual(['mcp:pay', 'mcp_pay', 'mcp_*', 'mcp*', '*', 'mcp:*', '*:*'].map(of), [
    'A',
    'A',
    'A',
    'A',
    'A',
    'D',
    'D',
  ])
})

test('the deprecated forms of variables and outputs mean what they always meant', () => {
  const old = {
    variables: { old: 'R.attr.n == 1.0' },
    ...doc([rule({ ...when('V.old && V.own'), output: { expr: '"old"' } })], {
      variables: { local: { own: 'true' } },
    }),
  }
  const result = check([old], { actions: ['read'], resource: { attr: { n: 1 } } })
  assert.equal(effects(result), 'A')
  assert.deepEqual(said(result), ['old'])
})

test('the rules that were looked at are told', () => {
  const result = check(
    [doc([rule({ name: 'one', ...when('false') }), rule({ name: 'two', roles: ['x'] })])],
    {
      actions: ['read'],
    },
  )
  assert.deepEqual(
    result.visits.map(({ rule: of, applies, truth }) => [of.ref.rule, applies, truth]),
    [
      ['one', true, 'no'],
      ['two', false, 'no'],
    ],
  )
})
