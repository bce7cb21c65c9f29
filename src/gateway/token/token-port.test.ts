import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { EpochKey } from '../../core/change.ts'
import { epochMillis } from '../../core/clock.ts'
import type { Deny } from '../../core/decision.ts'
import type { AgentFacts } from '../../core/facts.ts'
import type { ClientCaller, Grant } from '../../core/identity.ts'
import type { AgentId, PersonId, TenantId, TokenId } from '../../core/ids.ts'
import type { Json } from '../../core/json.ts'
import type { InboundCall, Permit, Refusal } from '../../core/path.ts'
import { reason, type Reason, type ReasonCode } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { PlannedToken } from './plan-token.ts'
import { tokenTargets } from './targets.ts'
import { createTokenPort } from './token-port.ts'
import { createTokenRequests } from './token-requests.ts'
import {
  ACCESS_TOKEN_TYPE,
  ID_TOKEN_TYPE,
  JWT_BEARER_ASSERTION,
  JWT_TYPE,
  TOKEN_EXCHANGE_GRANT,
} from './token-words.ts'

const publicUrl = 'http://localhost:8080'
const billing = `${publicUrl}/mcp/billing`
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const agent: Omit<AgentFacts, 'status'> = {
  id: 'refund' as AgentId,
  acts: 'delegated',
  sponsor: 'dana' as PersonId,
  roles: [],
  attr: {},
  scope: 'emea',
}
const caller: ClientCaller = {
  kind: 'client',
  tenant: 'default' as TenantId,
  agent: agent.id,
  subject: 'alice' as PersonId,
  assurance: 'private_key_jwt',
  singleUse: [],
}

/** Reads grants as far as these tests need; the real reader is another room's. */
function parseGrants(value: Json | undefined): Result<readonly Grant[], Reason> {
  if (!Array.isArray(value) || value.length === 0) return fail(reason('malformed', 'details'))
  return ok(value as unknown as readonly Grant[])
}

function setup(options: { readonly requireSponsor?: boolean } = {}) {
  let id = 0
  const requests = createTokenRequests()
  const port = createTokenPort({
    publicUrl,
    requests,
    defaultTtlSeconds: 300,
    maxTtlSeconds: 900,
    requireSponsor: options.requireSponsor ?? true,
    targets: tokenTargets({ publicUrl, servers: ['billing', 'search'], providers: ['openai'] }),
    agent: (_tenant, asked) => (asked === agent.id ? agent : null),
    epochs: (_tenant, keys: readonly EpochKey[]) =>
      keys.map((key) => (key.of === 'sponsor' ? 7 : 0)),
    newInstance: (request) =>
      request.statedSponsor !== null && request.statedSponsor !== 'dana'
        ? fail(reason('sponsor_mismatch', 'somebody else answers for this agent'))
        : request.statedSponsor === null && request.sponsorMustBeStated
          ? fail(reason('sponsor_missing', 'a sponsor must answer for this agent'))
          : ok({
              id: request.id,
              agent: request.agent.id,
              parent: null,
              sponsor: 'dana' as PersonId,
              subject: request.subject,
              run: request.run,
              purpose: request.purpose,
              createdAt: request.at,
            }),
    parseGrants,
    newId: () => `id-${++id}`,
  })
  return { port, requests }
}

const aCall = (
  path: string,
  body: string | Uint8Array,
  changes: Partial<InboundCall> = {},
): InboundCall => ({
  tenant: 'default' as TenantId,
  method: 'POST',
  path,
  query: '',
  headers: {
    'content-type':
      path === '/issue' ? 'application/json' : 'application/x-www-form-urlencoded; charset=utf-8',
  },
  source: '127.0.0.1',
  receivedAt: epochMillis(1000),
  body: async () => ok(typeof body === 'string' ? text(body) : body),
  signal: new AbortController().signal,
  ...changes,
})

const form = (parameters: readonly (readonly [string, string])[]): string =>
  new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString()

