import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { EpochKey, Instance } from '../core/change.ts'
import { epochMillis } from '../core/clock.ts'
import type { Facts } from '../core/facts.ts'
import type { ClientCaller, DecisionCaller, InstanceCaller } from '../core/identity.ts'
import type {
  AgentId,
  Audience,
  Digest,
  InstanceId,
  PersonId,
  RunId,
  TenantId,
  TokenId,
} from '../core/ids.ts'
import type { Asked } from '../core/path.ts'
import { createGather, type GatherDeps, type RegisteredAgent } from './gather.ts'

const tenant = 'default' as TenantId
const dana = 'dana' as PersonId
const alice = 'alice' as PersonId
const refund = 'refund' as AgentId
const audience = 'http://localhost:8080/mcp/payments' as Audience

const agent: RegisteredAgent = {
  id: refund,
  acts: 'delegated',
  sponsor: dana,
  roles: ['support'],
  attr: { team: 'care' },
  scope: 'emea',
}
const row: Instance = {
  id: 'i1' as InstanceId,
  agent: refund,
  parent: null,
  sponsor: dana,
  subject: alice,
  run: 'r1' as RunId,
  purpose: 'refunds',
  createdAt: epochMillis(0),
}
const caller: InstanceCaller = {
  kind: 'instance',
  tenant,
  subject: { kind: 'user', id: alice },
  actors: [{ agent: refund, instance: row.id, parent: null }],
  sponsor: dana,
  grants: [{ type: 'agent_tool_call', locations: [audience] }],
  audience,
  run: row.run,
  purpose: 'refunds',
  token: {
    id: 't' as TokenId,
    issuedAt: epochMillis(0),
    expiresAt: epochMillis(1),
    rootExpiresAt: epochMillis(1),
  },
  epochs: { tenant: 1, sponsor: 1, agent: 1, instance: 1, run: 1 },
  assurance: 'bearer',
}
const asked: Asked = {
  kind: 'call',
  asks: [],
  tool: null,
  purpose: null,
  clientRunId: null,
  clientInfo: null,
  requestHash: null,
  changes: [],
  mints: null,
}

const deps: GatherDeps = {
  epochs: (_tenant, keys) => keys.map(() => 1),
  sponsorStatus: (_tenant, id) => (id === dana ? 'active' : 'unknown'),
  sponsorGroups: () => ['leads'],
  agent: (_tenant, id) => (id === refund ? agent : null),
  agentStatus: () => 'active',
  instance: (_tenant, id) => (id === row.id ? row : null),
  person: (_tenant, id) => (id === alice ? { id, roles: ['tier1'], attr: { region: 'eu' } } : null),
  asserted: () => null,
  revisions: () => ({ data: 3, revocation: 4 }),
}

const gathered = (
  changes: Partial<GatherDeps> = {},
  who: InstanceCaller | ClientCaller | DecisionCaller = caller,
) => createGather({ ...deps, ...changes })(who, asked, { digest: 'sha256:' as Digest })

const factsOf = async (
  changes: Partial<GatherDeps> = {},
  who: InstanceCaller | ClientCaller | DecisionCaller = caller,
): Promise<Facts> => {
  const result = await gathered(changes, who)
  assert.ok(result.ok)
  return result.value
}

