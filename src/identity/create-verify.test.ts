import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AgentId, Audience } from '../core/ids.ts'
import type { Classified, InboundCall } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import { fail, ok } from '../core/result.ts'
import { createVerify } from './create-verify.ts'
import { aCall, bearer } from './testing/calls.ts'
import { AUDIENCE, TENANT } from './testing/tokens.ts'
import {
  createVerifyDecisionCaller,
  credentialHashOf,
  type RegisteredCaller,
} from './verify-decision-caller.ts'
import type { PresentedToken } from './verify-instance-token.ts'

const LOCAL: RegisteredCaller = { kind: 'local', id: 'local', surfaces: ['cerbos'] }
const GATEWAY: RegisteredCaller = {
  kind: 'credential',
  id: 'edge',
  surfaces: ['cerbos'],
  credentialHash: credentialHashOf('s3cret'),
}

function setup(
  options: { readonly development?: boolean; readonly callers?: readonly RegisteredCaller[] } = {},
) {
  const presented: PresentedToken[] = []
  const verify = createVerify({
    development: options.development ?? false,
    verifyInstanceToken: async (token) => {
      presented.push(token)
      return fail(reason('unauthenticated', 'seen'))
    },
    verifyClient: async (call) =>
      ok({
        kind: 'client',
        tenant: call.tenant,
        agent: 'refund' as AgentId,
        subject: null,
        assurance: 'development',
        singleUse: [],
      }),
    verifyDecisionCaller: createVerifyDecisionCaller(options.callers ?? []),
  })
  const code = async (call: Partial<InboundCall>, classified: Classified): Promise<string> => {
    const result = await verify(aCall(call), classified)
    return result.ok ? result.value.kind : `${result.error.code}: ${result.error.detail}`
  }
  return { presented, code }
}

const mcp: Classified = { surface: 'mcp', expects: 'instance', audience: AUDIENCE }
const llm: Classified = {
  surface: 'llm',
  expects: 'instance',
  audience: 'http://x/llm/a' as Audience,
}
const cerbos: Classified = { surface: 'cerbos', expects: 'decision_caller', audience: null }

suite('an agent at the gateway', () => {
  test('presents its token as bearer, in any case of the scheme', async () => {
    const { presented, code } = setup()
    await code({ headers: bearer('abc') }, mcp)
    await code({ headers: { authorization: 'bEARER abc' } }, mcp)
    const expected = { token: 'abc', audience: AUDIENCE, tenant: TENANT, source: '127.0.0.1' }
    assert.deepEqual(presented, [expected, expected])
  })

  test('may use x-api-key for language models, and only there', async () => {
    const { presented, code } = setup()
    assert.equal(await code({ headers: { 'x-api-key': 'abc' } }, llm), 'unauthenticated: seen')
    assert.equal(presented[0]?.token, 'abc')
    assert.equal(
      await code({ headers: { 'x-api-key': 'abc' } }, mcp),
      'unauthenticated: no credential was presented',
    )
  })

  const twice: readonly (readonly [string, Record<string, string>])[] = [
    ['both headers', { ...bearer('abc'), 'x-api-key': 'abc' }],
    ['another scheme and a key', { authorization: 'Basic x', 'x-api-key': 'abc' }],
    ['the same header twice', { authorization: 'Bearer abc, Bearer abc' }],
    ['two keys', { 'x-api-key': 'abc, def' }],
  ]
  for (const [what, headers] of twice)
    test(`may not present two credentials: ${what}`, async () => {
      assert.equal(await setup().code({ headers }, llm), 'malformed: two credentials at once')
    })

  for (const authorization of [
    'Basic cmVldmU6eA==',
    'DPoP abc',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'abc',
  ])
    test(`is not let in by \`${authorization}\``, async () => {
      const { presented, code } = setup()
      assert.match(await code({ headers: { authorization } }, mcp), /^unauthenticated/)
      assert.deepEqual(presented, [])
    })
})

suite('development mode', () => {
  for (const name of ['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-host'])
    test(`answers nothing that carries ${name}`, async () => {
      const { code } = setup({ development: true, callers: [LOCAL] })
      for (const classified of [mcp, cerbos, { ...mcp, expects: 'client' } as const])
        assert.match(await code({ headers: { [name]: 'x' } }, classified), /^unauthenticated/)
    })

  test('answers others', async () => {
    const { code } = setup({ development: true })
    assert.equal(await code({}, { ...mcp, expects: 'client' }), 'client')
  })
})

suite('a caller of the decision API', () => {
  test('needs registration even on this machine', async () => {
    assert.match(await setup().code({}, cerbos), /^caller_not_registered/)
  })

  test('is known on this machine when local callers are registered', async () => {
    const { code } = setup({ callers: [LOCAL] })
    assert.equal(await code({}, cerbos), 'decision_caller')
    assert.match(await code({ source: '192.0.2.1' }, cerbos), /^caller_not_registered/)
    assert.match(
      await code({ headers: { 'x-forwarded-for': '1.1.1.1' } }, cerbos),
      /^caller_not_registered/,
    )
  })

  test('is known by its credential from anywhere', async () => {
    const { code } = setup({ callers: [LOCAL, GATEWAY] })
    const call = { headers: bearer('s3cret'), source: '192.0.2.1' }
    assert.equal(await code(call, cerbos), 'decision_caller')
  })

  test('does not fall back to the local one with a wrong credential', async () => {
    const { code } = setup({ callers: [LOCAL, GATEWAY] })
    const answer = await code({ headers: bearer('guess') }, cerbos)
    assert.match(answer, /^caller_not_registered/)
    assert.ok(!answer.includes('guess'))
  })

  test('is known only on the surfaces it is registered for', async () => {
    const { code } = setup({ callers: [LOCAL] })
    assert.match(await code({}, { ...cerbos, surface: 'control' }), /^caller_not_registered/)
  })
})
