import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

import { DEFAULT_ENGINE_OPTIONS } from '../policy/engine-options.ts'
import type { EngineOptions } from '../policy/engine-options.ts'
import { checkResource } from './check-resource.ts'
import { decide } from './decide.ts'
import {
  NOW,
  aQuestion,
  aResource,
  DECISION_CALLER,
  releaseOf,
  someFacts,
} from './testing/builders.ts'
import { naiveJudge } from './testing/naive-judge.ts'
import {
  renderSet,
  testAction,
  testArguments,
  testPrincipal,
  testResource,
  testSet,
} from './testing/policy-set.ts'
import { visible } from './visible.ts'

const asks = fc.array(
  fc.record({ principal: testPrincipal, resource: testResource, action: testAction }),
  {
    minLength: 10,
    maxLength: 30,
  },
)

test('decides as a second implementation does, on random policies and requests', () => {
  let allowed = 0
  let judged = 0
  fc.assert(
    fc.property(testSet, asks, (set, requests) => {
      const release = releaseOf(...renderSet(set))
      for (const { principal, resource, action } of requests) {
        const question = aQuestion(DECISION_CALLER, action, resource)
        const decision = decide(release, question, someFacts({ asserted: principal }))
        const expected = naiveJudge(set, principal, resource, action)
        assert.equal(
          decision.effect === 'allow',
          expected,
          JSON.stringify({ principal, resource, action }),
        )
        judged++
        if (expected) allowed++
      }
    }),
    { numRuns: 400 },
  )
  assert.ok(allowed > judged / 50, `only ${allowed} of ${judged} were allowed`)
})

test('answers the Cerbos API as the second implementation does, in both modes', () => {
  const options = (strictEvaluation: boolean): EngineOptions => ({
    ...DEFAULT_ENGINE_OPTIONS,
    strictEvaluation,
  })
  const actions = ['read', 'do:x', 'do:y', 'do:y:z', 'rest']
  fc.assert(
    fc.property(testSet, asks, fc.boolean(), (set, requests, strict) => {
      const release = releaseOf(...renderSet(set))
      for (const { principal, resource } of requests) {
        const request = { principal, resource, actions, auxData: {}, now: NOW }
        const found = checkResource(release, options(strict), request)
        assert.deepEqual(
          found.actions.map(({ effect }) => effect === 'EFFECT_ALLOW'),
          actions.map((action) => naiveJudge(set, principal, resource, action, strict)),
          JSON.stringify({ principal, resource, strict }),
        )
      }
    }),
    { numRuns: 200 },
  )
})

test('the order of files and of what stands in them changes neither digest nor decisions', () => {
  fc.assert(
    fc.property(testSet, asks, (set, requests) => {
      const texts = renderSet(set)
      const [one, other] = [releaseOf(...texts), releaseOf(...texts.toReversed())]
      assert.equal(one.digest, other.digest)
      for (const { principal, resource, action } of requests) {
        const question = aQuestion(DECISION_CALLER, action, resource)
        const facts = someFacts({ asserted: principal })
        assert.deepEqual(decide(one, question, facts), decide(other, question, facts))
      }
    }),
    { numRuns: 50 },
  )
})

test('what some arguments make allowed is visible, whatever arguments it is asked with', () => {
  let hidden = 0
  let shown = 0
  fc.assert(
    fc.property(testSet, asks, testArguments, (set, requests, others) => {
      const release = releaseOf(...renderSet(set))
      for (const { principal, resource, action } of requests) {
        const facts = someFacts({ asserted: principal })
        const without = aResource({ ...resource, attr: { ...resource.attr, args: others } })
        const seen = visible(release, aQuestion(DECISION_CALLER, action, without), facts)
        const decision = decide(release, aQuestion(DECISION_CALLER, action, resource), facts)
        if (decision.effect === 'allow')
          assert.ok(seen, JSON.stringify({ principal, resource, action }))
        if (seen) shown++
        else hidden++
      }
    }),
    { numRuns: 400 },
  )
  assert.ok(hidden > 100 && shown > 100, `hidden ${hidden}, shown ${shown}`)
})
