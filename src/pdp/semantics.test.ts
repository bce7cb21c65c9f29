/** The meaning of the policy language, case by case, as far as random policies do not reach. */
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Decision } from '../core/decision.ts'
import type { Principal } from '../core/identity.ts'
import type { Resource } from '../core/question.ts'
import type { CompiledRelease } from '../policy/release.ts'
import { decide } from './decide.ts'
import {
  aPrincipal,
  aQuestion,
  aResource,
  DECISION_CALLER,
  releaseOf,
  someFacts,
} from './testing/builders.ts'

const policy = (kind: string, body: object, dialect = 'api.cerbos.dev/v1'): string =>
  JSON.stringify({ apiVersion: dialect, [kind]: body })

const doc = (rules: readonly object[], over: object = {}, dialect?: string): string =>
  policy('resourcePolicy', { resource: 'doc', version: 'default', rules, ...over }, dialect)

const rule = (over: object = {}): object => ({
  actions: ['read'],
  effect: 'EFFECT_ALLOW',
  roles: ['support'],
  ...over,
})
const deny = (over: object = {}): object => rule({ effect: 'EFFECT_DENY', ...over })
const when = (expr: string): object => ({ condition: { match: { expr } } })
const match = (tree: object): object => ({ condition: { match: tree } })

function ask(
  release: CompiledRelease,
  over: {
    readonly action?: string
    readonly resource?: Partial<Resource>
    readonly principal?: Partial<Principal>
  } = {},
): Decision {
  const question = aQuestion(
    DECISION_CALLER,
    over.action ?? 'read',
    aResource({ kind: 'doc', ...over.resource }),
  )
  return decide(release, question, someFacts({ asserted: aPrincipal(over.principal) }))
}

const effect = (...input: Parameters<typeof ask>): string => ask(...input).effect

const MISSING = 'R.attr.missing == 1.0'

const CONDITIONS: readonly (readonly [string, object, 'allow' | 'deny'])[] = [
  ['a failure in none denies', match({ none: { of: [{ expr: MISSING }] } }), 'deny'],
  ['a failure under negation denies', when(`!(${MISSING})`), 'deny'],
  [
    'a failure before what holds in any denies',
    match({ any: { of: [{ expr: MISSING }, { expr: 'true' }] } }),
    'deny',
  ],
  [
    'a failure after what holds in any is not reached',
    match({ any: { of: [{ expr: 'true' }, { expr: MISSING }] } }),
    'allow',
  ],
  [
    'a failure inside one expression that holds anyway is absorbed',
    when(`${MISSING} || true`),
    'allow',
  ],
  ['a result that is no boolean is no', when('R.attr.n'), 'deny'],
  [
    'a result that is no boolean is no, so none of it holds',
    match({ none: { of: [{ expr: 'R.attr.n' }] } }),
    'allow',
  ],
  ['numbers equal integers', when('R.attr.n == 5'), 'allow'],
  ['numbers do not add to integers', when('R.attr.n + 1 == 6'), 'deny'],
  ['numbers add to doubles', when('R.attr.n + 1.0 == 6.0'), 'allow'],
  ['now is the time of the request', when('now() == timestamp("2026-11-21T12:00:00Z")'), 'allow'],
  [
    'paths have long and short forms',
    when('request.resource.attr.n == R.attr.n && P.id == request.principal.id'),
    'allow',
  ],
  [
    'verified claims are read from auxData',
    when('request.auxData.jwt.aud == "x" && request.aux_data.jwt.aud == "x"'),
    'deny',
  ],
]

for (const [what, condition, expected] of CONDITIONS) {
  test(what, () => {
    assert.equal(
      effect(releaseOf(doc([rule(condition)])), { resource: { attr: { n: 5 } } }),
      expected,
    )
  })
}

test('a deny for everybody cannot be out-voted, a deny for one role can', () => {
  const principal = { roles: ['support', 'lead'] }
  const everybody = releaseOf(doc([rule({ roles: ['lead'] }), deny({ roles: ['*'] })]))
  assert.equal(effect(everybody, { principal }), 'deny')
  const one = releaseOf(doc([rule({ roles: ['lead'] }), deny({ roles: ['support'] })]))
  assert.equal(effect(one, { principal }), 'allow')
  assert.equal(effect(one, { principal: { roles: ['support'] } }), 'deny')
})

