import assert from 'node:assert/strict'
import { createHmac, createPublicKey } from 'node:crypto'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Audience, TenantId } from '../core/ids.ts'
import type { Json } from '../core/json.ts'
import type { ReasonCode } from '../core/reason.ts'
import {
  aClock,
  aKey,
  AUDIENCE,
  goodClaims,
  ISSUER,
  NOW_SECONDS,
  parseGrantsForTest,
  segment,
  signed,
  TENANT,
  trusted,
} from './testing/tokens.ts'
import type { TrustedKeys } from './trusted-keys.ts'
import { createVerifyBudget } from './verify-budget.ts'
import { createVerifyInstanceToken, type PresentedToken } from './verify-instance-token.ts'

const key = aKey('ES256', 'ours')
const KEYS = trusted(key)
const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'ours' }

const ID_1 = '01a00000-0000-7000-8000-00000000000a'
const ID_2 = '01a00000-0000-7000-8000-000000000003'

function setup(options: { readonly perSecond?: number } = {}) {
  const clock = aClock()
  let keys: TrustedKeys = KEYS
  const verify = createVerifyInstanceToken({
    issuer: ISSUER,
    parseGrants: parseGrantsForTest,
    clock,
    keys: () => keys,
    budget: createVerifyBudget({ clock, ...options }),
  })
  const present = (token: string, other: Partial<PresentedToken> = {}) =>
    verify({ token, audience: AUDIENCE, tenant: TENANT, source: '192.0.2.1', ...other })
  const codeOf = async (token: string, other: Partial<PresentedToken> = {}) => {
    const result = await present(token, other)
    if (result.ok) return 'ok'
    assert.ok(
      token === '' || !result.error.detail.includes(token.slice(-40)),
      'the token is not in the message',
    )
    return result.error.code
  }
  return { clock, present, codeOf, setKeys: (next: TrustedKeys) => (keys = next) }
}

const good = (changes: Record<string, unknown> = {}): Promise<string> =>
  signed(key, HEADER, { ...goodClaims(), ...changes })

suite('a good token', () => {
  test('yields the instance, the person it acts for and what it may do', async () => {
    const { present } = setup()
    const result = await present(await good())
    assert.ok(result.ok)
    assert.deepEqual(result.value, {
      kind: 'instance',
      tenant: 'default',
      subject: { kind: 'user', id: 'alice' },
      actors: [{ agent: 'refund', instance: ID_2, parent: null }],
      sponsor: 'dana',
      grants: [{ type: 'agent_tool_call', locations: [AUDIENCE] }],
      audience: AUDIENCE,
      run: '01a00000-0000-7000-8000-000000000002',
      purpose: 'refunds',
      token: {
        id: '01a00000-0000-7000-8000-000000000001',
        issuedAt: (NOW_SECONDS - 10) * 1000,
        expiresAt: (NOW_SECONDS + 290) * 1000,
        rootExpiresAt: (NOW_SECONDS + 290) * 1000,
      },
      epochs: { tenant: 0, sponsor: 1, agent: 2, instance: 0, run: 0 },
      assurance: 'bearer',
    })
  })

  test('of an autonomous agent has the agent itself as subject and no act', async () => {
    const claims = goodClaims()
    delete claims['act']
    const result = await setup().present(
      await signed(key, HEADER, { ...claims, sub: 'agent:refund' }),
    )
    assert.ok(result.ok)
    assert.deepEqual(result.value.subject, { kind: 'agent', id: 'refund' })
    assert.equal(result.value.actors.length, 1)
  })

  test('of a child has its actors oldest first and the outermost act as the current one', async () => {
    const actor = { iss: ISSUER, sub_profile: 'ai_agent' }
    const token = await good({
      client_id: 'helper',
      act: { ...actor, sub: 'agent:helper', act: { ...actor, sub: 'agent:refund' } },
      lin: [ID_1],
      parent_agent_id: ID_1,
      del_depth: 1,
      del_max_depth: 2,
      par_hash: 'x',
    })
    const result = await setup().present(token)
    assert.ok(result.ok)
    assert.deepEqual(result.value.actors, [
      { agent: 'refund', instance: ID_1, parent: null },
      { agent: 'helper', instance: ID_2, parent: ID_1 },
    ])
  })
})

