import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Instance } from '../core/change.ts'
import { epochMillis } from '../core/clock.ts'
import type { ClientCaller, InstanceCaller } from '../core/identity.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import type { Asked } from '../core/path.ts'
import { changesOf, preconditionsOf, usedUp } from './changes.ts'
import { DECISION_CALLER, INSTANCE_CALLER } from './testing/fake-path.ts'

const asked = { changes: [{ kind: 'bump', epoch: { of: 'tenant' } }] } as unknown as Asked
const NOTHING = { changes: [] } as unknown as Asked
const client: ClientCaller = {
  kind: 'client',
  tenant: DEFAULT_TENANT,
  agent: 'triage' as never,
  subject: null,
  assurance: 'private_key_jwt',
  singleUse: [{ id: 'jti', expiresAt: epochMillis(5) }],
}

test('what the credential used up is consumed before what was asked is changed', () => {
  assert.deepEqual(changesOf(client, asked), [
    { kind: 'consume', id: 'jti', expiresAt: 5 },
    ...asked.changes,
  ])
  assert.equal(changesOf(INSTANCE_CALLER, asked), asked.changes)
  assert.deepEqual([usedUp(null), usedUp(DECISION_CALLER)], [[], []])
})

test('every epoch of the token, every agent of the chain and the sponsor are compared again', () => {
  const [root] = INSTANCE_CALLER.actors
  const child = { agent: 'helper' as never, instance: 'child' as never, parent: root.instance }
  const caller: InstanceCaller = {
    ...INSTANCE_CALLER,
    actors: [root, child],
    epochs: { tenant: 1, sponsor: 2, agent: 3, instance: 4, run: 5 },
  }
  const conditions = preconditionsOf(caller, NOTHING)
  const epochs = conditions.flatMap((one) =>
    one.kind === 'epoch_at_most' ? [[one.epoch, one.value]] : [],
  )
  assert.deepEqual(epochs, [
    [{ of: 'tenant' }, 1],
    [{ of: 'sponsor', id: 'dana' }, 2],
    [{ of: 'run', id: caller.run }, 5],
    [{ of: 'instance', id: root.instance }, 0],
    [{ of: 'agent', id: 'helper' }, 3],
    [{ of: 'instance', id: 'child' }, 4],
  ])
  const agents = conditions.flatMap((one) => (one.kind === 'agent_active' ? [one.id] : []))
  assert.deepEqual(agents, ['refund-agent', 'helper'])
  assert.ok(conditions.some((one) => one.kind === 'sponsor_active' && one.id === 'dana'))
})

test('a caller of the decision API changes nothing, and a client must still be active', () => {
  assert.deepEqual(preconditionsOf(DECISION_CALLER, NOTHING), [])
  assert.deepEqual(preconditionsOf(client, NOTHING), [{ kind: 'agent_active', id: 'triage' }])
  const creates: Asked = {
    ...NOTHING,
    changes: [{ kind: 'put_instance', instance: { sponsor: 'dana' } as unknown as Instance }],
  }
  assert.deepEqual(preconditionsOf(client, creates), [
    { kind: 'agent_active', id: 'triage' },
    { kind: 'sponsor_active', id: 'dana' },
  ])
})
