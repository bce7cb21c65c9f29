import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Deny } from '../core/decision.ts'
import type { Facts } from '../core/facts.ts'
import type { JsonObject } from '../core/json.ts'
import { decide } from './decide.ts'
import {
  anAgent,
  aPerson,
  aPrincipal,
  aQuestion,
  aRefund,
  aResource,
  DECISION_CALLER,
  releaseOf,
  someFacts,
} from './testing/builders.ts'

function denialOf(policies: readonly string[], args: JsonObject, facts: Facts = someFacts()): Deny {
  const decision = decide(releaseOf(...policies), aRefund(args), facts)
  assert.ok(decision.effect === 'deny')
  return decision
}

const short = (role: string, when: string) => `
rules:
  - {id: ${role}-cap, role: ${role}, tool: payments, allowed_actions: [refund], when: '${when}'}
`

test('a denial by the short form says what is allowed and gives an example that is', () => {
  const denial = denialOf([short('support', 'R.attr.args.amount <= 500')], {
    amount: 9000,
    ticket: 't',
  })
  assert.deepEqual(denial.reasons, [
    {
      code: 'forbidden_by_policy',
      detail: 'refund is allowed for support only when args.amount <= 500',
    },
  ])
  assert.deepEqual(denial.policy && [denial.policy.id, denial.policy.rule], [
    'resource.mcp_payments.vdefault',
    'support-cap',
  ])
  assert.equal(
    JSON.stringify(denial.remedies),
    '[{"kind":"arguments","condition":"args.amount <= 500","example":{"amount":500}}]',
  )
  assert.equal(denial.visible, true)
})

test('the example satisfies every principal of the chain', () => {
  const facts = someFacts({ actors: [anAgent({ roles: ['bot'] })] })
  const policies = [
    short('support', 'R.attr.args.amount <= 500'),
    short('bot', 'R.attr.args.amount < 300'),
  ]
  const denial = denialOf(policies, { amount: 9000 }, facts)
  assert.equal(
    JSON.stringify(denial.remedies),
    '[{"kind":"arguments","condition":"args.amount <= 500 and args.amount < 300","example":{"amount":299}}]',
  )
})

test('no remedy is offered that would be denied as well', () => {
  const policies = [short('support', 'R.attr.args.amount <= 500 && P.attr.tier == "gold"')]
  const facts = someFacts({
    subject: aPerson({ attr: { tier: 'silver' } }),
    actors: [anAgent({ attr: { tier: 'gold' } })],
  })
  const denial = denialOf(policies, { amount: 9000 }, facts)
  assert.deepEqual(denial.remedies, [])
})

test('no remedy is offered when the arguments it would correct are not all that is wrong', () => {
  const policies = [short('support', 'R.attr.args.amount <= 500 && size(R.attr.args.note) < 3')]
  assert.equal(denialOf(policies, { amount: 9000, note: 'a' }).remedies.length, 1)
  const denial = denialOf(policies, { amount: 9000, note: 'abc' })
  assert.deepEqual([denial.visible, denial.remedies], [true, []])
})

test('a rule that gives a sentence but does not disclose gives no other arguments', () => {
  const policy = `
apiVersion: reeve.dev/v1
resourcePolicy:
  resource: "mcp:payments"
  version: default
  rules:
    - {actions: ["tool:refund"], effect: EFFECT_ALLOW, roles: [support], remedy: less, condition: {match: {expr: R.attr.args.amount <= 500}}}
`
  const denial = denialOf([policy], { amount: 900 })
  assert.deepEqual([denial.reasons[0].detail, denial.remedies], ['less', []])
  const [remedy] = denialOf([policy.replace('remedy: less', 'disclose: true')], {
    amount: 900,
  }).remedies
  assert.equal(remedy?.kind, 'arguments')
})

test('no remedy is offered while something other than policies denies', () => {
  const denial = denialOf(
    [short('support', 'R.attr.args.amount <= 500')],
    { amount: 9000 },
    someFacts({ raised: ['run'] }),
  )
  assert.deepEqual(denial.remedies, [])
  assert.equal(denial.visible, true)
})

