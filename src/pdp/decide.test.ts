import assert from 'node:assert/strict'
import { test } from 'node:test'

import { epochMillis } from '../core/clock.ts'
import type { Facts } from '../core/facts.ts'
import type { InstanceCaller } from '../core/identity.ts'
import type { AgentId, Audience, InstanceId, PersonId } from '../core/ids.ts'
import { REASON_CODES } from '../core/reason.ts'
import type { ReasonCode } from '../core/reason.ts'
import { decide } from './decide.ts'
import {
  aClient,
  anAgent,
  anInstance,
  aPerson,
  aPrincipal,
  aQuestion,
  aRefund,
  aResource,
  DECISION_CALLER,
  NOW,
  releaseOf,
  someFacts,
} from './testing/builders.ts'

const SHORT = `
rules:
  - id: refund-within-cap
    role: support
    tool: payments
    allowed_actions: [refund]
    when: R.attr.args.amount <= 500
    max_token_ttl_seconds: 300
`

const within = { amount: 100 }

function codeOf(facts: Facts, caller: InstanceCaller = anInstance()): ReasonCode | 'allow' {
  const decision = decide(releaseOf(SHORT), aRefund(within, caller), facts)
  return decision.effect === 'allow' ? 'allow' : decision.reasons[0].code
}

test('allows when every factor of the formula holds, and lists them all', () => {
  const decision = decide(releaseOf(SHORT), aRefund(within), someFacts())
  assert.equal(decision.effect, 'allow')
  assert.deepEqual(
    decision.basis.map(({ factor, principal, effect, policy, rule }) => [
      factor,
      principal,
      effect,
      policy,
      rule,
    ]),
    [
      ['guardrail', 'alice', 'allow', null, null],
      ['guardrail', 'agent:refund-agent', 'allow', null, null],
      ['subject', 'alice', 'allow', 'resource.mcp_payments.vdefault', 'refund-within-cap'],
      [
        'actor',
        'agent:refund-agent',
        'allow',
        'resource.mcp_payments.vdefault',
        'refund-within-cap',
      ],
      ['epochs', 'agent:refund-agent', 'allow', null, null],
      ['ceiling', 'agent:refund-agent', 'allow', null, null],
      ['sponsor', 'dana', 'allow', null, null],
      ['ceiling', 'agent:refund-agent', 'allow', null, null],
      ['token', 'agent:refund-agent', 'allow', null, null],
      ['grant', 'agent:refund-agent', 'allow', null, null],
      ['limits', 'agent:refund-agent', 'allow', null, null],
    ],
  )
})

const agent = anAgent()
const dana = { id: 'dana' as PersonId, groups: [] }
const past = epochMillis(NOW)

