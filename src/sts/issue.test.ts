import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { epochMillis } from '../core/clock.ts'
import type { Asked, Credential, Permit } from '../core/path.ts'
import type { Ask } from '../core/question.ts'
import type { TokenAsked } from '../core/token-plan.ts'
import { requestHash } from './call-token.ts'
import { createIssue, type UpstreamCredential } from './issue.ts'
import { createKeySet, generateSigningJwk } from './signing-keys.ts'
import { aCaller, anAsk, aPermit, aPlan, NOW_SECONDS, TOKEN_ID } from './testing/builders.ts'

const keySet = createKeySet([generateSigningJwk()])
const issue = createIssue({
  issuer: 'https://sts.test',
  signingKey: () => keySet.signing,
  upstreams: new Map<string, UpstreamCredential>([
    ['mcp:payments', { kind: 'call_token', audience: 'http://payments.internal/mcp' }],
    ['mcp:crm', { kind: 'none' }],
    ['llm:openai', { kind: 'configured_header', name: 'authorization', value: 'Bearer upstream' }],
  ]),
})

const issued = async (permit: Permit): Promise<Credential> => {
  const result = await issue(permit)
  assert.ok(result.ok)
  return result.value
}

/** The claims of the call token that a permit's call carries. */
const callClaims = async (asks: readonly Ask[], asked: Partial<Asked> = {}) => {
  const permit = aPermit(asks)
  const credential = await issued({ ...permit, asked: { ...permit.asked, ...asked } })
  assert.ok(credential.kind === 'header')
  assert.equal(credential.name, 'authorization')
  const token = credential.value.replace('Bearer ', '')
  assert.equal(decodeProtectedHeader(token).typ, 'txntoken+jwt')
  return decodeJwt(token)
}

test('a planned instance token is signed under the id that the record names', async () => {
  const asked: TokenAsked = { ...aPermit([]).asked, mints: TOKEN_ID, plan: aPlan() }
  const credential = await issued(aPermit([], { asked }))
  assert.ok(credential.kind === 'token')
  assert.equal(credential.id, TOKEN_ID)
  assert.equal(credential.expiresInSeconds, 300)
  assert.equal(decodeJwt(credential.token).jti, TOKEN_ID)
  assert.equal(decodeJwt(credential.token).iat, NOW_SECONDS)
})

test('a tool call carries a call token bound to its arguments and named by its decision', async () => {
  const args = { amount: 500 }
  const claims = await callClaims([anAsk('tool:refund', 'mcp:payments', 'refund', args)])
  assert.equal(claims['rah'], requestHash({ tool: 'refund', args }))
  assert.equal(claims.aud, 'http://payments.internal/mcp')
  assert.equal(claims.jti, aPermit([]).decisionId)
  assert.equal(claims['decision_id'], aPermit([]).decisionId)
})

test('connecting and listing carry call tokens that are good for no tool', async () => {
  const connect = await callClaims([anAsk('connect', 'mcp:payments', 'payments')])
  assert.equal(connect['rah'], undefined)
  const list = await callClaims([anAsk('tool:refund', 'mcp:payments', 'refund')], { kind: 'list' })
  assert.equal(list['rah'], undefined)
})

test('a model call carries the header configured for its provider', async () => {
  const credential = await issued(aPermit([anAsk('invoke', 'model', 'openai/gpt-x')]))
  assert.deepEqual(credential, { kind: 'header', name: 'authorization', value: 'Bearer upstream' })
})

test('nothing is carried where nothing is configured', async () => {
  for (const ask of [
    anAsk('tool:read', 'mcp:crm', 'read'),
    anAsk('tool:read', 'mcp:unknown', 'read'),
    anAsk('tool:read', '__proto__', 'read'),
    anAsk('invoke', 'model', 'unknown/x'),
  ])
    assert.deepEqual(await issued(aPermit([ask])), { kind: 'none' })
  assert.deepEqual(await issued(aPermit([])), { kind: 'none' })
})

test('a call whose token ended before signing is not sent', async () => {
  const { token } = aCaller()
  const caller = aCaller({ token: { ...token, expiresAt: epochMillis(NOW_SECONDS * 1000) } })
  const result = await issue(aPermit([anAsk('tool:refund', 'mcp:payments', 'refund')], { caller }))
  assert.ok(!result.ok)
  assert.equal(result.error.code, 'token_expired')
})
