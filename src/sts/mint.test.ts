import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, test } from 'node:test'
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose'
import { epochMillis, seconds } from '../core/clock.ts'
import type {
  AgentId,
  Audience,
  DecisionId,
  InstanceId,
  PersonId,
  TenantId,
  TokenId,
} from '../core/ids.ts'
import { CALL_TOKEN_SECONDS, mintCallToken, requestHash, type ToolCall } from './call-token.ts'
import { mintInstanceToken } from './instance-token.ts'
import { mintPersonToken } from './person-token.ts'
import { createKeySet, generateSigningJwk } from './signing-keys.ts'
import { aCaller, aPlan, AUDIENCE, NOW, NOW_SECONDS, TOKEN_ID } from './testing/builders.ts'

const ISSUER = 'https://sts.test'
const keySet = createKeySet([generateSigningJwk(), generateSigningJwk()])
const minter = { issuer: ISSUER, key: keySet.signing }
const jwks = createLocalJWKSet(keySet.jwks as unknown as JSONWebKeySet)
const check = (token: string, typ: string, audience: string) =>
  jwtVerify(token, jwks, {
    issuer: ISSUER,
    audience,
    typ,
    algorithms: ['ES256'],
    currentDate: new Date(NOW),
  })

const mint = (subject: PersonId | null = 'alice' as PersonId) =>
  mintInstanceToken(minter, {
    plan: aPlan({ subject }),
    id: TOKEN_ID,
    tenant: 'default' as TenantId,
    at: NOW,
  })

suite('an instance token', () => {
  test('is a signed access token that another library accepts, with every claim of the contract', async () => {
    const { token, expiresInSeconds } = mint()
    assert.equal(expiresInSeconds, 300)
    const { payload, protectedHeader } = await check(token, 'at+jwt', AUDIENCE)
    assert.deepEqual(protectedHeader, { alg: 'ES256', kid: keySet.signing.kid, typ: 'at+jwt' })
    assert.deepEqual(payload, {
      iss: ISSUER,
      sub: 'alice',
      aud: AUDIENCE,
      client_id: 'refund',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 300,
      jti: TOKEN_ID,
      act: { sub: 'agent:refund', iss: ISSUER, sub_profile: 'ai_agent' },
      scope: 'mcp:payments:refund mcp:payments:lookup',
      authorization_details: [
        { type: 'agent_tool_call', locations: [AUDIENCE], tools: ['refund', 'lookup'] },
      ],
      txn: aPlan().instance.run,
      sponsor_id: 'dana',
      agent_instance_id: aPlan().instance.id,
      parent_agent_id: null,
      ttl_seconds: 300,
      purpose: 'refunds',
      del_depth: 0,
      del_max_depth: 0,
      par_hash: null,
      root_exp: NOW_SECONDS + 300,
      rev: { t: 1, s: 2, a: 3, i: 4, x: 5 },
      lin: [],
      tenant: 'default',
    })
  })

  test('of an autonomous agent names the agent as subject and no actor', () => {
    const claims = decodeJwt(mint(null).token)
    assert.equal(claims.sub, 'agent:refund')
    assert.equal(claims['act'], undefined)
  })

  test('is never signed with a grant for another place', () => {
    const grants = [
      {
        type: 'agent_tool_call' as const,
        locations: ['http://localhost:8080/mcp/crm' as Audience],
      },
    ]
    const plan = { ...aPlan(), grants }
    const at = { plan, id: TOKEN_ID, tenant: 'default' as TenantId, at: NOW }
    assert.throws(() => mintInstanceToken(minter, at), { name: 'Bug' })
  })

  test('is refused by another library under another type or audience', async () => {
    const { token } = mint()
    await assert.rejects(check(token, 'txntoken+jwt', AUDIENCE))
    await assert.rejects(check(token, 'at+jwt', `${AUDIENCE}/`))
  })
})