suite('a token that is not exactly ours', () => {
  const expectClaims = (what: string, changes: Record<string, unknown>, code: ReasonCode): void =>
    void test(`is refused: ${what}`, async () => {
      assert.equal(await setup().codeOf(await good(changes)), code)
    })

  expectClaims('another issuer', { iss: 'https://sts.test/' }, 'unauthenticated')
  expectClaims(
    'two audiences',
    { aud: [AUDIENCE, 'http://localhost:8080/mcp/crm'] },
    'audience_mismatch',
  )
  expectClaims('a list of one audience', { aud: [AUDIENCE] }, 'audience_mismatch')
  expectClaims('a trailing slash', { aud: `${AUDIENCE}/` }, 'audience_mismatch')
  expectClaims(
    'another case',
    { aud: AUDIENCE.replace('payments', 'Payments') },
    'audience_mismatch',
  )
  expectClaims('a port', { aud: AUDIENCE.replace('8080', '08080') }, 'audience_mismatch')
  expectClaims('expired this second', { iat: NOW_SECONDS - 300, exp: NOW_SECONDS }, 'token_expired')
  expectClaims('no expiry', { exp: undefined }, 'unauthenticated')
  expectClaims('expiry as text', { exp: String(NOW_SECONDS + 290) }, 'unauthenticated')
  expectClaims(
    'fractional times',
    { iat: NOW_SECONDS - 10.5, exp: NOW_SECONDS + 289.5 },
    'unauthenticated',
  )
  expectClaims(
    'from the future',
    { iat: NOW_SECONDS + 6, exp: NOW_SECONDS + 306 },
    'unauthenticated',
  )
  expectClaims('not yet begun', { nbf: NOW_SECONDS + 6 }, 'unauthenticated')
  expectClaims('exp before iat', { iat: NOW_SECONDS + 4, exp: NOW_SECONDS + 1 }, 'unauthenticated')
  expectClaims('a lifetime it does not admit', { ttl_seconds: 299 }, 'unauthenticated')
  expectClaims(
    'a lifetime over 900 s',
    { exp: NOW_SECONDS + 891, ttl_seconds: 901, root_exp: NOW_SECONDS + 891 },
    'unauthenticated',
  )
  expectClaims('root_exp before exp', { root_exp: NOW_SECONDS }, 'unauthenticated')
  expectClaims('bound to a key', { cnf: { jkt: 'x' } }, 'proof_required')
  expectClaims('marked for one use', { use: 'once' }, 'unauthenticated')
  expectClaims('bound to arguments', { rah: 'x' }, 'unauthenticated')
  expectClaims('another tenant', { tenant: 'other' }, 'unauthenticated')
  expectClaims('a sponsor that is an agent', { sponsor_id: 'agent:refund' }, 'unauthenticated')
  expectClaims('a homoglyph sponsor', { sponsor_id: 'd\u0430na' }, 'unauthenticated')
  expectClaims('a subject that is a service', { sub: 'service:billing' }, 'unauthenticated')
  expectClaims('a list of sponsors', { sponsor_id: ['dana'] }, 'unauthenticated')
  expectClaims('an actor that is not the client', { client_id: 'triage' }, 'unauthenticated')
  expectClaims('no actor for a person', { act: undefined }, 'unauthenticated')
  expectClaims('an actor as text', { act: 'agent:refund' }, 'unauthenticated')
  expectClaims(
    'an actor from elsewhere',
    { act: { sub: 'agent:refund', iss: 'https://x', sub_profile: 'ai_agent' } },
    'unauthenticated',
  )
  expectClaims(
    'a person as actor',
    { act: { sub: 'bob', iss: ISSUER, sub_profile: 'ai_agent' } },
    'unauthenticated',
  )
  expectClaims('more depth than actors', { del_depth: 1, del_max_depth: 1 }, 'unauthenticated')
  expectClaims('a parent it cannot have', { parent_agent_id: ID_1 }, 'unauthenticated')
  expectClaims('an ancestor without actor', { lin: [ID_1] }, 'unauthenticated')
  expectClaims('a parent hash without parent', { par_hash: 'x' }, 'unauthenticated')
  expectClaims('a negative epoch', { rev: { t: 0, s: -1, a: 0, i: 0, x: 0 } }, 'unauthenticated')
  expectClaims(
    'an epoch too many',
    { rev: { t: 0, s: 0, a: 0, i: 0, x: 0, y: 0 } },
    'unauthenticated',
  )

  for (const claim of Object.keys(goodClaims()))
    test(`is refused without ${claim}`, async () => {
      const claims = goodClaims()
      delete claims[claim]
      assert.notEqual(await setup().codeOf(await signed(key, HEADER, claims)), 'ok')
    })

  test('is refused with an actor chain over its limit, and never cut short', async () => {
    const chain = (length: number): { act: Json; lin: string[] } => {
      let act: Json = null
      for (let i = 0; i < length; i++) {
        const own = { sub: `agent:a${i}`, iss: ISSUER, sub_profile: 'ai_agent' }
        act = act === null ? own : { ...own, act }
      }
      const lin = Array.from({ length: length - 1 }, (_, i) => ID_1.slice(0, -2) + String(10 + i))
      return { act, lin }
    }
    const token = (length: number): Promise<string> => {
      const { act, lin } = chain(length)
      const depth = { del_depth: length - 1, del_max_depth: length - 1, par_hash: 'x' }
      return good({ act, lin, client_id: `a${length - 1}`, parent_agent_id: lin.at(-1), ...depth })
    }
    assert.equal(await setup().codeOf(await token(8)), 'ok')
    assert.equal(await setup().codeOf(await token(9)), 'unauthenticated')
  })
})