const exchange = (changes: Readonly<Record<string, string | null>> = {}): string => {
  const parameters: Record<string, string | null> = {
    grant_type: TOKEN_EXCHANGE_GRANT,
    subject_token: 'a.person.token',
    subject_token_type: JWT_TYPE,
    resource: billing,
    ...changes,
  }
  return form(
    Object.entries(parameters).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    ),
  )
}

async function read(call: InboundCall, options: { readonly requireSponsor?: boolean } = {}) {
  const { port } = setup(options)
  const classified = port.classify(call)
  if (!classified.ok) return classified
  return port.read(call, classified.value, caller)
}

const codeOf = (result: Awaited<ReturnType<typeof read>>): ReasonCode | 'ok' =>
  result.ok ? 'ok' : result.error.code

const issue = (changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ tool: 'billing', sponsor_id: 'dana', ...changes })

suite('POST /issue', () => {
  test('asks policy for the audience, and plans an instance, a run and a token of 300 seconds', async () => {
    const result = await read(aCall('/issue', issue({ purpose: 'refunds' })))
    assert.ok(result.ok)
    const { asks, changes, mints, plan, tool, purpose } = result.value
    assert.deepEqual(asks, [
      {
        action: 'issue',
        resource: {
          kind: 'token',
          id: billing,
          attr: { tool: 'billing', ttl_seconds: 300, purpose: 'refunds' },
          scope: 'emea',
          policyVersion: 'default',
        },
      },
    ])
    assert.deepEqual(changes, [{ kind: 'put_instance', instance: plan.instance }])
    assert.deepEqual(plan.instance.subject, 'alice')
    assert.deepEqual(plan.grants, [{ type: 'agent_tool_call', locations: [billing] }])
    assert.deepEqual(plan.epochs, { tenant: 0, sponsor: 7, agent: 0, instance: 0, run: 0 })
    assert.equal(plan.ttlSeconds, 300)
    assert.equal(new Set([mints, plan.instance.id, plan.instance.run]).size, 3)
    assert.deepEqual([tool, purpose], ['billing', 'refunds'])
  })

  test('names a purpose nobody gave `unspecified`, and a provider as a tool', async () => {
    const result = await read(aCall('/issue', issue({ tool: 'openai', ttl: 60 })))
    assert.ok(result.ok)
    assert.equal(result.value.purpose, 'unspecified')
    assert.equal(result.value.plan.audience, `${publicUrl}/llm/openai`)
    assert.equal(result.value.plan.ttlSeconds, 60)
  })

  for (const ttl of [1, 900])
    test(`accepts a lifetime of ${ttl}`, async () => {
      assert.equal(codeOf(await read(aCall('/issue', issue({ ttl })))), 'ok')
    })

  for (const ttl of ['901', '0', '-1', '"300"', '1e12', '300.5', 'null', '[300]', '1e400', 'NaN'])
    test(`refuses a lifetime of ${ttl}, and never cuts it`, async () => {
      const body = `{"tool":"billing","sponsor_id":"dana","ttl":${ttl}}`
      assert.equal(codeOf(await read(aCall('/issue', body))), 'malformed')
    })

  const malformed: readonly (readonly [string, string])[] = [
    ['no JSON', 'tool=billing'],
    ['a cut body', issue().slice(0, -2)],
    ['an array', `[${issue()}]`],
    ['a duplicate key', '{"tool":"billing","tool":"payroll","sponsor_id":"dana"}'],
    ['an unknown member', issue({ act: { sub: 'agent:root' } })],
    ['an audience of its own', issue({ audience: 'http://evil.test' })],
    ['epochs of its own', issue({ rev: { t: 9 } })],
    ['a member named __proto__', '{"tool":"billing","sponsor_id":"dana","__proto__":{}}'],
    ['no tool', '{"sponsor_id":"dana"}'],
    ['a list of sponsors', issue({ sponsor_id: ['dana'] })],
    ['a null sponsor', issue({ sponsor_id: null })],
    ['a purpose of two lines', issue({ purpose: 'a\nb' })],
    ['an empty purpose', issue({ purpose: '' })],
    ['an endless purpose', issue({ purpose: 'x'.repeat(201) })],
    ['a person that is no token', issue({ on_behalf_of: 7 })],
  ]
  for (const [what, body] of malformed)
    test(`refuses ${what}`, async () => {
      assert.equal(codeOf(await read(aCall('/issue', body))), 'malformed')
    })

  test('binds no token to arguments', async () => {
    assert.equal(codeOf(await read(aCall('/issue', issue({ args: { amount: 1 } })))), 'unsupported')
  })

  test('needs the sponsor named when that is required', async () => {
    const body = JSON.stringify({ tool: 'billing' })
    assert.equal(codeOf(await read(aCall('/issue', body))), 'sponsor_missing')
    assert.equal(codeOf(await read(aCall('/issue', body), { requireSponsor: false })), 'ok')
  })

  test('passes an unreadable body on', async () => {
    const call = aCall('/issue', '', { body: async () => fail(reason('malformed', 'too large')) })
    assert.equal(codeOf(await read(call)), 'malformed')
  })
})