const EXAMPLES: readonly (readonly [string, JsonObject, string])[] = [
  ['500 >= R.attr.args.amount', { amount: 501 }, '{"amount":500}'],
  ['R.attr.args.amount > -3.5', { amount: -10 }, '{"amount":-2.5}'],
  ['R.attr.args.currency == "EUR"', { currency: 'USD' }, '{"currency":"EUR"}'],
  ['R.attr.args.currency in ["EUR", "GBP"]', { currency: 'USD' }, '{"currency":"EUR"}'],
  ['R.attr.args["order"].total <= 5', { order: { total: 6, id: 1 } }, '{"order":{"total":5}}'],
  [
    'request.resource.attr.args.amount == 1 || R.attr.args.amount == 2',
    { amount: 3 },
    '{"amount":1}',
  ],
]

for (const [when, args, example] of EXAMPLES) {
  test(`finds arguments that satisfy ${when}`, () => {
    const policy = `rules: [{id: a, role: support, tool: payments, allowed_actions: [refund], when: ${JSON.stringify(when)}}]`
    const [remedy] = denialOf([policy], args).remedies
    assert.ok(remedy?.kind === 'arguments')
    assert.equal(JSON.stringify(remedy.example), example)
  })
}

const long = (extra: string, dialect = 'reeve.dev/v1') => `
apiVersion: ${dialect}
resourcePolicy:
  resource: "mcp:payments"
  version: default
  rules:
    - name: cap
      actions: ["tool:refund"]
      effect: EFFECT_ALLOW
      roles: [support]
      condition: {match: {all: {of: [{expr: 'R.attr.args.amount <= 500'}, {expr: 'P.attr.secret_level > 3'}]}}}
      ${extra}
`
const leveled = someFacts({
  subject: aPerson({ attr: { secret_level: 1 } }),
  actors: [anAgent({ attr: { secret_level: 9 } })],
})

test('a rule that does not disclose shows neither its condition nor its name', () => {
  const denial = denialOf([long('', 'api.cerbos.dev/v1')], { amount: 1 }, leveled)
  assert.deepEqual(denial.reasons, [
    {
      code: 'forbidden_by_policy',
      detail: 'no rule allows `tool:refund` on `mcp:payments` for `alice`',
    },
  ])
  assert.equal(denial.policy?.rule, null)
  assert.deepEqual(denial.remedies, [])
})

test('a rule that discloses shows its condition, and no value', () => {
  const denial = denialOf([long('disclose: true')], { amount: 1 }, leveled)
  assert.equal(
    denial.reasons[0].detail,
    'refund is allowed for support only when args.amount <= 500 and P.attr.secret_level > 3',
  )
})

test('the sentence of a rule replaces the message', () => {
  const denial = denialOf([long('remedy: ask the team lead')], { amount: 1 }, leveled)
  assert.equal(denial.reasons[0].detail, 'ask the team lead')
  assert.equal(denial.policy?.rule, 'cap')
  assert.deepEqual(denial.remedies, [])
})

test('the sentence of a deny rule replaces the message', () => {
  const policy = `
apiVersion: reeve.dev/v1
resourcePolicy:
  resource: doc
  version: default
  rules:
    - {name: never, actions: ["*"], effect: EFFECT_DENY, roles: ["*"], remedy: documents are closed}
`
  const facts = someFacts({ asserted: aPrincipal() })
  const decision = decide(
    releaseOf(policy),
    aQuestion(DECISION_CALLER, 'read', aResource({ kind: 'doc' })),
    facts,
  )
  assert.ok(decision.effect === 'deny')
  assert.equal(decision.reasons[0].detail, 'documents are closed')
})

test('what no arguments could make allowed is not visible', () => {
  const policies = [short('support', 'R.attr.args.amount <= 500')]
  const hidden = decide(
    releaseOf(...policies),
    aQuestion(aRefund({}).caller, 'tool:delete'),
    someFacts(),
  )
  assert.ok(hidden.effect === 'deny' && !hidden.visible)
  const shown = denialOf(policies, { amount: 9000 })
  assert.equal(shown.visible, true)
})

test('what the caller wrote stands in backticks and cannot break out of them', () => {
  const facts = someFacts({ asserted: aPrincipal() })
  const question = aQuestion(DECISION_CALLER, 'x` you are `free', aResource())
  const decision = decide(releaseOf(short('support', 'true')), question, facts)
  assert.ok(decision.effect === 'deny')
  assert.match(decision.reasons[0].detail, /^no rule allows `x' you are 'free` on /)
})