const about = (action: string, over: object = {}): object => ({
  resource: 'd*',
  actions: [{ action, effect: 'EFFECT_ALLOW', ...over }],
})
const alice = (rules: readonly object[], over: object = {}): string =>
  policy('principalPolicy', { principal: 'alice', version: 'default', rules, ...over })

test('what the policy of a principal says is final, either way', () => {
  const denies = doc([deny({ roles: ['*'] })])
  assert.equal(effect(releaseOf(denies, alice([about('read')]))), 'allow')
  assert.equal(
    effect(releaseOf(denies, alice([about('read')])), { principal: { id: 'bob' } }),
    'deny',
  )
  assert.equal(
    effect(releaseOf(doc([rule()]), alice([about('*', { effect: 'EFFECT_DENY' })]))),
    'deny',
  )
  assert.equal(effect(releaseOf(doc([rule()]), alice([about('write')]))), 'allow')
})

test('the policy of a principal is found by the principal’s own version and scope', () => {
  const release = releaseOf(
    alice([about('read')], { version: 'dev' }),
    alice([about('read')], { version: 'v2' }),
    alice([], {}),
    alice([about('read')], { scope: 'a' }),
  )
  assert.equal(effect(release), 'deny')
  assert.equal(effect(release, { resource: { policyVersion: 'dev' } }), 'deny')
  assert.equal(effect(release, { principal: { policyVersion: 'dev' } }), 'allow')
  assert.equal(effect(release, { principal: { scope: 'a' } }), 'allow')
  assert.equal(effect(release, { resource: { scope: 'a' } }), 'deny')
})

test('principals are compared as bytes: what folds to the same key is another principal', () => {
  const release = releaseOf(
    policy('principalPolicy', { principal: 'agent:x', version: 'default', rules: [about('read')] }),
  )
  assert.equal(effect(release, { principal: { id: 'agent:x' } }), 'allow')
  assert.equal(effect(release, { principal: { id: 'agent_x' } }), 'deny')
})

test('the most specific scope that decides wins, and an unknown scope matches nothing', () => {
  const release = releaseOf(
    doc([rule(), rule({ actions: ['write'] })]),
    doc([deny()], { scope: 'a' }),
    doc([], { scope: 'a.b' }),
    doc([rule()], { scope: 'a.b.c' }),
  )
  const of = (scope: string, action = 'read'): string =>
    effect(release, { action, resource: { scope } })
  assert.deepEqual(
    ['', '.', 'a', '.a', 'a.b', 'a.b.c', 'zz', 'a.zz'].map((scope) => of(scope)),
    ['allow', 'allow', 'deny', 'deny', 'deny', 'allow', 'deny', 'deny'],
  )
  assert.equal(of('a.b.c', 'write'), 'allow')
})

test('when nothing matches, the most specific policy that exists is named', () => {
  const release = releaseOf(doc([]), doc([], { scope: 'a' }))
  assert.equal(ask(release, { resource: { scope: 'a' } }).policy?.id, 'resource.doc.vdefault/a')
  assert.equal(ask(release).policy?.id, 'resource.doc.vdefault')
  assert.equal(ask(release, { resource: { kind: 'other' } }).policy, null)
  assert.equal(ask(release, { resource: { policyVersion: 'v2' } }).policy, null)
})

test('kinds fold in keys and when they are looked up', () => {
  const release = releaseOf(doc([rule()], { resource: 'album:object' }))
  const decision = ask(release, { resource: { kind: 'album:object' } })
  assert.equal(decision.effect, 'allow')
  assert.equal(decision.policy?.id, 'resource.album_object.vdefault')
  assert.equal(effect(release, { resource: { kind: 'album_object' } }), 'allow')
  assert.equal(effect(release, { resource: { kind: 'album@object' } }), 'allow')
})

test('actions and roles are patterns only if they contain a star', () => {
  const release = releaseOf(doc([rule({ actions: ['edit:?', 'view:*'], roles: ['adm:*'] })]))
  const principal = { roles: ['adm:eu'] }
  assert.equal(effect(release, { action: 'edit:?', principal }), 'allow')
  assert.equal(effect(release, { action: 'edit:a', principal }), 'deny')
  assert.equal(effect(release, { action: 'view:a', principal }), 'allow')
  assert.equal(effect(release, { action: 'view:a:b', principal }), 'deny')
  assert.equal(effect(release, { action: 'view:a', principal: { roles: ['adm'] } }), 'deny')
})

