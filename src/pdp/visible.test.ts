import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { PersonId } from '../core/ids.ts'
import type { Json } from '../core/json.ts'
import { decide } from './decide.ts'
import {
  aClient,
  anAgent,
  aPrincipal,
  aQuestion,
  aRefund,
  aResource,
  DECISION_CALLER,
  releaseOf,
  someFacts,
} from './testing/builders.ts'
import { visible } from './visible.ts'

const CAP =
  'rules: [{id: a, role: support, tool: payments, allowed_actions: [refund], when: R.attr.args.amount <= 500}]'

test('a tool is listed although its arguments are not known yet', () => {
  assert.equal(visible(releaseOf(CAP), aRefund({}), someFacts()), true)
  assert.equal(visible(releaseOf(CAP), aRefund({ amount: 9000 }), someFacts()), true)
})

test('a tool is hidden from whoever lacks the role, in person or as an agent', () => {
  const release = releaseOf(CAP)
  assert.equal(
    visible(release, aRefund({}), someFacts({ actors: [anAgent({ roles: [] })] })),
    false,
  )
  assert.equal(visible(release, aQuestion(aRefund({}).caller, 'tool:delete'), someFacts()), false)
})

test('nothing is listed while a factor beside policies fails', () => {
  const suspended = [{ id: 'dana' as PersonId, status: 'suspended' as const, groups: [] }]
  assert.equal(visible(releaseOf(CAP), aRefund({}), someFacts({ sponsors: suspended })), false)
  assert.equal(visible(releaseOf(CAP), aRefund({}), someFacts({ raised: ['agent'] })), false)
})

test('a condition on what is known hides, one on arguments does not', () => {
  const on = (expr: string): boolean =>
    visible(releaseOf(CAP.replace('R.attr.args.amount <= 500', expr)), aRefund({}), someFacts())
  assert.equal(on('P.attr.tier == "gold"'), false)
  assert.equal(on('P.id.startsWith("x") && R.attr.args.amount <= 500'), false)
  assert.equal(on('R.attr.args.amount <= 500 && R.attr.args.note == "x"'), true)
  assert.equal(on('has(R.attr.args.approved)'), true)
  assert.equal(on('size(R.attr) > 0'), true)
})

test('models are listed without what each call chooses, tokens without their lifetime', () => {
  const model = JSON.stringify({
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      resource: 'model',
      version: 'default',
      rules: [
        {
          actions: ['invoke'],
          effect: 'EFFECT_ALLOW',
          roles: ['support'],
          condition: {
            match: {
              expr: 'R.attr.tier == "small" && R.attr.max_tokens <= 100 && size(R.attr.tools) == 0',
            },
          },
        },
      ],
    },
  })
  const of = (kind: string, action: string, attr: { readonly [key: string]: Json }): boolean => {
    const question = aQuestion(DECISION_CALLER, action, aResource({ kind, attr }))
    return visible(releaseOf(model, CAP), question, someFacts({ asserted: aPrincipal() }))
  }
  assert.equal(of('model', 'invoke', { tier: 'small' }), true)
  assert.equal(of('model', 'invoke', { tier: 'large' }), false)
  assert.equal(of('token', 'issue', { tool: 'payments' }), true)
  assert.equal(of('token', 'issue', { tool: 'payroll' }), false)
  assert.equal(
    visible(
      releaseOf(CAP),
      aQuestion(
        aClient(),
        'issue',
        aResource({ kind: 'token', id: 'x', attr: { tool: 'payments' } }),
      ),
      someFacts(),
    ),
    true,
  )
})

const doc = (...rules: readonly object[]): string =>
  JSON.stringify({
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: { resource: 'doc', version: 'default', rules },
  })
const rule = (effect: string, role: string, match?: object): object => ({
  actions: ['read'],
  effect,
  roles: [role],
  ...(match === undefined ? {} : { condition: { match } }),
})
const MISSING = { expr: 'R.attr.missing == 1.0' }
const LARGE = { expr: 'R.attr.args.n >= 5' }

/** Whether it is visible, and whether these arguments are allowed. */
function both(policy: string, n: number): readonly [boolean, string] {
  const question = aQuestion(
    DECISION_CALLER,
    'read',
    aResource({ kind: 'doc', attr: { args: { n } } }),
  )
  const facts = someFacts({ asserted: aPrincipal({ roles: ['r1', 'r2'] }) })
  const release = releaseOf(policy)
  return [visible(release, question, facts), decide(release, question, facts).effect]
}

test('a failure behind a deny that arguments may bring about does not hide what another role may', () => {
  const policy = doc(
    rule('EFFECT_DENY', 'r1', LARGE),
    rule('EFFECT_ALLOW', 'r1', MISSING),
    rule('EFFECT_ALLOW', 'r2'),
  )
  assert.deepEqual(both(policy, 9), [true, 'allow'])
  assert.deepEqual(both(policy, 1), [true, 'deny'])
})

test('a failure that every choice of arguments meets hides', () => {
  assert.deepEqual(
    both(doc(rule('EFFECT_ALLOW', 'r1', LARGE), rule('EFFECT_DENY', 'r1', MISSING)), 9),
    [false, 'deny'],
  )
})

test('a failure that arguments can keep from being reached does not hide', () => {
  const policy = doc(rule('EFFECT_ALLOW', 'r1', { any: { of: [LARGE, MISSING] } }))
  assert.deepEqual(both(policy, 9), [true, 'allow'])
  assert.deepEqual(both(policy, 1), [true, 'deny'])
})
