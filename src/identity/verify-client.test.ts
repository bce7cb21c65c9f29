import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AgentId, PersonId } from '../core/ids.ts'
import type { InboundCall } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import { fail, ok } from '../core/result.ts'
import { aCall, bearer } from './testing/calls.ts'
import { aClock, aKey, goodClaims, ISSUER, NOW_SECONDS, signed, trusted } from './testing/tokens.ts'
import { createVerifyBudget } from './verify-budget.ts'
import { createVerifyClient, type ClientCredentials } from './verify-client.ts'

const key = aKey('ES256', null)
const second = aKey('EdDSA', 'ed')
const NOTHING: ClientCredentials = { assertion: null, clientId: null, subjectToken: null }

function setup(options: { readonly developmentAgents?: readonly string[] } = {}) {
  const clock = aClock()
  let stated = NOTHING
  const verify = createVerifyClient({
    audiences: [ISSUER, 'http://localhost:8080/token'],
    agentKeys: (_tenant, agent) => (agent === 'refund' ? trusted(key, second) : null),
    developmentAgents: (options.developmentAgents ?? []) as AgentId[],
    clientCredentials: async () => ok(stated),
    verifyPerson: async ({ token, agent }) =>
      token === 'token-of-alice' && agent === 'refund'
        ? ok('alice' as PersonId)
        : fail(reason('subject_required', 'not acceptable')),
    clock,
    budget: createVerifyBudget({ clock }),
  })
  return async (credentials: Partial<ClientCredentials> = {}, call: Partial<InboundCall> = {}) => {
    stated = { ...NOTHING, ...credentials }
    return verify(aCall(call))
  }
}

const assertion = (changes: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  signed(
    key,
    { alg: 'ES256', ...header },
    {
      iss: 'refund',
      sub: 'refund',
      aud: ISSUER,
      jti: 'once',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 60,
      ...changes,
    },
  )

const codeOf = (result: Awaited<ReturnType<ReturnType<typeof setup>>>): string =>
  result.ok ? 'ok' : result.error.code

suite('an agent with a key of its own', () => {
  test('is known by an assertion in the body, whose id is to be consumed until it ends', async () => {
    const result = await setup()({ assertion: await assertion(), subjectToken: 'token-of-alice' })
    assert.ok(result.ok)
    const [used, ...others] = result.value.singleUse
    assert.match(used?.id ?? '', /^assertion:refund:[\w-]{43}$/)
    assert.equal(used?.expiresAt, (NOW_SECONDS + 60) * 1000)
    assert.deepEqual(others, [])
    assert.deepEqual(
      { ...result.value, singleUse: [] },
      {
        kind: 'client',
        tenant: 'default',
        agent: 'refund',
        subject: 'alice',
        assurance: 'private_key_jwt',
        singleUse: [],
      },
    )
  })

  test('is known by an assertion in the header, and by an Ed25519 key', async () => {
    const claims = {
      iss: 'refund',
      sub: 'refund',
      aud: ['http://localhost:8080/token'],
      jti: 'b',
      exp: NOW_SECONDS + 60,
    }
    const token = await signed(second, { alg: 'EdDSA', kid: 'ed' }, claims)
    assert.equal(codeOf(await setup()({}, { headers: bearer(token) })), 'ok')
  })

  test('gives the same assertion the same id, so that its second use is seen', async () => {
    const verify = setup()
    const one = await verify({ assertion: await assertion() })
    const two = await verify({ assertion: await assertion() })
    assert.ok(one.ok && two.ok)
    assert.deepEqual(one.value.singleUse, two.value.singleUse)
  })

  const refused: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>?])[] =
    [
      ['for another service', { aud: 'https://other.test' }],
      ['for several services', { aud: [ISSUER, 'https://other.test'] }],
      ['of an agent that does not exist', { iss: 'nobody', sub: 'nobody' }],
      ['about another agent', { sub: 'triage' }],
      ['without id', { jti: undefined }],
      ['with an empty id', { jti: '' }],
      ['without end', { exp: undefined }],
      ['that has ended', { exp: NOW_SECONDS }],
      ['that lives longer than 300 s', { exp: NOW_SECONDS + 301 }],
      ['from the future', { iat: NOW_SECONDS + 6 }],
      ['of another type', {}, { typ: 'person+jwt' }],
    ]
  for (const [what, changes, header] of refused)
    test(`is not known by an assertion ${what}`, async () => {
      const result = await setup()({ assertion: await assertion(changes, header) })
      assert.deepEqual(
        result,
        fail(reason('unauthenticated', 'the agent did not authenticate itself')),
      )
    })

  test('is not known by a signature of another key', async () => {
    const claims = { iss: 'refund', sub: 'refund', aud: ISSUER, jti: 'x', exp: NOW_SECONDS + 60 }
    const token = await signed(aKey('ES256', null), { alg: 'ES256' }, claims)
    assert.equal(codeOf(await setup()({ assertion: token })), 'unauthenticated')
  })

  test('must be the one that client_id names', async () => {
    assert.equal(
      codeOf(await setup()({ assertion: await assertion(), clientId: 'triage' })),
      'unauthenticated',
    )
    assert.equal(codeOf(await setup()({ assertion: await assertion(), clientId: 'refund' })), 'ok')
  })

  test('may present one credential, not two', async () => {
    const token = await assertion()
    assert.equal(
      codeOf(await setup()({ assertion: token }, { headers: bearer(token) })),
      'malformed',
    )
  })

  test('is refused when the person it names is not proven', async () => {
    const result = await setup()({ assertion: await assertion(), subjectToken: 'stolen' })
    assert.equal(codeOf(result), 'subject_required')
  })

  test('cannot exchange an instance token', async () => {
    const token = await signed(key, { alg: 'ES256', typ: 'at+jwt' }, goodClaims())
    assert.equal(codeOf(await setup()({}, { headers: bearer(token) })), 'unsupported')
  })
})

suite('a caller without credential', () => {
  test('is nobody, on loopback too, unless development agents are prepared', async () => {
    assert.equal(codeOf(await setup()()), 'unauthenticated')
  })

  test('is the first prepared agent, or the one it names', async () => {
    const verify = setup({ developmentAgents: ['refund', 'triage'] })
    const first = await verify()
    assert.deepEqual(
      first,
      ok({
        kind: 'client',
        tenant: 'default',
        agent: 'refund',
        subject: null,
        assurance: 'development',
        singleUse: [],
      }),
    )
    const named = await verify({ clientId: 'triage' })
    assert.ok(named.ok)
    assert.equal(named.value.agent, 'triage')
    assert.equal(codeOf(await verify({ clientId: 'payroll' })), 'unauthenticated')
  })

  for (const source of ['192.0.2.1', '10.0.0.1', '::ffff:10.0.0.1', '127.evil', '', '0.0.0.0'])
    test(`is nobody from ${source === '' ? 'nowhere' : source}`, async () => {
      const verify = setup({ developmentAgents: ['refund'] })
      assert.equal(codeOf(await verify({}, { source })), 'unauthenticated')
    })

  test('does not become a prepared agent by a bad credential', async () => {
    const verify = setup({ developmentAgents: ['refund'] })
    assert.equal(codeOf(await verify({ assertion: 'garbage' })), 'unauthenticated')
    assert.equal(
      codeOf(await verify({}, { headers: { authorization: 'Basic cmVmdW5kOng=' } })),
      'unauthenticated',
    )
  })
})