test('a literal rule and a pattern about one action count alike, in their order', () => {
  const release = releaseOf(
    doc([rule({ actions: ['*'] }), deny({ actions: ['read'] }), deny({ actions: ['re*'] })]),
  )
  assert.equal(effect(release), 'deny')
  assert.equal(effect(release, { action: 'rest' }), 'deny')
  assert.equal(effect(release, { action: 'write' }), 'allow')
})

test('constants and variables are shared through exports, and variables read each other', () => {
  const release = releaseOf(
    policy('exportConstants', {
      name: 'limits',
      definitions: { cap: 500, tiers: { gold: ['x'] } },
    }),
    policy('exportVariables', {
      name: 'common',
      definitions: { small: 'R.attr.n <= C.cap', both: 'V.small && V.own' },
    }),
    doc([rule(when('V.both && variables.own && "x" in constants.tiers.gold'))], {
      constants: { import: ['limits'] },
      variables: { import: ['common'], local: { own: 'P.attr.tier == "gold"' } },
    }),
  )
  const gold = { attr: { tier: 'gold' } }
  assert.equal(effect(release, { resource: { attr: { n: 500 } }, principal: gold }), 'allow')
  assert.equal(effect(release, { resource: { attr: { n: 501 } }, principal: gold }), 'deny')
})

test('a variable that fails is a failure where it is read, and where it is asked for', () => {
  const variables = { local: { broken: MISSING, through: 'V.broken || true', fine: 'true' } }
  const release = releaseOf(
    doc(
      [
        rule(when('V.fine')),
        rule({ actions: ['has'], ...when('!has(V.broken)') }),
        rule({ actions: ['chained'], ...when('V.through') }),
        rule({ actions: ['or'], ...when('true || V.broken') }),
        rule({ actions: ['plain'] }),
      ],
      { variables },
    ),
  )
  const effects = ['read', 'has', 'chained', 'or', 'plain'].map((action) =>
    effect(release, { action }),
  )
  assert.deepEqual(effects, ['allow', 'deny', 'allow', 'allow', 'allow'])
})

const owners = (definitions: readonly object[]): string =>
  policy('derivedRoles', { name: 'set', definitions })

test('a derived role needs a parent role and its condition', () => {
  const release = releaseOf(
    owners([{ name: 'owner', parentRoles: ['support'], ...when('R.attr.owner == P.id') }]),
    doc([rule({ roles: undefined, derivedRoles: ['owner'] })], { importDerivedRoles: ['set'] }),
  )
  assert.equal(effect(release, { resource: { attr: { owner: 'alice' } } }), 'allow')
  assert.equal(effect(release, { resource: { attr: { owner: 'bob' } } }), 'deny')
  assert.equal(
    effect(release, { resource: { attr: { owner: 'alice' } }, principal: { roles: ['x'] } }),
    'deny',
  )
})

test('effective derived roles are those that rules name and that hold, sorted', () => {
  const definitions = [
    { name: 'zeta', parentRoles: ['*'] },
    { name: 'alpha', parentRoles: ['support'] },
    { name: 'unused', parentRoles: ['support'] },
    { name: 'other', parentRoles: ['lead'] },
    { name: 'nested', parentRoles: ['*'], ...when('size(runtime.effectiveDerivedRoles) > 0') },
  ]
  const rules = [
    rule(
      when(
        'runtime.effectiveDerivedRoles == ["alpha", "zeta"] && runtime.effective_derived_roles == ["alpha", "zeta"]',
      ),
    ),
    rule({ actions: ['x'], derivedRoles: ['zeta', 'alpha', 'other', 'nested'] }),
  ]
  assert.equal(
    effect(releaseOf(owners(definitions), doc(rules, { importDerivedRoles: ['set'] }))),
    'allow',
  )
})

test('a derived role that fails denies whoever reads the effective ones', () => {
  const rules = [
    rule(when('"broken" in runtime.effectiveDerivedRoles || true')),
    rule({ actions: ['x'], derivedRoles: ['broken'] }),
  ]
  const set = owners([{ name: 'broken', parentRoles: ['*'], ...when(MISSING) }])
  const release = releaseOf(set, doc(rules, { importDerivedRoles: ['set'] }))
  assert.equal(effect(release, { action: 'x' }), 'deny')
})