const FAILING: readonly (readonly [string, ReasonCode, Facts, InstanceCaller?])[] = [
  ['an epoch was raised', 'revoked', someFacts({ raised: ['sponsor'] })],
  ['the agent is stopped', 'revoked', someFacts({ actors: [{ ...agent, status: 'stopped' }] })],
  [
    'the agent is unknown',
    'caller_not_registered',
    someFacts({ actors: [{ ...agent, status: 'unknown' }] }),
  ],
  ['facts about the agent are missing', 'caller_not_registered', someFacts({ actors: [] })],
  [
    'the facts are about another agent',
    'caller_not_registered',
    someFacts({ actors: [{ ...agent, id: 'other' as AgentId }] }),
  ],
  [
    'the agent has no sponsor',
    'sponsor_missing',
    someFacts({ actors: [{ ...agent, sponsor: null }] }),
  ],
  ['facts about the sponsor are missing', 'sponsor_missing', someFacts({ sponsors: [] })],
  [
    'the sponsor is unknown',
    'sponsor_missing',
    someFacts({ sponsors: [{ ...dana, status: 'unknown' }] }),
  ],
  [
    'the sponsor is suspended',
    'sponsor_inactive',
    someFacts({ sponsors: [{ ...dana, status: 'suspended' }] }),
  ],
  [
    'the sponsor in the token is another one, and suspended',
    'sponsor_inactive',
    someFacts({
      sponsors: [
        { ...dana, status: 'active' },
        { id: 'erin' as PersonId, status: 'suspended', groups: [] },
      ],
    }),
    anInstance({ sponsor: 'erin' as PersonId }),
  ],
  [
    'a delegated agent has no person behind it',
    'subject_required',
    someFacts({ subject: null }),
    anInstance({ subject: { kind: 'agent', id: 'refund-agent' as AgentId } }),
  ],
  [
    'an autonomous agent names a person',
    'subject_mismatch',
    someFacts({ actors: [{ ...agent, acts: 'autonomous' }] }),
  ],
  ['facts about the person are missing', 'subject_mismatch', someFacts({ subject: null })],
  [
    'the facts are about another person',
    'subject_mismatch',
    someFacts({ subject: aPerson({ id: 'bob' as PersonId }) }),
  ],
  [
    'a person is named like an agent',
    'subject_mismatch',
    someFacts({ subject: aPerson({ id: 'agent:refund-agent' as PersonId }) }),
    anInstance({ subject: { kind: 'user', id: 'agent:refund-agent' as PersonId } }),
  ],
  [
    'the subject is an agent outside the chain',
    'subject_mismatch',
    someFacts({ actors: [{ ...agent, acts: 'autonomous' }], subject: null }),
    anInstance({ subject: { kind: 'agent', id: 'other' as AgentId } }),
  ],
  [
    'the token has expired',
    'token_expired',
    someFacts(),
    anInstance({ token: { ...anInstance().token, expiresAt: past } }),
  ],
  [
    'the root token has expired',
    'token_expired',
    someFacts(),
    anInstance({ token: { ...anInstance().token, rootExpiresAt: past } }),
  ],
  [
    'the token is for another server',
    'audience_mismatch',
    someFacts(),
    anInstance({ audience: 'http://localhost:8080/mcp/tickets' as Audience }),
  ],
  [
    'the grant does not name the tool',
    'grant_exceeded',
    someFacts(),
    anInstance({
      grants: [{ type: 'agent_tool_call', locations: [anInstance().audience], tools: ['list'] }],
    }),
  ],
  [
    'a grant of the chain is for another place',
    'grant_exceeded',
    someFacts({
      grants: [{ type: 'agent_tool_call', locations: ['http://elsewhere' as Audience] }],
    }),
  ],
  [
    'the person lacks the role',
    'forbidden_by_policy',
    someFacts({ subject: aPerson({ roles: ['sales'] }) }),
  ],
  [
    'the agent lacks the role',
    'forbidden_by_policy',
    someFacts({ actors: [{ ...agent, roles: [] }] }),
  ],
]

for (const [what, code, facts, caller] of FAILING) {
  test(`denies with ${code} when ${what}`, () => {
    assert.equal(codeOf(facts, caller ?? anInstance()), code)
  })
}

test('gives reasons in the order revoked, sponsor, subject, grant, policy', () => {
  const facts = someFacts({
    raised: ['agent'],
    sponsors: [],
    subject: aPerson({ id: 'bob' as PersonId }),
    grants: [{ type: 'agent_tool_call', locations: [] }],
  })
  const decision = decide(releaseOf(SHORT), aRefund({ amount: 900 }), facts)
  assert.ok(decision.effect === 'deny')
  assert.deepEqual(
    decision.reasons.map(({ code }) => code),
    [
      'revoked',
      'sponsor_missing',
      'subject_mismatch',
      'grant_exceeded',
      'fact_unavailable',
      'forbidden_by_policy',
    ],
  )
})

test('every agent of the chain must be allowed, registered and sponsored', () => {
  const chain = anInstance({
    actors: [
      { agent: 'refund-agent' as AgentId, instance: 'i-1' as InstanceId, parent: null },
      { agent: 'helper' as AgentId, instance: 'i-2' as InstanceId, parent: 'i-1' as InstanceId },
    ],
  })
  const helper = anAgent({ id: 'helper' as AgentId })
  assert.equal(codeOf(someFacts({ actors: [agent, helper] }), chain), 'allow')
  assert.equal(codeOf(someFacts({ actors: [agent] }), chain), 'caller_not_registered')
  assert.equal(codeOf(someFacts({ actors: [helper, agent] }), chain), 'caller_not_registered')
  assert.equal(
    codeOf(someFacts({ actors: [agent, { ...helper, roles: [] }] }), chain),
    'forbidden_by_policy',
  )
  assert.equal(
    codeOf(someFacts({ actors: [{ ...agent, roles: [] }, helper] }), chain),
    'forbidden_by_policy',
  )
  assert.equal(
    codeOf(someFacts({ actors: [{ ...agent, sponsor: null }, helper] }), chain),
    'sponsor_missing',
  )
})