suite('a header that tries another way in', () => {
  const pem = createPublicKey({ key: key.jwk, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  })
  const hmac = (secret: string | Buffer, alg: string): string => {
    const input = `${segment({ ...HEADER, alg })}.${segment(goodClaims())}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
  const cases: readonly (readonly [string, () => Promise<string> | string])[] = [
    ['alg none', () => `${segment({ ...HEADER, alg: 'none' })}.${segment(goodClaims())}.`],
    [
      'alg none with a signature',
      () => `${segment({ ...HEADER, alg: 'NONE' })}.${segment(goodClaims())}.AA`,
    ],
    ['HS256 with our public key as secret', () => hmac(pem, 'HS256')],
    ['HS256 with a space before the key', () => hmac(` ${pem.toString()}`, 'HS256')],
    [
      'RS256 under the kid of our key',
      () => signed(aKey('RS256', 'ours'), { ...HEADER, alg: 'RS256' }, goodClaims()),
    ],
    ['another ES256 key under our kid', () => signed(aKey('ES256', 'ours'), HEADER, goodClaims())],
    [
      'its own key in jwk',
      () => {
        const own = aKey('ES256', 'ours')
        return signed(own, { ...HEADER, jwk: own.jwk }, goodClaims())
      },
    ],
    [
      'a key address in jku',
      () => signed(key, { ...HEADER, jku: 'https://evil.test/jwks' }, goodClaims()),
    ],
    [
      'a certificate address in x5u',
      () => signed(key, { ...HEADER, x5u: 'https://evil.test' }, goodClaims()),
    ],
    [
      'a critical extension',
      () => `${segment({ ...HEADER, crit: ['b64'], b64: true })}.${segment(goodClaims())}.AA`,
    ],
    ['no kid', () => signed(key, { alg: 'ES256', typ: 'at+jwt' }, goodClaims())],
    [
      'a kid that is a path',
      () => signed(key, { ...HEADER, kid: '../../etc/passwd' }, goodClaims()),
    ],
    ['typ JWT (an id token)', () => signed(key, { ...HEADER, typ: 'JWT' }, goodClaims())],
    ['typ of a call token', () => signed(key, { ...HEADER, typ: 'txntoken+jwt' }, goodClaims())],
    ['typ of a person token', () => signed(key, { ...HEADER, typ: 'person+jwt' }, goodClaims())],
    ['typ in another case', () => signed(key, { ...HEADER, typ: 'AT+JWT' }, goodClaims())],
    ['five segments (an encrypted token)', () => 'eyJhbGciOiJkaXIifQ..AA.AA.AA'],
    [
      'a duplicate claim',
      () => `${segment(HEADER)}.${segment('{"iss":"https://sts.test","iss":"x"}')}.AA`,
    ],
    ['more than 8 KiB', async () => good({ purpose: 'x'.repeat(8192) })],
    ['nothing', () => ''],
  ]
  for (const [what, token] of cases)
    test(`is refused: ${what}`, async () => {
      assert.equal(await setup().codeOf(await token()), 'unauthenticated')
    })
})

test('no single changed character of a token is accepted', async () => {
  const token = await good()
  const { present } = setup({ perSecond: 1_000_000 })
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length - 1),
      fc.constantFrom(...alphabet.split('')),
      async (at, letter) => {
        fc.pre(token[at] !== letter)
        const result = await present(token.slice(0, at) + letter + token.slice(at + 1))
        assert.ok(!result.ok)
      },
    ),
    { numRuns: 500 },
  )
})

test('the last character of the signature has one spelling', async () => {
  const token = await good()
  const { codeOf } = setup({ perSecond: 1_000_000 })
  for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
    const changed = token.slice(0, -1) + letter
    assert.equal(await codeOf(changed), changed === token ? 'ok' : 'unauthenticated')
  }
})

test('garbage is refused and never throws', async () => {
  const { present } = setup({ perSecond: 1_000_000 })
  const part = fc.oneof(fc.string(), fc.json().map(segment), fc.constant(segment(HEADER)))
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
      ),
      async (token) => {
        const result = await present(token)
        assert.ok(!result.ok)
      },
    ),
    { numRuns: 500 },
  )
})

test('any change of any claim by someone without the key is refused', async () => {
  const token = await good()
  const [header = '', , signature = ''] = token.split('.')
  const { present } = setup({ perSecond: 1_000_000 })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(goodClaims())),
      fc.jsonValue(),
      async (claim, value) => {
        const changed = { ...goodClaims(), [claim]: value }
        fc.pre(JSON.stringify(changed) !== JSON.stringify(goodClaims()))
        assert.ok(!(await present(`${header}.${segment(changed)}.${signature}`)).ok)
      },
    ),
    { numRuns: 200 },
  )
})

suite('the memory of verified and refused tokens', () => {
  test('dies with the token', async () => {
    const { clock, codeOf } = setup()
    const token = await good()
    assert.equal(await codeOf(token), 'ok')
    clock.set(NOW_SECONDS + 289.999)
    assert.equal(await codeOf(token), 'ok')
    clock.set(NOW_SECONDS + 290)
    assert.equal(await codeOf(token), 'token_expired')
  })

  test('compares audience and tenant again at every use', async () => {
    const { codeOf } = setup()
    const token = await good()
    assert.equal(await codeOf(token), 'ok')
    assert.equal(await codeOf(token, { audience: `${AUDIENCE}2` as Audience }), 'audience_mismatch')
    assert.equal(await codeOf(token, { tenant: 'other' as TenantId }), 'unauthenticated')
    assert.equal(await codeOf(token), 'ok')
  })

  test('is emptied when a key is removed', async () => {
    const { codeOf, setKeys } = setup()
    const token = await good()
    assert.equal(await codeOf(token), 'ok')
    setKeys(trusted(aKey('ES256', 'next')))
    assert.equal(await codeOf(token), 'unauthenticated')
    setKeys(KEYS)
    assert.equal(await codeOf(token), 'ok')
  })

  test('keeps a refused token from costing another signature check', async () => {
    const { codeOf } = setup({ perSecond: 1 })
    const bad = await signed(aKey('ES256', 'ours'), HEADER, goodClaims())
    assert.equal(await codeOf(bad), 'unauthenticated')
    assert.equal(await codeOf(bad), 'unauthenticated')
  })
})

test('a source of bad tokens runs out of checks, others and later seconds do not', async () => {
  const { clock, codeOf } = setup({ perSecond: 2 })
  const bad = (): Promise<string> => signed(aKey('ES256', 'ours'), HEADER, goodClaims())
  assert.equal(await codeOf(await bad()), 'unauthenticated')
  assert.equal(await codeOf(await bad()), 'unauthenticated')
  assert.equal(await codeOf(await bad()), 'rate_limited')
  assert.equal(await codeOf(await good()), 'rate_limited')
  assert.equal(await codeOf(await good(), { source: '192.0.2.2' }), 'ok')
  clock.set(NOW_SECONDS + 1)
  assert.equal(await codeOf(await bad()), 'unauthenticated')
})

test('good tokens never run out of checks', async () => {
  const { codeOf } = setup({ perSecond: 1 })
  for (let i = 0; i < 5; i++) assert.equal(await codeOf(await good({ purpose: `p${i}` })), 'ok')
})

test('what a token says of itself is checked before any signature work', async () => {
  const { codeOf } = setup({ perSecond: 0 })
  const cases: readonly (readonly [Record<string, unknown>, ReasonCode])[] = [
    [{ iss: 'https://other.test' }, 'unauthenticated'],
    [{ aud: 'http://localhost:8080/mcp/crm' }, 'audience_mismatch'],
    [{ exp: NOW_SECONDS }, 'token_expired'],
    [{ iat: NOW_SECONDS + 60 }, 'unauthenticated'],
    [{}, 'rate_limited'],
  ]
  for (const [changes, code] of cases) assert.equal(await codeOf(await good(changes)), code)
})
