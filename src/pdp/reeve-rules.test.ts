/** What `reeve.dev/v1` adds to rules. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'

import type { Decision } from '../core/decision.ts'
import type { Grant } from '../core/identity.ts'
import type { Audience, PersonId } from '../core/ids.ts'
import type { Question } from '../core/question.ts'
import { formatDiagnostic } from '../policy/diagnostic.ts'
import { loadPolicies } from '../policy/load-policies.ts'
import type { CompiledRelease } from '../policy/release.ts'
import { decide } from './decide.ts'
import { explain } from './explain.ts'
import {
  anAgent,
  anInstance,
  aPerson,
  aPrincipal,
  aQuestion,
  aRefund,
  aResource,
  DECISION_CALLER,
  releaseOf,
  someFacts,
} from './testing/builders.ts'
import { visible } from './visible.ts'

const policy = (...rules: readonly object[]): string =>
  JSON.stringify({
    apiVersion: 'reeve.dev/v1',
    resourcePolicy: { resource: 'mcp:payments', version: 'default', rules },
  })
const rule = (over: object = {}): object => ({
  name: 'refund',
  actions: ['tool:refund'],
  effect: 'EFFECT_ALLOW',
  roles: ['support'],
  ...over,
})
const asked = (release: CompiledRelease): Decision =>
  decide(
    release,
    aQuestion(DECISION_CALLER, 'tool:refund', aResource()),
    someFacts({ asserted: aPrincipal() }),
  )

test('a rule with approval denies until somebody consents, says who, and stays visible', () => {
  const release = releaseOf(
    policy(rule({ approval: { by: 'sponsor', quorum: 1, ttl: '15m', bind: 'arguments' } })),
  )
  const decision = decide(release, aRefund({}), someFacts())
  assert.equal(decision.effect, 'deny')
  assert.deepEqual(
    decision.effect === 'deny' && [decision.reasons, decision.remedies, decision.visible],
    [
      [{ code: 'approval_required', detail: 'refund needs the approval of sponsor' }],
      [{ kind: 'approval', who: 'sponsor', retry: 'same call, after approval' }],
      true,
    ],
  )
  assert.equal(visible(release, aRefund({}), someFacts()), true)
  assert.equal(asked(release).effect, 'deny')
})

test('a rule that allows without approval beats one that asks for it, and a deny beats both', () => {
  const waiting = rule({ name: 'ask', approval: { by: 'lead' } })
  assert.equal(asked(releaseOf(policy(waiting, rule()))).effect, 'allow')
  const denied = asked(releaseOf(policy(waiting, rule({ name: 'no', effect: 'EFFECT_DENY' }))))
  assert.equal(denied.effect === 'deny' && denied.reasons[0].code, 'forbidden_by_policy')
})

test('obligations and advice of all rules that allow are united, for who can be told', () => {
  const release = releaseOf(
    policy(
      rule({ obligations: ['log', { kind: 'redact', value: ['iban'] }], advice: ['cache'] }),
      rule({ name: 'also', obligations: ['log'], advice: [{ kind: 'tell', value: 'x' }] }),
      rule({ name: 'not', obligations: ['never'], condition: { match: { expr: 'false' } } }),
    ),
  )
  const decision = asked(release)
  assert.deepEqual(decision.effect === 'allow' && [decision.obligations, decision.advice], [
    [
      { kind: 'log', value: null },
      { kind: 'redact', value: ['iban'] },
    ],
    [
      { kind: 'cache', value: null },
      { kind: 'tell', value: 'x' },
    ],
  ])
})

test('an obligation that no surface of agents enforces denies', () => {
  const release = releaseOf(policy(rule({ obligations: ['redact'] })))
  const decision = decide(release, aRefund({}), someFacts())
  assert.deepEqual(decision.effect === 'deny' && decision.reasons, [
    {
      code: 'obligation_unsupported',
      detail: 'the allow obliges to `redact`, which is not enforced here',
    },
  ])
  assert.equal(
    decide(releaseOf(policy(rule({ advice: ['x'] }))), aRefund({}), someFacts()).effect,
    'allow',
  )
})

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

function rolledOut(percent: number, key: 'subject' | 'agent', rolloutKey = 'k'): CompiledRelease {
  const text = policy(rule({ rollout: { percent, key } }))
  const loaded = loadPolicies({ sha256, rolloutKey: new TextEncoder().encode(rolloutKey) }, [
    { path: 'p.json', text },
  ])
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.error.map(formatDiagnostic).join('\n'))
  return loaded.value
}

const asPerson = (release: CompiledRelease, id: string): boolean => {
  const subject = { kind: 'user', id: id as PersonId } as const
  const question: Question = aRefund({}, anInstance({ subject }))
  return (
    decide(release, question, someFacts({ subject: aPerson({ id: subject.id }) })).effect ===
    'allow'
  )
}

test('a rollout is present for its share of subjects, the same ones each time and as it grows', () => {
  const people = Array.from({ length: 400 }, (_, i) => `person-${i}`)
  const at = (percent: number, key?: string): readonly string[] => {
    const release = rolledOut(percent, 'subject', key)
    return people.filter((id) => asPerson(release, id))
  }
  const [some, more] = [at(20), at(50)]
  assert.ok(some.length > 50 && some.length < 110, `${some.length} of 400 at 20 %`)
  assert.ok(some.every((id) => more.includes(id)))
  assert.deepEqual([at(0).length, at(100).length], [0, 400])
  assert.notDeepEqual(at(20, 'another key'), some)
})

test('a rollout by agent does not tell people apart', () => {
  const release = rolledOut(50, 'agent')
  const answers = new Set(
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => asPerson(release, id)),
  )
  assert.equal(answers.size, 1)
})

test('the short form takes a rollout', () => {
  const short = (percent: number): string =>
    `rules: [{id: a, role: support, tool: payments, allowed_actions: [refund], rollout: {percent: ${percent}, increment: 2}}]`
  assert.equal(decide(releaseOf(short(100)), aRefund({}), someFacts()).effect, 'allow')
  assert.equal(decide(releaseOf(short(0)), aRefund({}), someFacts()).effect, 'deny')
})

test('the grants of one token are alternatives, those of earlier links all count', () => {
  const grant = (...tools: readonly string[]): Grant => ({
    type: 'agent_tool_call',
    locations: ['http://localhost:8080/mcp/payments' as Audience],
    tools,
  })
  const release = releaseOf(policy(rule()))
  const of = (grants: readonly Grant[], earlier: readonly Grant[] = []): string =>
    decide(release, aRefund({}, anInstance({ grants })), someFacts({ grants: earlier })).effect
  assert.equal(of([grant('list'), grant('refund')]), 'allow')
  assert.equal(of([grant('list')]), 'deny')
  assert.equal(of([grant('refund')], [grant('refund'), grant('list')]), 'deny')
  assert.equal(of([], [grant('refund')]), 'allow')
})

test('policies of one scope that say different scopePermissions are an error that names both', () => {
  const body = (resource: string, scope: string, scopePermissions: string): string =>
    JSON.stringify({
      apiVersion: 'api.cerbos.dev/v1',
      resourcePolicy: { resource, version: 'default', scope, scopePermissions, rules: [] },
    })
  const OVERRIDE = 'SCOPE_PERMISSIONS_OVERRIDE_PARENT'
  const CONSENT = 'SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS'
  const texts = [
    body('a', '', OVERRIDE),
    body('a', 'k', OVERRIDE),
    body('b', '', OVERRIDE),
    body('b', 'k', CONSENT),
  ]
  const loaded = loadPolicies(
    { sha256 },
    texts.map((text, at) => ({ path: `p${at}.json`, text })),
  )
  assert.ok(!loaded.ok)
  assert.deepEqual(
    loaded.error.map(({ file, code, message }) => [
      file,
      code,
      message.includes(file === 'p1.json' ? 'p3.json:1' : 'p1.json:1'),
    ]),
    [
      ['p1.json', 'scope_conflict', true],
      ['p3.json', 'scope_conflict', true],
    ],
  )
})

test('an approval cannot stand where the parent scope has to allow as well', () => {
  const text = JSON.stringify({
    apiVersion: 'reeve.dev/v1',
    resourcePolicy: {
      resource: 'doc',
      version: 'default',
      scopePermissions: 'SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS',
      rules: [rule({ approval: { by: 'lead' } })],
    },
  })
  const loaded = loadPolicies({ sha256 }, [{ path: 'p.json', text }])
  assert.deepEqual(loaded.ok ? [] : loaded.error.map(({ code }) => code), ['field_conflict'])
})

test('an explanation has the rules, their conditions and the values that they read', () => {
  const release = releaseOf(
    policy(
      rule({
        condition: {
          match: { all: { of: [{ expr: 'R.attr.args.amount <= 500' }, { expr: 'P.attr.gone' }] } },
        },
      }),
    ),
  )
  const facts = someFacts({ actors: [anAgent({ attr: { gone: true } })] })
  const { decision, rules } = explain(release, aRefund({ amount: 9000 }), facts)
  assert.deepEqual(decision, decide(release, aRefund({ amount: 9000 }), facts))
  assert.deepEqual(
    rules.map(({ principal, role, applies }) => [principal, role, applies]),
    [
      ['alice', 'support', true],
      ['agent:refund-agent', 'support', true],
      ['agent:refund-agent', 'agent', false],
    ],
  )
  assert.deepEqual(rules[0]?.condition, {
    kind: 'all',
    truth: 'no',
    of: [
      {
        kind: 'expr',
        source: 'R.attr.args.amount <= 500',
        truth: 'no',
        error: null,
        reads: [{ path: 'R.attr.args.amount', value: 9000 }],
      },
      {
        kind: 'expr',
        source: 'P.attr.gone',
        truth: 'error',
        error: 'no such key: gone',
        reads: [],
      },
    ],
  })
})

test('compatibility switches of a release never reach agents', () => {
  const missing = { condition: { match: { expr: 'R.attr.none == 1.0' } } }
  const loaded = loadPolicies(
    { sha256 },
    [{ path: 'p', text: policy(rule(), rule({ name: 'no', effect: 'EFFECT_DENY', ...missing })) }],
    { strictEvaluation: false, lenientScopeSearch: true },
  )
  assert.ok(loaded.ok)
  assert.equal(asked(loaded.value).effect, 'allow')
  const decision = decide(loaded.value, aRefund({}), someFacts())
  assert.equal(decision.effect === 'deny' && decision.reasons[0].code, 'evaluation_error')
  const elsewhere = someFacts({ actors: [anAgent({ scope: 'a' })] })
  const question = aQuestion(anInstance(), 'tool:refund', aResource({ scope: 'a' }))
  assert.equal(decide(loaded.value, question, elsewhere).effect, 'deny')
})

test('any attributes are decided about, whatever they are', () => {
  const expr = 'R.attr.args.amount <= 500 || P.attr.x in R.attr.args.list'
  const release = releaseOf(policy(rule({ condition: { match: { expr } } })))
  const hostile = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(NaN, Infinity, -0, '__proto__', { __proto__: null, constructor: 1 }),
  )
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('amount', 'list', 'constructor', '__proto__'), hostile),
      (args) => {
        const decision = decide(release, aRefund(args as never), someFacts())
        assert.ok(decision.effect === 'allow' || decision.reasons.length > 0)
      },
    ),
  )
})
