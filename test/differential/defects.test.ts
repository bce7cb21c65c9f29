/**
 * What the Cerbos program does wrong and we do right (facts of the oracle, defects 5.1 to 5.6). The
 * generator leaves these shapes out; here each has the test that our engine gets it right. They
 * need no other program.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOurs, loadOurs } from './our-engine.ts'

type Effect = 'EFFECT_ALLOW' | 'EFFECT_DENY'

const asked = { id: '1', attr: { n: 1 }, scope: '', policyVersion: '' }

/** Loads policies in the order given, and asks about `view` on each kind. */
function effects(
  bodies: readonly object[],
  kinds: readonly string[],
  over: { readonly principal?: object; readonly resource?: object } = {},
): readonly (Effect | undefined)[] {
  const files = bodies.map((body, at) => ({
    path: `policy${at}.yaml`,
    text: JSON.stringify({ apiVersion: 'api.cerbos.dev/v1', ...body }),
  }))
  const ours = loadOurs({ files, strict: true, schemas: 'none', globals: {} })
  if (!ours.ok) throw new Error([...ours.error.values()].join('\n'))
  const resources = kinds.map((kind) => ({
    actions: ['view'],
    resource: { ...asked, kind, ...over.resource },
  }))
  const principal = { ...asked, id: 'pat', roles: ['user'], ...over.principal }
  const answers = checkOurs(ours.value, JSON.stringify({ principal, resources }))
  return answers.map(({ actions }) => actions.get('view')?.effect)
}

const rule = (match: object | null, effect: Effect = 'EFFECT_ALLOW'): object => ({
  actions: ['view'],
  effect,
  roles: ['user'],
  ...(match === null ? {} : { condition: { match } }),
})

const policy = (resource: string, rules: readonly object[], over: object = {}): object => ({
  resourcePolicy: { resource, version: 'default', rules, ...over },
})

test('5.1: rules with the same expressions under `all`, `any` and `none` stay different', () => {
  const of = [{ expr: 'R.attr.n == 1' }, { expr: 'R.attr.n == 2' }]
  const groups = ['all', 'any', 'none'].map((group) => policy(group, [rule({ [group]: { of } })]))
  const kinds = ['all', 'any', 'none']
  const right = ['EFFECT_DENY', 'EFFECT_ALLOW', 'EFFECT_DENY']
  assert.deepEqual(effects(groups, kinds), right)
  assert.deepEqual(effects(groups.toReversed(), kinds), right)
})

test('5.2: a policy that permits more in a scope than another one does not load beside it', () => {
  const consent = { scopePermissions: 'SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS' }
  const bodies = [
    policy('a', []),
    policy('b', []),
    policy('a', [], { scope: 'acme', ...consent }),
    policy('b', [], { scope: 'acme' }),
  ]
  assert.throws(() => effects(bodies, ['a']), /scopePermissions|not supported|permission/i)
})

test('5.4: a principal policy is found by the version of the principal', () => {
  const principalPolicy = {
    principal: 'pat',
    version: 'dev',
    rules: [{ resource: 'doc', actions: [{ action: 'view', effect: 'EFFECT_ALLOW' }] }],
  }
  const bodies = [policy('doc', []), { principalPolicy }]
  const dev = { policyVersion: 'dev' }
  assert.deepEqual(effects(bodies, ['doc'], { principal: dev }), ['EFFECT_ALLOW'])
  assert.deepEqual(effects(bodies, ['doc'], { resource: dev }), ['EFFECT_DENY'])
})

test('5.5: a deny rule whose condition fails denies', () => {
  const rules = [rule(null), rule({ expr: 'R.attr.missing == 1' }, 'EFFECT_DENY')]
  assert.deepEqual(effects([policy('doc', rules)], ['doc']), ['EFFECT_DENY'])
})

test('5.5: `none` of a condition that fails does not hold', () => {
  const none = { of: [{ expr: 'R.attr.missing == 1' }] }
  assert.deepEqual(effects([policy('doc', [rule({ none })])], ['doc']), ['EFFECT_DENY'])
})

test('5.6: a rule named like the default name of another keeps its own condition', () => {
  const named = { ...rule(null, 'EFFECT_DENY'), name: 'rule-002' }
  const rules = [rule(null), rule({ expr: 'R.attr.n == 2' }), named]
  assert.deepEqual(effects([policy('doc', rules)], ['doc']), ['EFFECT_DENY'])
})