suite('POST /token', () => {
  test('exchanges for the same plan, narrowed to the tools that are asked for', async () => {
    const details = [{ type: 'agent_tool_call', locations: [billing], tools: ['refund'] }]
    const body = exchange({ authorization_details: JSON.stringify(details) })
    const result = await read(aCall('/token', body))
    assert.ok(result.ok)
    assert.deepEqual(JSON.parse(JSON.stringify(result.value.plan.grants)), details)
    assert.equal(result.value.plan.ttlSeconds, 300)
    assert.equal(result.value.issuedType, ACCESS_TOKEN_TYPE)
  })

  test('takes the tool by name as audience, an id token as subject, and nothing for an autonomous agent', async () => {
    const byName = exchange({
      resource: null,
      audience: 'billing',
      subject_token_type: ID_TOKEN_TYPE,
    })
    assert.equal(codeOf(await read(aCall('/token', byName))), 'ok')
    const own = form([
      ['grant_type', 'client_credentials'],
      ['resource', billing],
    ])
    assert.equal(codeOf(await read(aCall('/token', own))), 'ok')
  })

  test('hands the credentials to verify, and reads the body once', async () => {
    const { port, requests } = setup()
    let reads = 0
    const body = exchange({
      client_assertion: 'an.agent.assertion',
      client_assertion_type: JWT_BEARER_ASSERTION,
      client_id: 'refund',
    })
    const call = aCall('/token', '', {
      body: async () => {
        reads++
        return ok(text(body))
      },
    })
    assert.deepEqual(
      await requests.clientCredentials(call),
      ok({
        assertion: 'an.agent.assertion',
        clientId: 'refund',
        subjectToken: 'a.person.token',
      }),
    )
    const classified = port.classify(call)
    assert.ok(classified.ok)
    assert.ok((await port.read(call, classified.value, caller)).ok)
    assert.equal(reads, 1)
  })

  const refused: readonly (readonly [string, string, ReasonCode])[] = [
    ['no grant type', exchange({ grant_type: null }), 'malformed'],
    ['another grant type', exchange({ grant_type: 'password' }), 'unsupported'],
    ['no subject token', exchange({ subject_token: null }), 'malformed'],
    ['an empty subject token', exchange({ subject_token: '' }), 'malformed'],
    ['a subject token without type', exchange({ subject_token_type: null }), 'malformed'],
    [
      'a SAML subject',
      exchange({ subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }),
      'malformed',
    ],
    [
      'a subject in client credentials',
      exchange({ grant_type: 'client_credentials' }),
      'malformed',
    ],
    ['a resource twice', `${exchange()}&resource=x`, 'malformed'],
    ['resource and audience', exchange({ audience: 'billing' }), 'malformed'],
    ['neither of them', exchange({ resource: null }), 'malformed'],
    ['an actor token', exchange({ actor_token: 'x' }), 'malformed'],
    ['an actor token type', exchange({ actor_token_type: JWT_TYPE }), 'malformed'],
    [
      'a refresh token',
      exchange({ requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }),
      'malformed',
    ],
    ['a scope', exchange({ scope: 'everything' }), 'grant_exceeded'],
    ['details that are no JSON', exchange({ authorization_details: '[{' }), 'malformed'],
    [
      'details with a duplicate key',
      exchange({ authorization_details: '[{"type":"a","type":"b"}]' }),
      'malformed',
    ],
    [
      'details for another place',
      exchange({
        authorization_details: `[{"type":"agent_tool_call","locations":["${publicUrl}/mcp/search"]}]`,
      }),
      'not_found',
    ],
    ['a shared secret', exchange({ client_secret: 'x' }), 'unauthenticated'],
    ['an assertion without type', exchange({ client_assertion: 'x' }), 'malformed'],
    [
      'a SAML assertion',
      exchange({
        client_assertion: 'x',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
      }),
      'unauthenticated',
    ],
    [
      'too many parameters',
      `${exchange()}&${Array.from({ length: 40 }, (_, i) => `p${i}=x`).join('&')}`,
      'malformed',
    ],
    ['another sponsor', exchange({ sponsor_id: 'bob' }), 'sponsor_mismatch'],
  ]
  for (const [what, body, code] of refused)
    test(`refuses ${what}`, async () => {
      assert.equal(codeOf(await read(aCall('/token', body))), code)
    })

  test('refuses bytes that are no text', async () => {
    assert.equal(
      codeOf(await read(aCall('/token', new Uint8Array([0xff, 0x3d, 0x61])))),
      'malformed',
    )
  })

  test('never throws, whatever the form', async () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('grant_type', 'resource', '__proto__', 'authorization_details'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, fc.string()), { maxLength: 6 }),
        async (parameters) => {
          await read(aCall('/token', exchange() + '&' + form(parameters)))
        },
      ),
      { numRuns: 300 },
    )
  })
})