suite('a call token', () => {
  const callToken = (call: ToolCall | null, expiresInSeconds = 200) =>
    mintCallToken(minter, {
      caller: aCaller({
        token: {
          ...aCaller().token,
          expiresAt: epochMillis((NOW_SECONDS + expiresInSeconds) * 1000),
        },
      }),
      audience: 'http://payments.internal/mcp',
      call,
      decisionId: 'd1' as DecisionId,
      id: 't1' as TokenId,
      at: NOW,
    })

  test('lives 30 seconds, is for one use, and is bound to the tool and its arguments', async () => {
    const call = { tool: 'refund', args: { currency: 'EUR', amount: 500 } }
    const minted = callToken(call)
    assert.ok(minted.ok)
    const { payload } = await check(
      minted.value.token,
      'txntoken+jwt',
      'http://payments.internal/mcp',
    )
    const canonical = '{"args":{"amount":500,"currency":"EUR"},"tool":"refund"}'
    assert.equal(payload['rah'], createHash('sha256').update(canonical).digest('base64url'))
    assert.equal(payload['use'], 'once')
    assert.equal(payload['decision_id'], 'd1')
    assert.equal(payload.jti, 't1')
    assert.equal(payload.exp, NOW_SECONDS + CALL_TOKEN_SECONDS)
    assert.equal(payload['ttl_seconds'], CALL_TOKEN_SECONDS)
    assert.equal(payload['txn'], aCaller().run)
    assert.deepEqual(payload['act'], { sub: 'agent:refund', iss: ISSUER, sub_profile: 'ai_agent' })
    assert.deepEqual(payload['rev'], { t: 1, s: 2, a: 3, i: 4, x: 5 })
  })

  test('never outlives the token it was made from', () => {
    const short = callToken(null, 7)
    assert.ok(short.ok)
    assert.equal(decodeJwt(short.value.token).exp, NOW_SECONDS + 7)
    const none = callToken(null, 0)
    assert.ok(!none.ok)
    assert.equal(none.error.code, 'token_expired')
  })

  test('without a tool is bound to nothing, and so good for no tool', () => {
    const minted = callToken(null)
    assert.ok(minted.ok)
    assert.equal('rah' in decodeJwt(minted.value.token), false)
  })

  test('changes its binding with every change of tool or arguments', () => {
    const hashes = [
      requestHash({ tool: 'refund', args: { amount: 500 } }),
      requestHash({ tool: 'refund', args: { amount: 501 } }),
      requestHash({ tool: 'refund', args: { amount: '500' } }),
      requestHash({ tool: 'refund', args: { amount: 500, note: null } }),
      requestHash({ tool: 'refunds', args: { amount: 500 } }),
    ]
    assert.equal(new Set(hashes).size, hashes.length)
    assert.equal(
      requestHash({ tool: 'a', args: { x: 1, y: 2 } }),
      requestHash({ tool: 'a', args: { y: 2, x: 1 } }),
    )
  })

  test('copies the whole chain of actors, newest outermost', () => {
    const actor = (agent: string, instance: string, parent: string | null) => ({
      agent: agent as AgentId,
      instance: instance as InstanceId,
      parent: parent as InstanceId | null,
    })
    const minted = mintCallToken(minter, {
      caller: aCaller({ actors: [actor('a', 'i1', null), actor('b', 'i2', 'i1')] }),
      audience: 'http://x',
      call: null,
      decisionId: 'd' as DecisionId,
      id: 't' as TokenId,
      at: NOW,
    })
    assert.ok(minted.ok)
    const claims = decodeJwt(minted.value.token)
    const own = { iss: ISSUER, sub_profile: 'ai_agent' }
    assert.deepEqual(claims['act'], { sub: 'agent:b', ...own, act: { sub: 'agent:a', ...own } })
    assert.deepEqual(claims['lin'], ['i1'])
    assert.equal(claims['client_id'], 'b')
    assert.equal(claims['parent_agent_id'], 'i1')
    assert.equal(claims['del_depth'], 1)
  })
})

test("a person's token is good at our own token service only", async () => {
  const token = mintPersonToken(minter, {
    person: 'alice' as PersonId,
    ttlSeconds: seconds(60),
    id: TOKEN_ID,
    at: NOW,
  })
  const { payload } = await check(token, 'person+jwt', ISSUER)
  assert.deepEqual(payload, {
    iss: ISSUER,
    sub: 'alice',
    aud: ISSUER,
    iat: NOW_SECONDS,
    exp: NOW_SECONDS + 60,
    jti: TOKEN_ID,
  })
})