test('an autonomous agent is bounded by its own policies', () => {
  const caller = anInstance({ subject: { kind: 'agent', id: 'refund-agent' as AgentId } })
  const facts = someFacts({ subject: null, actors: [{ ...agent, acts: 'autonomous' }] })
  assert.equal(codeOf(facts, caller), 'allow')
  const decision = decide(releaseOf(SHORT), aRefund({ amount: 501 }, caller), facts)
  assert.equal(decision.effect, 'deny')
})

test('a token is issued within its bound, to a role that may use the tool', () => {
  const release = releaseOf(SHORT)
  const ask = (tool: string, ttl_seconds: number) =>
    aQuestion(
      aClient(),
      'issue',
      aResource({
        kind: 'token',
        id: 'http://localhost:8080/mcp/payments',
        attr: { tool, ttl_seconds, purpose: 'unspecified' },
      }),
    )
  assert.equal(decide(release, ask('payments', 300), someFacts()).effect, 'allow')
  const long = decide(release, ask('payments', 301), someFacts())
  assert.ok(long.effect === 'deny' && long.visible)
  const other = decide(release, ask('payroll', 300), someFacts())
  assert.ok(other.effect === 'deny' && !other.visible)
  const nobody = decide(
    release,
    { ...ask('payments', 300), caller: aClient({ subject: null }) },
    someFacts(),
  )
  assert.ok(nobody.effect === 'deny')
  assert.equal(nobody.reasons[0].code, 'subject_required')
})

test('a release over no policies denies and says so', () => {
  const decision = decide(releaseOf(), aRefund(within), someFacts())
  assert.ok(decision.effect === 'deny')
  assert.deepEqual(decision.reasons, [
    { code: 'policy_unavailable', detail: 'no policies are loaded, so nothing is allowed' },
  ])
})

test('a policy-only answer is about the principal as sent, and needs one', () => {
  const release = releaseOf(SHORT)
  const question = aRefund(within, DECISION_CALLER)
  const asserted = someFacts({ subject: null, actors: [], sponsors: [], asserted: aPrincipal() })
  assert.equal(decide(release, question, asserted).effect, 'allow')
  const none = decide(release, question, { ...asserted, asserted: null })
  assert.ok(none.effect === 'deny')
  assert.equal(none.reasons[0].code, 'fact_unavailable')
})

test('a missing argument that a condition reads denies as evaluation_error', () => {
  const decision = decide(releaseOf(SHORT), aRefund({}), someFacts())
  assert.ok(decision.effect === 'deny')
  assert.deepEqual(decision.reasons, [
    {
      code: 'evaluation_error',
      detail:
        'refund is allowed for support only when args.amount <= 500, which could not be evaluated',
    },
  ])
})

test('a condition that fails in a deny rule denies what another rule allows', () => {
  const release = releaseOf(`
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc
  version: default
  rules:
    - {actions: [read], effect: EFFECT_ALLOW, roles: [support]}
    - {actions: [read], effect: EFFECT_DENY, roles: [support], condition: {match: {expr: R.attr.secret == true}}}
`)
  const ask = (attr: object) =>
    aQuestion(DECISION_CALLER, 'read', aResource({ kind: 'doc', attr: attr as never }))
  const facts = someFacts({ asserted: aPrincipal() })
  assert.equal(decide(release, ask({ secret: false }), facts).effect, 'allow')
  assert.equal(decide(release, ask({ secret: true }), facts).effect, 'deny')
  const failed = decide(release, ask({}), facts)
  assert.ok(failed.effect === 'deny')
  assert.equal(failed.reasons[0].code, 'evaluation_error')
})

