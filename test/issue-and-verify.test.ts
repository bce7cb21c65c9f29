/**
 * The token service through the real request path: what one room signs, another verifies. Only
 * policy and the ledger are stand-ins: everything is allowed, and records are kept in a list.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync, hash, randomBytes, type KeyObject } from 'node:crypto'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import type { Change } from '../src/core/change.ts'
import { epochMillis, seconds } from '../src/core/clock.ts'
import type { Decision } from '../src/core/decision.ts'
import {
  createNewId,
  type AgentId,
  type Audience,
  type Digest,
  type InstanceId,
  type PersonId,
  type RunId,
  type TenantId,
  type TokenId,
} from '../src/core/ids.ts'
import type { InstanceCaller } from '../src/core/identity.ts'
import type { JsonObject } from '../src/core/json.ts'
import type { Asked, Commit, InboundCall } from '../src/core/path.ts'
import { reason } from '../src/core/reason.ts'
import type { RecordDraft } from '../src/core/record.ts'
import { fail, ok } from '../src/core/result.ts'
import { createHandle } from '../src/gateway/handle.ts'
import { tokenTargets } from '../src/gateway/token/targets.ts'
import { createTokenPort } from '../src/gateway/token/token-port.ts'
import { createTokenRequests } from '../src/gateway/token/token-requests.ts'
import { parseGrants } from '../src/grant/parse-grants.ts'
import { createVerify } from '../src/identity/create-verify.ts'
import { readTrustedKeys } from '../src/identity/trusted-keys.ts'
import { createVerifyBudget } from '../src/identity/verify-budget.ts'
import { createVerifyClient } from '../src/identity/verify-client.ts'
import { createVerifyDecisionCaller } from '../src/identity/verify-decision-caller.ts'
import { createVerifyInstanceToken } from '../src/identity/verify-instance-token.ts'
import {
  createVerifyPersonToken,
  DEVELOPMENT_PERSON_TYPES,
} from '../src/identity/verify-person-token.ts'
import { createGather, type RegisteredAgent } from '../src/pip/gather.ts'
import { newInstance } from '../src/registry/instance.ts'
import { suspendSponsor } from '../src/registry/sponsor.ts'
import { mintCallToken } from '../src/sts/call-token.ts'
import { mintInstanceToken } from '../src/sts/instance-token.ts'
import { createIssue } from '../src/sts/issue.ts'
import { mintPersonToken } from '../src/sts/person-token.ts'
import { createKeySet, generateSigningJwk } from '../src/sts/signing-keys.ts'

const ISSUER = 'https://sts.test'
const publicUrl = 'http://localhost:8080'
const BILLING = `${publicUrl}/mcp/billing` as Audience
const CRM = `${publicUrl}/mcp/crm` as Audience
const tenant = 'default' as TenantId
const NOW_SECONDS = 1_800_000_000

const keySet = createKeySet([generateSigningJwk()])
const minter = { issuer: ISSUER, key: keySet.signing }
const ownKeys = unwrap(readTrustedKeys(keySet.jwks))
const agentKeys = { refund: generateKeyPairSync('ed25519'), triage: generateKeyPairSync('ed25519') }
type AgentName = keyof typeof agentKeys

const agents: Readonly<Record<AgentName, RegisteredAgent>> = {
  refund: anAgent('refund', 'delegated'),
  triage: anAgent('triage', 'autonomous'),
}

function anAgent(id: string, acts: RegisteredAgent['acts']): RegisteredAgent {
  return { id: id as AgentId, acts, sponsor: 'dana' as PersonId, roles: [], attr: {}, scope: '' }
}

function unwrap<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: unknown },
): T {
  assert.ok(result.ok)
  return result.value
}

const nameOf = (id: string): AgentName | null => (id === 'refund' || id === 'triage' ? id : null)

const publicJwk = (key: KeyObject): JsonObject => key.export({ format: 'jwk' }) as JsonObject

function world() {
  let now = NOW_SECONDS * 1000
  const clock = { now: () => epochMillis(now) }
  const newId = createNewId({ now: clock.now, randomBytes })
  const records: RecordDraft[] = []
  const consumed = new Set<string>()
  const instances = new Map<string, Extract<Change, { kind: 'put_instance' }>['instance']>()
  const epochs = new Map<string, number>()
  let sponsorStatus: 'active' | 'suspended' = 'active'

  const apply = (change: Change): void => {
    if (change.kind === 'put_instance') instances.set(change.instance.id, change.instance)
    if (change.kind === 'bump') epochs.set(JSON.stringify(change.epoch), 1)
    if (change.kind === 'set_sponsor_status') sponsorStatus = change.status
  }
  const commit: Commit = async (draft, changes) => {
    const used = changes.find((change) => change.kind === 'consume' && consumed.has(change.id))
    if (used !== undefined) {
      const why = reason('replayed', 'the id was used before')
      records.push({ ...draft, decision: 'deny', reason: why })
      return fail(why)
    }
    for (const change of changes)
      if (change.kind === 'consume') consumed.add(change.id)
      else apply(change)
    records.push(draft)
    return ok({ id: draft.id, index: records.length, leaf: 'sha256:' as Digest, at: clock.now() })
  }
  const allow: Decision = { effect: 'allow', basis: [], policy: null, obligations: [], advice: [] }
  const readEpochs = (_tenant: TenantId, keys: readonly unknown[]) =>
    keys.map((key) => epochs.get(JSON.stringify(key)) ?? 0)
  const agent = (_tenant: TenantId, id: AgentId) => {
    const name = nameOf(id)
    return name === null ? null : agents[name]
  }
  const gather = createGather({
    epochs: readEpochs,
    sponsorStatus: () => sponsorStatus,
    sponsorGroups: () => [],
    agent,
    agentStatus: () => 'active',
    instance: (_tenant, id) => instances.get(id) ?? null,
    person: (_tenant, id) => ({ id, roles: [], attr: {} }),
    asserted: () => null,
    revisions: () => ({ data: 0, revocation: 0 }),
  })
  const requests = createTokenRequests()
  const budget = createVerifyBudget({ clock })
  const verifyPerson = createVerifyPersonToken({
    issuer: ISSUER,
    issuers: [
      {
        issuer: ISSUER,
        alias: null,
        algorithms: ['ES256'],
        audience: ISSUER,
        keys: ownKeys,
        types: DEVELOPMENT_PERSON_TYPES,
      },
    ],
    clock,
    budget,
  })
  const verify = createVerify({
    development: false,
    verifyInstanceToken: createVerifyInstanceToken({
      issuer: ISSUER,
      parseGrants,
      clock,
      keys: () => ownKeys,
      budget,
    }),
    verifyClient: createVerifyClient({
      audiences: [ISSUER],
      agentKeys: (_tenant, id) => {
        const name = nameOf(id)
        if (name === null) return null
        return unwrap(readTrustedKeys({ keys: [publicJwk(agentKeys[name].publicKey)] }))
      },
      developmentAgents: [],
      clientCredentials: requests.clientCredentials,
      verifyPerson,
      clock,
      budget,
    }),
    verifyDecisionCaller: createVerifyDecisionCaller([]),
  })
  const port = createTokenPort({
    publicUrl,
    requests,
    defaultTtlSeconds: 300,
    maxTtlSeconds: 900,
    requireSponsor: true,
    targets: tokenTargets({ publicUrl, servers: ['billing', 'crm'], providers: ['openai'] }),
    agent,
    epochs: readEpochs,
    newInstance,
    parseGrants,
    newId,
  })
  const handle = createHandle(
    {
      verify,
      release: () => ({ digest: 'sha256:' as Digest }),
      gather,
      decide: () => allow,
      visible: () => true,
      commit,
      issue: createIssue({
        issuer: ISSUER,
        signingKey: () => keySet.signing,
        upstreams: new Map(),
      }),
      clock,
      newId,
      environment: 'test',
      digest: (text) => `sha256:${hash('sha256', text, 'base64url')}` as Digest,
      recordStranger: (draft) => {
        records.push(draft)
      },
      outcomeLost: () => assert.fail('no outcome is lost'),
    },
    port,
  )
  const assertion = (name: AgentName, jti: string): Promise<string> =>
    new SignJWT({ jti })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(name)
      .setSubject(name)
      .setAudience(ISSUER)
      .setIssuedAt(now / 1000)
      .setExpirationTime(now / 1000 + 60)
      .sign(agentKeys[name].privateKey)
  const person = (id = 'alice'): string =>
    mintPersonToken(minter, {
      person: id as PersonId,
      ttlSeconds: seconds(600),
      id: newId() as TokenId,
      at: clock.now(),
    })
  const post = async (path: string, body: string, headers: Record<string, string>) => {
    const reply = await handle({
      tenant,
      method: 'POST',
      path,
      query: '',
      headers,
      source: '192.0.2.7',
      receivedAt: clock.now(),
      body: async () => ok(new TextEncoder().encode(body)),
      signal: new AbortController().signal,
    })
    assert.ok(reply.body instanceof Uint8Array)
    const text = new TextDecoder().decode(reply.body)
    return { status: reply.status, text, json: JSON.parse(text) as Record<string, string> }
  }
  const issue = async (name: AgentName, body: Record<string, unknown>, jti: string = newId()) =>
    post('/issue', JSON.stringify(body), {
      'content-type': 'application/json',
      authorization: `Bearer ${await assertion(name, jti)}`,
    })
  const present = (token: string, audience: Audience) => {
    const call = {
      headers: { authorization: `Bearer ${token}` },
      tenant,
      source: '192.0.2.8',
      path: '/mcp/x',
    }
    return verify(call as unknown as InboundCall, { surface: 'mcp', expects: 'instance', audience })
  }
  const facts = (caller: InstanceCaller) =>
    gather(caller, {} as Asked, { digest: 'sha256:' as Digest })
  const suspend = (): void => {
    for (const change of unwrap(suspendSponsor('dana' as PersonId, 'active')).changes) apply(change)
  }
  const pass = (secondsLater: number): void => {
    now += secondsLater * 1000
  }
  return { records, issue, post, present, facts, suspend, pass, assertion, person, newId, clock }
}

const asInstance = async (
  presented: ReturnType<ReturnType<typeof world>['present']>,
): Promise<InstanceCaller> => {
  const caller = unwrap(await presented)
  assert.ok(caller.kind === 'instance')
  return caller
}

const forAlice = (of: ReturnType<typeof world>) => ({
  tool: 'billing',
  sponsor_id: 'dana',
  on_behalf_of: of.person(),
})

suite('what the token service signs', () => {
  test('is what the gateway verifies, named in the record before it was signed', async () => {
    const of = world()
    const { status, json } = await of.issue('refund', { ...forAlice(of), purpose: 'refunds' })
    assert.equal(status, 200)
    const caller = await asInstance(of.present(json['token'] ?? '', BILLING))
    assert.deepEqual(caller.subject, { kind: 'user', id: 'alice' })
    assert.equal(caller.actors[0].agent, 'refund')
    assert.equal(caller.token.id, json['jti'])
    assert.equal(caller.run, json['txn'])
    const record = of.records.find((draft) => draft.mints === json['jti'])
    assert.equal(record?.sponsor, 'dana')
    assert.equal(record?.instance, caller.actors[0].instance)
    assert.ok((await of.facts(caller)).ok)
    for (const draft of of.records) assert.ok(!JSON.stringify(draft).includes(json['token'] ?? '?'))
  })

  test('is good at one audience', async () => {
    const of = world()
    const { json } = await of.issue('refund', forAlice(of))
    for (const audience of [CRM, `${BILLING}/`, BILLING.replace('8080', '80')] as Audience[]) {
      const result = await of.present(json['token'] ?? '', audience)
      assert.ok(!result.ok)
      assert.equal(result.error.code, 'audience_mismatch')
    }
  })

  test('survives the way there and back, whatever it holds', async () => {
    const of = world()
    const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/)
    const person = fc.stringMatching(
      /^[a-z][a-z0-9._@+-]{0,20}$/,
    ) as unknown as fc.Arbitrary<PersonId>
    const epoch = fc.nat()
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          agent: name,
          sponsor: person,
          subject: fc.option(person),
          purpose: fc.stringMatching(/^[ -~]{1,100}$/),
          ttl: fc.integer({ min: 1, max: 900 }),
          tools: fc.option(fc.uniqueArray(name, { minLength: 1, maxLength: 5 })),
          epochs: fc.record(
            { tenant: epoch, sponsor: epoch, agent: epoch, instance: epoch, run: epoch },
            { noNullPrototype: true },
          ),
        }),
        async (value) => {
          const grant = { type: 'agent_tool_call' as const, locations: [BILLING] }
          const grants = [value.tools === null ? grant : { ...grant, tools: value.tools }]
          const instance = {
            id: of.newId() as InstanceId,
            agent: value.agent as AgentId,
            parent: null,
            sponsor: value.sponsor,
            subject: value.subject,
            run: of.newId() as RunId,
            purpose: value.purpose,
            createdAt: of.clock.now(),
          }
          const plan = {
            audience: BILLING,
            instance,
            grants,
            epochs: value.epochs,
            ttlSeconds: seconds(value.ttl),
          }
          const id = of.newId() as TokenId
          const minted = mintInstanceToken(minter, { plan, id, tenant, at: of.clock.now() })
          const caller = await asInstance(of.present(minted.token, BILLING))
          assert.deepEqual(caller.grants, grants)
          assert.deepEqual(caller.epochs, value.epochs)
          assert.deepEqual(caller.actors, [
            { agent: value.agent, instance: instance.id, parent: null },
          ])
          assert.deepEqual(
            [caller.sponsor, caller.purpose, caller.run, caller.token.id, caller.subject.id],
            [value.sponsor, value.purpose, instance.run, id, value.subject ?? value.agent],
          )
          assert.equal(caller.token.expiresAt - caller.token.issuedAt, value.ttl * 1000)
        },
      ),
      { numRuns: 200 },
    )
  })
})

suite('attacks on the token service fail closed', () => {
  test('1: a sponsor that is not bound to the agent answers like a tool that does not exist', async () => {
    const of = world()
    const spoofed = await of.issue('refund', { ...forAlice(of), sponsor_id: 'bob' })
    const homoglyph = await of.issue('refund', { ...forAlice(of), sponsor_id: 'd\u0430na' })
    const unknown = await of.issue('refund', { ...forAlice(of), tool: 'payroll' })
    const bare = (text: string): string => text.replace(/"decision_id":"[^"]*"/, '')
    assert.equal(spoofed.status, 404)
    assert.equal(bare(spoofed.text), bare(unknown.text))
    assert.equal(bare(homoglyph.text), bare(unknown.text))
    assert.deepEqual(
      of.records.map((draft) => draft.reason?.code),
      ['sponsor_mismatch', 'sponsor_mismatch', 'not_found'],
    )
  })

  test('2 and 4: a person token for another agent is refused, and so is one of another service', async () => {
    const of = world()
    const claims = {
      iss: ISSUER,
      sub: 'alice',
      aud: ISSUER,
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 60,
    }
    const signed = (more: Record<string, unknown>): Promise<string> =>
      new SignJWT({ ...claims, ...more })
        .setProtectedHeader({ alg: 'ES256', kid: keySet.signing.kid, typ: 'person+jwt' })
        .sign(keySet.signing.key)
    for (const [more, code] of [
      [{ may_act: { sub: 'agent:triage' } }, 'subject_mismatch'],
      [{ may_act: {} }, 'subject_mismatch'],
      [{ aud: CRM }, 'subject_required'],
      [{ act: { sub: 'agent:triage' } }, 'unsupported'],
    ] as const) {
      const { json } = await of.issue('refund', {
        ...forAlice(of),
        on_behalf_of: await signed(more),
      })
      assert.equal(json['code'], code)
    }
  })

  test('2: a delegated agent gets nothing without a person, an autonomous one nothing with one', async () => {
    const of = world()
    const without = await of.issue('refund', { tool: 'billing', sponsor_id: 'dana' })
    assert.equal(without.json['code'], 'subject_required')
    const autonomous = await of.issue('triage', forAlice(of))
    assert.equal(autonomous.json['code'], 'subject_mismatch')
    const right = await of.issue('triage', { tool: 'crm', sponsor_id: 'dana' })
    assert.equal(right.status, 200)
  })

  test('10: a token cannot be made from an instance token, so that lifetimes never add up', async () => {
    const of = world()
    const { json } = await of.issue('refund', forAlice(of))
    const again = await of.post('/issue', JSON.stringify(forAlice(of)), {
      'content-type': 'application/json',
      authorization: `Bearer ${json['token']}`,
    })
    assert.equal(again.json['code'], 'unsupported')
    const asSubject = await of.issue('refund', { ...forAlice(of), on_behalf_of: json['token'] })
    assert.equal(asSubject.json['code'], 'subject_required')
    of.pass(300)
    const late = await of.present(json['token'] ?? '', BILLING)
    assert.ok(!late.ok)
    assert.equal(late.error.code, 'token_expired')
  })

  test('13: a call token and a person token are no instance tokens', async () => {
    const of = world()
    const { json } = await of.issue('refund', forAlice(of))
    const caller = await asInstance(of.present(json['token'] ?? '', BILLING))
    const call = unwrap(
      mintCallToken(minter, {
        caller,
        audience: BILLING,
        call: { tool: 'refund', args: {} },
        decisionId: of.newId() as Parameters<typeof mintCallToken>[1]['decisionId'],
        id: of.newId() as TokenId,
        at: of.clock.now(),
      }),
    )
    for (const token of [call.token, of.person()]) {
      const result = await of.present(token, BILLING)
      assert.ok(!result.ok)
      assert.equal(result.error.code, 'unauthenticated')
    }
  })

  test('17: of 64 concurrent uses of one client assertion exactly one gets a token', async () => {
    const of = world()
    const uses = await Promise.all(
      Array.from({ length: 64 }, () => of.issue('refund', forAlice(of), 'the-same-id')),
    )
    assert.equal(uses.filter(({ status }) => status === 200).length, 1)
    assert.equal(uses.filter(({ json }) => json['code'] === 'replayed').length, 63)
  })

  test('20: a duplicate key in the request is refused, whichever value would win', async () => {
    const of = world()
    const body = `{"tool":"crm","sponsor_id":"dana","tool":"billing"}`
    const reply = await of.post('/issue', body, {
      'content-type': 'application/json',
      authorization: `Bearer ${await of.assertion('triage', 'x')}`,
    })
    assert.equal(reply.json['code'], 'malformed')
  })

  test('22: a suspended sponsor ends the tokens that are out', async () => {
    const of = world()
    const { json } = await of.issue('refund', forAlice(of))
    const caller = await asInstance(of.present(json['token'] ?? '', BILLING))
    assert.deepEqual(unwrap(await of.facts(caller)).raised, [])
    of.suspend()
    const facts = unwrap(await of.facts(await asInstance(of.present(json['token'] ?? '', BILLING))))
    assert.deepEqual(facts.raised, ['sponsor'])
    assert.equal(facts.sponsors[0]?.status, 'suspended')
  })

  test('nobody gets a token without authenticating, on loopback neither, whatever the body', async () => {
    const of = world()
    for (const body of [JSON.stringify(forAlice(of)), '{"tool":', '']) {
      const reply = await of.post('/issue', body, { 'content-type': 'application/json' })
      assert.equal(reply.status, 401)
      assert.equal(reply.json['code'], 'unauthenticated')
    }
  })

  test('no answer and no record contains a credential', async () => {
    const of = world()
    const secret = of.person()
    await of.issue('refund', { ...forAlice(of), on_behalf_of: secret })
    const refused = await of.issue('refund', { ...forAlice(of), on_behalf_of: `${secret}x` })
    const signature = secret.split('.')[2] ?? '?'
    assert.ok(!refused.text.includes(signature))
    assert.ok(!JSON.stringify(of.records).includes(signature))
  })
})
