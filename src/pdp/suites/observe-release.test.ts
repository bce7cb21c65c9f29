import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

import { judge, policiesHold } from '../judge.ts'
import { aQuestion, DECISION_CALLER, releaseOf, someFacts } from '../testing/builders.ts'
import {
  renderSet,
  testAction,
  testPrincipal,
  testResource,
  testSet,
} from '../testing/policy-set.ts'
import type { Observation } from './observe-release.ts'
import { observeRelease } from './observe-release.ts'

const asks = fc.array(
  fc.record({ principal: testPrincipal, resource: testResource, action: testAction }),
  { minLength: 5, maxLength: 15 },
)

test('an observed release decides exactly as the release does, by the same rules', () => {
  let seen = 0
  fc.assert(
    fc.property(testSet, asks, (set, requests) => {
      const release = releaseOf(...renderSet(set))
      const observed = observeRelease(release, () => seen++)
      for (const { principal, resource, action } of requests) {
        const question = aQuestion(DECISION_CALLER, action, resource)
        const facts = someFacts({ asserted: principal })
        const plain = judge(release, question, facts, [])
        const watched = judge(observed, question, facts, [])
        assert.equal(policiesHold(watched), policiesHold(plain))
        assert.deepEqual(
          watched.policies.map(({ verdict }) => verdict?.ref),
          plain.policies.map(({ verdict }) => verdict?.ref),
        )
      }
    }),
    { numRuns: 200 },
  )
  assert.ok(seen > 1000, `only ${seen} observations`)
})

test('tells that a rule was reached, what its expressions gave, and whether it held', () => {
  const release =
    releaseOf(`{"apiVersion": "api.cerbos.dev/v1", "resourcePolicy": {"resource": "doc",
    "version": "default", "rules": [
      {"name": "free", "actions": ["a"], "effect": "EFFECT_ALLOW", "roles": ["user"]},
      {"name": "bound", "actions": ["a"], "effect": "EFFECT_DENY", "roles": ["user"],
       "condition": {"match": {"all": {"of": [{"expr": "R.attr.x == 1"}, {"expr": "R.attr.y"}]}}}}]}}`)
  const told = (attr: { readonly [name: string]: number }): readonly string[] => {
    const all: Observation[] = []
    const observed = observeRelease(release, (one) => all.push(one))
    const resource = { kind: 'doc', id: '1', attr, scope: '', policyVersion: '' }
    const asserted = { id: 'a', roles: ['user'], attr: {}, scope: '', policyVersion: '' }
    judge(observed, aQuestion(DECISION_CALLER, 'a', resource), someFacts({ asserted }), [])
    return all.flatMap((one) => {
      if (one.kind === 'time') return ['time']
      const name = 'ref' in one.of ? one.of.ref.rule : one.of.name
      return one.kind === 'expression'
        ? [`${name} ${one.index} ${one.outcome.kind}`]
        : [`${name} ${one.kind}`]
    })
  }
  assert.deepEqual(told({ x: 2 }), [
    'free reached',
    'free met',
    'bound reached',
    'bound 0 value',
    'bound not_met',
  ])
  assert.deepEqual(told({ x: 1 }).slice(2), ['bound reached', 'bound 0 value', 'bound 1 error'])
})
