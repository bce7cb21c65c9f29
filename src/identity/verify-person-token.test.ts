import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { AgentId } from '../core/ids.ts'
import type { ReasonCode } from '../core/reason.ts'
import { aClock, aKey, ISSUER, NOW_SECONDS, signed, trusted } from './testing/tokens.ts'
import { createVerifyBudget } from './verify-budget.ts'
import {
  createVerifyPersonToken,
  DEVELOPMENT_PERSON_TYPES,
  PROVIDER_TYPES,
  type PersonIssuer,
} from './verify-person-token.ts'

const idp = aKey('RS256', 'idp')
const partner = aKey('ES256', null)
const own = aKey('ES256', 'own')

const issuers: readonly PersonIssuer[] = [
  {
    issuer: 'https://idp.test',
    alias: null,
    algorithms: ['RS256'],
    audience: 'reeve',
    keys: trusted(idp),
    types: PROVIDER_TYPES,
  },
  {
    issuer: 'https://partner.test',
    alias: 'partner',
    algorithms: ['ES256'],
    audience: 'reeve',
    keys: trusted(partner),
    types: PROVIDER_TYPES,
  },
  {
    issuer: ISSUER,
    alias: null,
    algorithms: ['ES256'],
    audience: ISSUER,
    keys: trusted(own),
    types: DEVELOPMENT_PERSON_TYPES,
  },
]

function setup(perSecond = 100) {
  const clock = aClock()
  const verify = createVerifyPersonToken({
    issuer: ISSUER,
    issuers,
    clock,
    budget: createVerifyBudget({ clock, perSecond }),
  })
  return (token: string) => verify({ token, agent: 'refund' as AgentId, source: '192.0.2.1' })
}

const times = { iat: NOW_SECONDS - 5, exp: NOW_SECONDS + 60 }
const atIdp = (changes: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  signed(
    idp,
    { alg: 'RS256', kid: 'idp', typ: 'JWT', ...header },
    { iss: 'https://idp.test', sub: 'alice', aud: 'reeve', ...times, ...changes },
  )

test('names a person of the primary issuer by the bare id', async () => {
  assert.deepEqual(await setup()(await atIdp()), { ok: true, value: 'alice' })
})

test('names a person of another issuer with its alias in front', async () => {
  const claims = { iss: 'https://partner.test', sub: 'alice', aud: ['reeve'], ...times }
  const result = await setup()(await signed(partner, { alg: 'ES256' }, claims))
  assert.deepEqual(result, { ok: true, value: 'partner:alice' })
})

test('accepts our own development token under its own type only', async () => {
  const claims = { iss: ISSUER, sub: 'alice', aud: ISSUER, ...times }
  const of = (typ: string) => signed(own, { alg: 'ES256', kid: 'own', typ }, claims)
  assert.deepEqual(await setup()(await of('person+jwt')), { ok: true, value: 'alice' })
  const asAccessToken = await setup()(await of('at+jwt'))
  assert.ok(!asAccessToken.ok)
})

suite('a subject token is refused', () => {
  const expect = (what: string, changes: Record<string, unknown>, code: ReasonCode): void =>
    void test(what, async () => {
      const result = await setup()(await atIdp(changes))
      assert.ok(!result.ok)
      assert.equal(result.error.code, code)
    })
  expect('when it is for somebody else', { aud: 'another-app' }, 'subject_required')
  expect('when it is for several', { aud: ['reeve', 'another-app'] }, 'subject_required')
  expect('when it has expired', { exp: NOW_SECONDS }, 'token_expired')
  expect('when it never ends', { exp: undefined }, 'subject_required')
  expect('when it is from the future', { iat: NOW_SECONDS + 6 }, 'subject_required')
  expect('when its issuer is unknown', { iss: 'https://idp.test/' }, 'subject_required')
  expect('when another agent may act', { may_act: { sub: 'agent:triage' } }, 'subject_mismatch')
  expect('when nobody may act', { may_act: {} }, 'subject_mismatch')
  expect('when may_act is a text', { may_act: 'agent:refund' }, 'subject_mismatch')
  expect(
    'when may_act is of another issuer',
    { may_act: { sub: 'agent:refund', iss: 'https://x' } },
    'subject_mismatch',
  )
  expect('when it already names an actor', { act: { sub: 'agent:refund' } }, 'unsupported')
  expect('when it is bound to a key', { cnf: { jkt: 'x' } }, 'proof_required')
  expect(
    'when its subject would name a person of another issuer',
    { sub: 'partner:bob' },
    'subject_required',
  )
  expect('when its subject would name an agent', { sub: 'agent:refund' }, 'subject_required')
  expect(
    'when its subject only looks like a person we know',
    { sub: '\u0430lice' },
    'subject_required',
  )
  expect('when it has no subject', { sub: undefined }, 'subject_required')

  test('when its algorithm is not the one its issuer uses', async () => {
    const claims = { iss: 'https://idp.test', sub: 'alice', aud: 'reeve', ...times }
    const token = await signed(aKey('ES256', 'idp'), { alg: 'ES256', kid: 'idp' }, claims)
    assert.ok(!(await setup()(token)).ok)
  })

  test('when another issuer that we know signed it', async () => {
    const claims = { iss: 'https://partner.test', sub: 'alice', aud: 'reeve', ...times }
    const token = await signed(aKey('ES256', null), { alg: 'ES256' }, claims)
    assert.ok(!(await setup()(token)).ok)
  })

  test('when too many before it were bad', async () => {
    const verify = setup(1)
    const claims = { iss: 'https://partner.test', sub: 'alice', aud: 'reeve', ...times }
    const bad = (): Promise<string> => signed(aKey('ES256', null), { alg: 'ES256' }, claims)
    await verify(await bad())
    const result = await verify(await bad())
    assert.ok(!result.ok)
    assert.equal(result.error.code, 'rate_limited')
  })
})

test('accepts a token whose may_act names this agent', async () => {
  const result = await setup()(await atIdp({ may_act: { sub: 'agent:refund', iss: ISSUER } }))
  assert.deepEqual(result, { ok: true, value: 'alice' })
})

test('garbage is refused and never throws', async () => {
  const verify = setup()
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      assert.ok(!(await verify(text)).ok)
    }),
  )
})