suite('the door', () => {
  const classifyCode = (call: InboundCall): string => {
    const result = setup().port.classify(call)
    return result.ok ? result.value.endpoint : result.error.code
  }
  test('opens for POST with the content type of its endpoint', () => {
    assert.equal(classifyCode(aCall('/issue', '')), 'issue')
    assert.equal(classifyCode(aCall('/token', '')), 'token')
    assert.equal(classifyCode(aCall('/issue', '', { method: 'GET' })), 'unsupported')
    assert.equal(classifyCode(aCall('/issue/', '')), 'not_found')
    assert.equal(classifyCode(aCall('/issue', '', { headers: {} })), 'malformed')
    assert.equal(
      classifyCode(aCall('/token', '', { headers: { 'content-type': 'application/json' } })),
      'malformed',
    )
  })
})

const refusal = (why: Reason, decision: Deny | null = null): Refusal => ({
  decisionId: 'd1' as Refusal['decisionId'],
  at: decision === null ? 'read' : 'decide',
  reason: why,
  decision,
})
const hidden: Deny = {
  effect: 'deny',
  reasons: [reason('forbidden_by_policy', 'nothing allows it')],
  basis: [],
  policy: { release: 'r', id: 'p', rule: null, scope: '' },
  remedies: [],
  visible: false,
}
const answer = (path: string, why: Refusal, headers: Record<string, string> = {}) => {
  const reply = setup().port.refuse(aCall(path, '', { headers }), null, why)
  assert.ok(reply.body instanceof Uint8Array)
  return {
    status: reply.status,
    headers: reply.headers,
    text: new TextDecoder().decode(reply.body),
  }
}

