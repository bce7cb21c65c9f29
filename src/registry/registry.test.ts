import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { epochMillis } from '../core/clock.ts'
import type { AgentId, InstanceId, PersonId, RunId } from '../core/ids.ts'
import { startAgent, stopAgent } from './agent.ts'
import { newInstance, type InstanceRequest } from './instance.ts'
import { reactivateSponsor, suspendSponsor } from './sponsor.ts'

const dana = 'dana' as PersonId
const refund = 'refund' as AgentId

suite('a sponsor', () => {
  for (const status of ['active', 'suspended'] as const)
    test(`who is ${status} is suspended together with every token they answer for`, () => {
      assert.deepEqual(suspendSponsor(dana, status), {
        ok: true,
        value: {
          record: 'sponsor.suspended',
          changes: [
            { kind: 'set_sponsor_status', id: dana, status: 'suspended' },
            { kind: 'bump', epoch: { of: 'sponsor', id: dana } },
          ],
        },
      })
    })

  test('who returns revives no old token: no epoch is touched', () => {
    assert.deepEqual(reactivateSponsor(dana, 'suspended'), {
      ok: true,
      value: {
        record: 'sponsor.reactivated',
        changes: [{ kind: 'set_sponsor_status', id: dana, status: 'active' }],
      },
    })
  })

  test('whom nobody knows is not found', () => {
    for (const result of [suspendSponsor(dana, 'unknown'), reactivateSponsor(dana, 'unknown')]) {
      assert.ok(!result.ok)
      assert.equal(result.error.code, 'not_found')
    }
  })
})

suite('an agent', () => {
  for (const status of ['active', 'stopped'] as const)
    test(`that is ${status} is stopped together with every token of its instances`, () => {
      assert.deepEqual(stopAgent(refund, status), {
        ok: true,
        value: {
          record: 'agent.stopped',
          changes: [
            { kind: 'set_agent_status', id: refund, status: 'stopped' },
            { kind: 'bump', epoch: { of: 'agent', id: refund } },
          ],
        },
      })
    })

  test('that is started again revives no old token', () => {
    assert.deepEqual(startAgent(refund, 'stopped'), {
      ok: true,
      value: {
        record: 'agent.started',
        changes: [{ kind: 'set_agent_status', id: refund, status: 'active' }],
      },
    })
  })

  test('that nobody knows is not found', () => {
    for (const result of [stopAgent(refund, 'unknown'), startAgent(refund, 'unknown')]) {
      assert.ok(!result.ok)
      assert.equal(result.error.code, 'not_found')
    }
  })
})

suite('a new instance', () => {
  const request = (changes: Partial<InstanceRequest> = {}): InstanceRequest => ({
    agent: { id: refund, acts: 'delegated', sponsor: dana },
    id: 'i' as InstanceId,
    run: 'r' as RunId,
    subject: 'alice' as PersonId,
    statedSponsor: 'dana',
    sponsorMustBeStated: true,
    purpose: 'refunds',
    at: epochMillis(1),
    ...changes,
  })
  const autonomous = { id: refund, acts: 'autonomous', sponsor: dana } as const
  const codeOf = (changes: Partial<InstanceRequest>): string => {
    const result = newInstance(request(changes))
    return result.ok ? 'ok' : result.error.code
  }

  test('is bound to its agent, sponsor, person, run and purpose', () => {
    assert.deepEqual(newInstance(request()), {
      ok: true,
      value: {
        id: 'i',
        agent: 'refund',
        parent: null,
        sponsor: 'dana',
        subject: 'alice',
        run: 'r',
        purpose: 'refunds',
        createdAt: 1,
      },
    })
  })

  test('has the sponsor of its agent, never the one a request prefers', () => {
    for (const statedSponsor of ['bob', 'd\u0430na', 'DANA', 'dana ', ''])
      assert.equal(codeOf({ statedSponsor }), 'sponsor_mismatch')
  })

  test('needs its sponsor named where that is required', () => {
    assert.equal(codeOf({ statedSponsor: null }), 'sponsor_missing')
    assert.equal(codeOf({ statedSponsor: null, sponsorMustBeStated: false }), 'ok')
  })

  test('never begins without a sponsor, whatever is required', () => {
    const agent = { id: refund, acts: 'delegated', sponsor: null } as const
    assert.equal(
      codeOf({ agent, sponsorMustBeStated: false, statedSponsor: null }),
      'sponsor_missing',
    )
    assert.equal(
      codeOf({ agent, sponsorMustBeStated: false, statedSponsor: 'dana' }),
      'sponsor_missing',
    )
  })

  test('of a delegated agent needs a person, of an autonomous one has none', () => {
    assert.equal(codeOf({ subject: null }), 'subject_required')
    assert.equal(codeOf({ agent: autonomous }), 'subject_mismatch')
    assert.equal(codeOf({ agent: autonomous, subject: null }), 'ok')
  })
})