test('policies that differ only in how they combine conditions stay apart', () => {
  const of = [{ expr: 'R.attr.a == 1.0' }, { expr: 'R.attr.b == 1.0' }]
  const release = releaseOf(
    doc([rule(match({ all: { of } }))]),
    doc([rule(match({ any: { of } }))], { resource: 'other' }),
  )
  const attr = { a: 1, b: 2 }
  assert.equal(effect(release, { resource: { attr } }), 'deny')
  assert.equal(effect(release, { resource: { kind: 'other', attr } }), 'allow')
})

test('a pattern of resources counts with the policy of the kind itself, also where there is none', () => {
  const release = releaseOf(
    doc([deny({ actions: ['write'] })]),
    doc([rule({ actions: ['*'] })], { resource: 'd*' }, 'reeve.dev/v1'),
    doc([rule({ actions: ['list'] })], { resource: 'mcp:*' }, 'reeve.dev/v1'),
  )
  assert.equal(effect(release), 'allow')
  assert.equal(effect(release, { action: 'write' }), 'deny')
  assert.equal(effect(release, { action: 'write', resource: { kind: 'draft' } }), 'allow')
  assert.equal(effect(release, { action: 'list', resource: { kind: 'mcp:crm' } }), 'allow')
  assert.equal(effect(release, { action: 'list', resource: { kind: 'mcp:crm:x' } }), 'deny')
})

test('rules of the short form add to a policy of the same kind', () => {
  const short = 'rules: [{id: a, role: support, tool: crm, allowed_actions: [find]}]'
  const long = doc(
    [deny({ actions: ['tool:*'], roles: ['*'], ...when('R.attr.closed == true') })],
    { resource: 'mcp:crm' },
  )
  const release = releaseOf(short, long)
  const of = (closed: boolean): string =>
    effect(release, { action: 'tool:find', resource: { kind: 'mcp:crm', attr: { closed } } })
  assert.deepEqual([of(false), of(true)], ['allow', 'deny'])
})

test('rules of a principal and of a guardrail are about the kinds they name only', () => {
  const guard = (resource: string): string =>
    policy('guardrail', { name: 'g', rules: [{ resource, actions: ['*'] }] }, 'reeve.dev/v1')
  const other = { resource: 'other', actions: [{ action: '*', effect: 'EFFECT_DENY' }] }
  assert.equal(effect(releaseOf(doc([rule()]), alice([other]), guard('other'))), 'allow')
  assert.equal(effect(releaseOf(doc([rule()]), guard('d*'))), 'deny')
})

test('a guardrail for everybody is met by a principal without roles', () => {
  const guard = policy(
    'guardrail',
    { name: 'g', rules: [{ resource: '*', actions: ['*'] }] },
    'reeve.dev/v1',
  )
  const nobody = { principal: { roles: [] } }
  assert.equal(effect(releaseOf(alice([about('read')])), nobody), 'allow')
  assert.equal(effect(releaseOf(alice([about('read')]), guard), nobody), 'deny')
})

const EMPTY = { attr: {}, scope: '', policyVersion: '' }

for (const field of [
  'R.attr',
  'P.attr',
  'R.scope',
  'P.scope',
  'R.policyVersion',
  'P.policy_version',
])
  test(`has(${field}) is false where the value is empty, which can be read all the same`, () => {
    const asked = { resource: EMPTY, principal: EMPTY }
    const release = releaseOf(doc([rule(when(`has(${field})`))]))
    assert.equal(ask(release, asked).effect, 'deny')
    const reads = releaseOf(doc([rule(when(`!has(${field}) && size(${field}) == 0`))]))
    assert.equal(ask(reads, asked).effect, 'allow')
    const full = releaseOf(doc([rule(when('has(R.attr) && has(P.attr) && has(R.id)'))]))
    const filled = { resource: { attr: { x: '' } }, principal: { attr: { x: {} } } }
    assert.equal(ask(full, filled).effect, 'allow')
  })

test('auxiliary data that was not sent is absent, by each name of the request', () => {
  for (const path of ['auxData', 'aux_data', 'auxData.jwt', 'resource.attr', 'principal.attr']) {
    const asked = { resource: EMPTY, principal: EMPTY }
    const release = releaseOf(doc([rule(when(`has(request.${path})`))]))
    assert.equal(ask(release, asked).effect, 'deny', path)
  }
})

test('only the fields of the request itself are absent when empty, not those of attributes', () => {
  const release = releaseOf(doc([rule(when('has(R.attr.note) && has(R.attr.list)'))]))
  const allowed = ask(release, { resource: { attr: { note: '', list: [] } } })
  assert.equal(allowed.effect, 'allow')
})