suite('facts of an instance', () => {
  test('hold the person, the agents and the sponsor; the grants stay with the token', async () => {
    assert.deepEqual(await factsOf(), {
      subject: { id: alice, roles: ['tier1'], attr: { region: 'eu' } },
      actors: [{ ...agent, status: 'active' }],
      sponsors: [{ id: dana, status: 'active', groups: ['leads'] }],
      grants: [],
      raised: [],
      asserted: null,
      auxData: {},
      revisions: { data: 3, revocation: 4 },
    })
  })

  for (const name of ['tenant', 'sponsor', 'agent', 'instance', 'run'] as const)
    test(`name the raised epoch of the ${name}`, async () => {
      const epochs = (_tenant: TenantId, keys: readonly EpochKey[]) =>
        keys.map((key) => (key.of === name ? 2 : 1))
      assert.deepEqual((await factsOf({ epochs })).raised, [name])
    })

  test('count an epoch that cannot be read as raised', async () => {
    assert.equal((await factsOf({ epochs: () => [] })).raised.length, 5)
  })

  test('name the raised epoch of an ancestor', async () => {
    const child: Instance = { ...row, id: 'i2' as InstanceId, parent: row.id }
    const who: InstanceCaller = {
      ...caller,
      actors: [
        { agent: refund, instance: row.id, parent: null },
        { agent: refund, instance: child.id, parent: row.id },
      ],
    }
    const instance = (_tenant: TenantId, id: InstanceId) => (id === child.id ? child : row)
    const still = (_tenant: TenantId, keys: readonly EpochKey[]) =>
      keys.map((key) => (key.of === 'instance' && key.id === row.id ? 0 : 1))
    assert.deepEqual((await factsOf({ instance, epochs: still }, who)).raised, [])
    assert.deepEqual((await factsOf({ instance }, who)).raised, ['instance'])
  })

  test('say unknown of an agent, a person or a sponsor that is not there', async () => {
    const facts = await factsOf({
      agent: () => null,
      person: () => null,
      sponsorStatus: () => 'unknown',
    })
    assert.equal(facts.actors[0]?.status, 'unknown')
    assert.deepEqual(facts.actors[0]?.roles, [])
    assert.equal(facts.subject, null)
    assert.equal(facts.sponsors[0]?.status, 'unknown')
  })
})

suite('an instance is refused', () => {
  const codes: readonly (readonly [string, Partial<GatherDeps>, string])[] = [
    ['when the registry forgot it', { instance: () => null }, 'revoked'],
    [
      'when it is of another agent',
      { instance: () => ({ ...row, agent: 'x' as AgentId }) },
      'revoked',
    ],
    [
      'when it belongs to another run',
      { instance: () => ({ ...row, run: 'x' as RunId }) },
      'revoked',
    ],
    [
      'when it has another parent',
      { instance: () => ({ ...row, parent: 'x' as InstanceId }) },
      'revoked',
    ],
    [
      'when it is bound to another person',
      { instance: () => ({ ...row, subject: 'bob' as PersonId }) },
      'subject_mismatch',
    ],
    [
      'when it is bound to nobody',
      { instance: () => ({ ...row, subject: null }) },
      'subject_mismatch',
    ],
    [
      'when another sponsor answers for it',
      { instance: () => ({ ...row, sponsor: 'bob' as PersonId }) },
      'sponsor_mismatch',
    ],
    [
      'when its agent has another sponsor now',
      { agent: () => ({ ...agent, sponsor: 'bob' as PersonId }) },
      'sponsor_mismatch',
    ],
  ]
  for (const [what, changes, code] of codes)
    test(what, async () => {
      const result = await gathered(changes)
      assert.ok(!result.ok)
      assert.equal(result.error.code, code)
    })
})

test('facts of an agent that asks for a token are its own and its person, without grants', async () => {
  const who: ClientCaller = {
    kind: 'client',
    tenant,
    agent: refund,
    subject: alice,
    assurance: 'private_key_jwt',
    singleUse: [],
  }
  const facts = await factsOf({}, who)
  assert.equal(facts.subject?.id, alice)
  assert.deepEqual(facts.actors, [{ ...agent, status: 'active' }])
  assert.deepEqual(facts.sponsors, [{ id: dana, status: 'active', groups: ['leads'] }])
  assert.deepEqual(facts.grants, [])
})

test('facts of a policy-only question are what its caller asserts, and nothing of ours', async () => {
  const who: DecisionCaller = { kind: 'decision_caller', tenant, id: 'edge', assurance: 'local' }
  const principal = { id: 'p', roles: ['r'], attr: {}, scope: '', policyVersion: 'default' }
  const facts = await factsOf({ asserted: () => ({ principal, auxData: { jwt: {} } }) }, who)
  assert.deepEqual(facts, {
    subject: null,
    actors: [],
    sponsors: [],
    grants: [],
    raised: [],
    asserted: principal,
    auxData: { jwt: {} },
    revisions: { data: 3, revocation: 4 },
  })
})
