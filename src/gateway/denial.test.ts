import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Deny } from '../core/decision.ts'
import type { Audience } from '../core/ids.ts'
import type { Refusal } from '../core/path.ts'
import { REASON_CODES, reason, type ReasonCode } from '../core/reason.ts'
import { challengeFor, metadataUrlOf } from './challenge.ts'
import { denialObject, problem, statusOf, statusOfRefusal } from './denial.ts'

const decision: Deny = {
  effect: 'deny',
  reasons: [reason('forbidden_by_policy', 'refund of 9000 exceeds the cap of 500')],
  basis: [],
  policy: { release: 'sha256:x', id: 'resource.mcp_payments.vdefault', rule: 'cap', scope: '' },
  remedies: [
    { kind: 'arguments', condition: 'args.amount <= 500', example: { amount: 500 } },
    { kind: 'approval', who: 'sponsor', retry: 'same call, after approval' },
    { kind: 'scope', scope: 'payments:refund:high' },
  ],
  visible: true,
}
const refusal = (changes: Partial<Refusal> = {}): Refusal => ({
  decisionId: 'd1' as Refusal['decisionId'],
  at: 'decide',
  reason: decision.reasons[0],
  decision,
  ...changes,
})

suite('a denial', () => {
  test('says what was decided, by which rule, and what would be allowed', () => {
    assert.deepEqual(denialObject(refusal()), {
      decision_id: 'd1',
      effect: 'deny',
      code: 'forbidden_by_policy',
      message: 'refund of 9000 exceeds the cap of 500',
      policy: { release: 'sha256:x', id: 'resource.mcp_payments.vdefault', rule: 'cap' },
      remedies: [
        { kind: 'arguments', condition: 'args.amount <= 500', example: { amount: 500 } },
        { kind: 'approval', who: 'sponsor', retry: 'same call, after approval' },
        { kind: 'scope', scope: 'payments:refund:high' },
      ],
      retryable: false,
    })
  })

  test('of what the caller may not know answers like what does not exist', () => {
    const hidden = refusal({ decision: { ...decision, visible: false } })
    const absent = refusal({
      at: 'read',
      reason: reason('not_found', 'no tool `x`'),
      decision: null,
    })
    assert.deepEqual(denialObject(hidden), denialObject(absent))
    assert.deepEqual(problem(hidden, 404), problem(absent, 404))
    assert.equal(statusOfRefusal(hidden), 404)
    assert.equal(statusOfRefusal(absent), 404)
  })

  test('as problem details names its code in the type', () => {
    const details = problem(refusal(), 403)
    assert.equal(details['type'], 'urn:reeve:reason:forbidden_by_policy')
    assert.equal(details['title'], 'forbidden by policy')
    assert.equal(details['status'], 403)
    assert.equal(details['detail'], 'refund of 9000 exceeds the cap of 500')
    assert.equal(details['code'], 'forbidden_by_policy')
  })

  test('has a status for every code, and is retryable exactly when trying later may help', () => {
    for (const code of REASON_CODES) {
      const object = denialObject(refusal({ reason: reason(code, 'x'), decision: null }))
      assert.equal(object['retryable'], [429, 502, 503].includes(statusOf(code)))
    }
  })
})

suite('a challenge', () => {
  const publicUrl = 'http://localhost:8080'
  const audience = `${publicUrl}/mcp/payments` as Audience
  const metadata = `resource_metadata="${publicUrl}/.well-known/oauth-protected-resource/mcp/payments"`
  const of = (
    code: ReasonCode,
    headers: Record<string, string> = {},
    at: Audience | null = audience,
  ) => challengeFor(reason(code, 'x'), at, publicUrl, { headers })

  test('points to the metadata, and says no error when nothing was presented', () => {
    assert.equal(of('unauthenticated'), `Bearer ${metadata}`)
  })

  test('says invalid_token when a credential was presented', () => {
    const expected = `Bearer error="invalid_token", ${metadata}`
    assert.equal(of('unauthenticated', { authorization: 'Bearer x' }), expected)
    assert.equal(of('unauthenticated', { 'x-api-key': 'x' }), expected)
    for (const code of [
      'token_expired',
      'audience_mismatch',
      'proof_required',
      'revoked',
      'replayed',
    ] as const)
      assert.equal(of(code, { authorization: 'Bearer x' }), expected)
  })

  test('asks for more scope when the grant does not reach', () => {
    assert.equal(of('grant_exceeded'), `Bearer error="insufficient_scope", ${metadata}`)
  })

  test('is given for every 401, and never where a token would not help', () => {
    for (const code of REASON_CODES) {
      if (statusOf(code) === 401) assert.match(of(code) ?? '', /^Bearer/)
      else if (code !== 'grant_exceeded') assert.equal(of(code), null)
    }
  })

  test('names no metadata where there is no resource', () => {
    assert.equal(of('unauthenticated', {}, null), 'Bearer')
    assert.equal(metadataUrlOf('http://other.test/mcp/x' as Audience, publicUrl), null)
    assert.equal(
      metadataUrlOf(audience, `${publicUrl}/`),
      metadata.slice('resource_metadata="'.length, -1),
    )
  })
})