test('a decision that takes too many steps ends as evaluation_limit', () => {
  const release = releaseOf(`
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc
  version: default
  rules:
    - actions: [read]
      effect: EFFECT_ALLOW
      roles: [support]
      condition: {match: {expr: 'R.attr.l.all(a, R.attr.l.all(b, R.attr.l.all(c, a + b + c >= 0.0)))'}}
`)
  const ask = (length: number) =>
    aQuestion(
      DECISION_CALLER,
      'read',
      aResource({ kind: 'doc', attr: { l: Array.from({ length }, () => 1) } }),
    )
  const facts = someFacts({ asserted: aPrincipal() })
  assert.equal(decide(release, ask(5), facts).effect, 'allow')
  const decision = decide(release, ask(200), facts)
  assert.ok(decision.effect === 'deny')
  assert.equal(decision.reasons[0].code, 'evaluation_limit')
})

test('a guardrail denies what policies allow, for person and agent alike', () => {
  const guardrail = `
apiVersion: reeve.dev/v1
guardrail:
  name: night
  rules:
    - {name: no-big, resource: "mcp:*", actions: ["tool:*"], roles: [bot], condition: {match: {expr: R.attr.args.amount > 50}}}
`
  const facts = someFacts({ actors: [{ ...agent, roles: ['support', 'bot'] }] })
  const release = releaseOf(SHORT, guardrail)
  assert.equal(decide(release, aRefund({ amount: 50 }), facts).effect, 'allow')
  assert.equal(decide(release, aRefund({ amount: 51 }), someFacts()).effect, 'allow')
  const decision = decide(release, aRefund({ amount: 51 }), facts)
  assert.ok(decision.effect === 'deny')
  assert.deepEqual(decision.reasons, [
    { code: 'forbidden_by_policy', detail: 'a guardrail denies `tool:refund` on `mcp:payments`' },
  ])
  assert.deepEqual(decision.policy && [decision.policy.id, decision.policy.rule], [
    'guardrail.night',
    'no-big',
  ])
})

test('attributes that only we set cannot be set by a source', () => {
  const release = releaseOf(`
apiVersion: reeve.dev/v1
resourcePolicy:
  resource: "mcp:*"
  version: default
  rules:
    - actions: ["tool:*"]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition:
        match:
          all:
            of:
              - expr: P.attr.kind in ["user", "agent"] && P.attr.agent_id == "refund-agent"
              - expr: P.attr.sponsor.id == "dana" && P.attr.sponsor.groups == ["leads"]
              - expr: P.attr.chain == ["agent:refund-agent"] && P.attr.depth == 0
              - expr: P.attr.subject.id == "alice" && P.attr.subject.attr.team == "blue"
              - expr: P.attr.assurance == "bearer" && P.attr.purpose == "refunds"
              - expr: P.attr.context.surface == "mcp" && request.context.environment == "test"
              - expr: request.action == "tool:refund" && P.attr.instance_id == "i-1"
              - expr: timestamp(request.context.time).getFullYear() == 2026
              - expr: P.attr.team == "blue"
`)
  const forged = {
    team: 'blue',
    kind: 'root',
    agent_id: 'x',
    sponsor: { id: 'me' },
    chain: [],
    depth: 9,
    assurance: 'mtls',
    context: {},
    purpose: 'x',
    instance_id: 'x',
  }
  const facts = someFacts({
    subject: aPerson({ attr: forged }),
    actors: [{ ...agent, attr: forged }],
  })
  const decision = decide(release, aRefund({}), facts)
  assert.equal(decision.effect, 'allow', JSON.stringify(decision))
})

test('prototype names are ordinary names everywhere', () => {
  const release = releaseOf(SHORT)
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const asks = [
      aQuestion(DECISION_CALLER, name, aResource()),
      aQuestion(DECISION_CALLER, 'tool:refund', aResource({ kind: name })),
      aQuestion(DECISION_CALLER, 'tool:refund', aResource({ policyVersion: name })),
      aQuestion(DECISION_CALLER, 'tool:refund', aResource({ scope: name })),
    ]
    for (const question of asks) {
      const facts = someFacts({ asserted: aPrincipal({ id: name, roles: [name, 'support'] }) })
      assert.equal(decide(release, question, facts).effect, 'deny')
    }
  }
})

test('the same question and facts give the same decision', () => {
  const release = releaseOf(SHORT)
  const question = aRefund({ amount: 900 })
  assert.deepEqual(decide(release, question, someFacts()), decide(release, question, someFacts()))
})

test('every reason code used is in the closed list', () => {
  for (const [, code] of FAILING) assert.ok(REASON_CODES.includes(code))
})