suite('a refusal', () => {
  for (const path of ['/issue', '/token'])
    test(`at ${path} is one and the same for an unknown or foreign sponsor, tool and agent`, () => {
      const answers = [
        refusal(reason('sponsor_mismatch', 'somebody else answers for this agent')),
        refusal(reason('not_found', 'the tool is not one of the supported tools')),
        refusal(reason('not_found', 'the agent is not registered')),
        refusal(hidden.reasons[0], hidden),
      ].map((why) => answer(path, why))
      for (const other of answers) assert.deepEqual(other, answers[0])
    })

  test('at /issue is problem details', () => {
    const {
      status,
      headers,
      text: body,
    } = answer('/issue', refusal(reason('sponsor_missing', 'name one')))
    assert.equal(status, 403)
    assert.equal(headers['content-type'], 'application/problem+json')
    assert.deepEqual(JSON.parse(body), {
      type: 'urn:reeve:reason:sponsor_missing',
      title: 'sponsor missing',
      status: 403,
      detail: 'name one',
      decision_id: 'd1',
      effect: 'deny',
      code: 'sponsor_missing',
      message: 'name one',
      policy: null,
      remedies: [],
      retryable: false,
    })
  })

  test('at /token has the error of OAuth, in the characters that OAuth allows', () => {
    const { status, text: body } = answer(
      '/token',
      refusal(reason('malformed', '"quoted" \\ é `name`')),
    )
    assert.equal(status, 400)
    const parsed = JSON.parse(body) as Record<string, string>
    assert.equal(parsed['error'], 'invalid_request')
    assert.equal(parsed['error_description'], ' quoted      `name`')
    assert.equal(parsed['code'], 'malformed')
  })

  const errors: readonly (readonly [ReasonCode, string, number])[] = [
    ['unauthenticated', 'invalid_client', 401],
    ['replayed', 'invalid_client', 401],
    ['unsupported', 'unsupported_grant_type', 400],
    ['subject_mismatch', 'unauthorized_client', 400],
    ['subject_required', 'invalid_request', 400],
    ['token_expired', 'invalid_request', 400],
    ['not_found', 'invalid_target', 400],
    ['grant_exceeded', 'invalid_scope', 400],
    ['forbidden_by_policy', 'access_denied', 403],
    ['sponsor_inactive', 'access_denied', 403],
    ['rate_limited', 'temporarily_unavailable', 429],
    ['evidence_unavailable', 'temporarily_unavailable', 503],
  ]
  for (const [code, error, status] of errors)
    test(`at /token says ${error} for ${code}`, () => {
      const reply = answer('/token', refusal(reason(code, 'why')))
      assert.equal(reply.status, status)
      assert.equal((JSON.parse(reply.text) as { error: string }).error, error)
    })

  test('with status 401 carries a challenge', () => {
    const why = refusal(reason('unauthenticated', 'no credential was presented'))
    assert.equal(answer('/issue', why).headers['www-authenticate'], 'Bearer')
    const presented = answer('/token', why, { authorization: 'Bearer x' })
    assert.equal(presented.headers['www-authenticate'], 'Bearer error="invalid_token"')
  })
})

suite('the token goes out', () => {
  const permitted = async (path: string, body: string) => {
    const { port } = setup()
    const call = aCall(path, body)
    const classified = port.classify(call)
    assert.ok(classified.ok)
    const asked = await port.read(call, classified.value, caller)
    assert.ok(asked.ok)
    const permit = { asked: asked.value } as Permit<PlannedToken>
    const credential = {
      kind: 'token',
      token: 'the.signed.token',
      id: 'jti' as TokenId,
      expiresInSeconds: 300,
    } as const
    const { reply, outcome } = await port.forward(call, classified.value, permit, credential)
    assert.equal(outcome, null)
    assert.equal(reply.headers['cache-control'], 'no-store')
    assert.ok(reply.body instanceof Uint8Array)
    return JSON.parse(new TextDecoder().decode(reply.body)) as Json
  }

  test('in the short form from /issue', async () => {
    assert.deepEqual(await permitted('/issue', issue()), {
      token: 'the.signed.token',
      token_type: 'Bearer',
      expires_in: 300,
      jti: 'jti',
      txn: 'id-2',
    })
  })

  test('in the form of RFC 8693 from /token', async () => {
    assert.deepEqual(await permitted('/token', exchange({ requested_token_type: JWT_TYPE })), {
      access_token: 'the.signed.token',
      issued_token_type: JWT_TYPE,
      token_type: 'Bearer',
      expires_in: 300,
      jti: 'jti',
      txn: 'id-2',
      authorization_details: [{ type: 'agent_tool_call', locations: [billing] }],
    })
  })
})
