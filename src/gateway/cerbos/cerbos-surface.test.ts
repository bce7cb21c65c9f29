import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { epochMillis } from '../../core/clock.ts'
import type { Decision } from '../../core/decision.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Question } from '../../core/question.ts'
import { createHandle } from '../handle.ts'
import {
  ALLOW,
  DECISION_CALLER,
  denial,
  fakePath,
  inboundCall,
  receive,
} from '../testing/fake-path.ts'
import type { FakePath, Received } from '../testing/fake-path.ts'
import { CHECK_BYTES_MAX, createCerbosSurface, type CerbosDeps } from './cerbos-surface.ts'
import { createChecks, type CheckedResource, type CheckResource } from './check-resource.ts'
import { CHECK_ROLES_MAX, DEFAULT_CHECK_LIMITS } from './read-check.ts'
import { healthReply, serverInfoReply } from './server-info.ts'
import { createVerifyAuxData } from './verify-aux-data.ts'

const PATH = '/api/check/resources'
const JSON_HEADERS = { 'content-type': 'application/json' }

const REQUEST = {
  requestId: 'r-1',
  principal: { id: 'alice', roles: ['user', 'lead'], attr: { team: 'support' } },
  resources: [
    { actions: ['view', 'edit'], resource: { kind: 'album', id: 'a1', attr: { public: true } } },
    {
      actions: ['view'],
      resource: { kind: 'album', id: 'a2', scope: 'acme.hr', policyVersion: 'v2' },
    },
  ],
}

type Effects = (action: string) => Decision
type Told = Partial<Pick<CheckedResource, 'outputs' | 'validationErrors'>> & {
  readonly roles?: readonly string[]
}

const NOW = epochMillis(1_000_000_000)
const CLAIMS: Readonly<Record<string, JsonObject>> = {
  good: { sub: 'a', exp: 1_000_001 },
  expired: { exp: 1_000_000 },
  early: { nbf: 1_000_001 },
  future: { iat: 1_000_001 },
  odd: { exp: 'never' },
  plain: {},
}

type World = FakePath & {
  readonly call: (body: unknown, part?: object) => Promise<Received>
  readonly checked: { readonly actions: readonly string[]; readonly auxData: JsonObject }[]
}

function world(
  decide: Effects = () => ALLOW,
  told: Told = {},
  part: Partial<CerbosDeps> = {},
): World {
  const checked: World['checked'] = []
  const check: CheckResource = (_release, _question, facts, { actions }) => {
    checked.push({ actions, auxData: facts.auxData })
    return {
      actions: new Map(
        actions.map((action) => [
          action,
          { decision: decide(action), matchedPolicy: 'resource.album.vdefault', matchedScope: '' },
        ]),
      ),
      effectiveDerivedRoles: told.roles ?? [],
      outputs: told.outputs ?? [],
      validationErrors: told.validationErrors ?? [],
    }
  }
  const checks = createChecks(check)
  const path = fakePath({ caller: DECISION_CALLER })
  const verifyAuxData = createVerifyAuxData({
    clock: { now: () => NOW },
    keySets: new Map([['main', async (token: string) => CLAIMS[token] ?? null]]),
    skewSeconds: 0,
  })
  const deps = { checks, verifyAuxData, limits: DEFAULT_CHECK_LIMITS, ...part }
  const gather: typeof path.deps.gather = async (caller, asked, release) => {
    const facts = await path.deps.gather(caller, asked, release)
    return facts.ok ? { ok: true, value: { ...facts.value, auxData: asked.auxData ?? {} } } : facts
  }
  const seen: Question[] = path.questions
  const handle = createHandle(
    {
      ...path.deps,
      gather,
      decide: (release, question, facts) => {
        seen.push(question)
        return checks.decide(release, question, facts)
      },
    },
    createCerbosSurface(deps),
  )
  const call: World['call'] = async (body, more = {}) =>
    receive(
      await handle(
        inboundCall({
          path: PATH,
          headers: JSON_HEADERS,
          body: typeof body === 'string' ? body : JSON.stringify(body),
          ...more,
        }),
      ),
    )
  return { ...path, call, checked }
}

const json = (received: Received): Record<string, unknown> =>
  JSON.parse(received.text) as Record<string, unknown>

suite('the answer to a check', () => {
  test('has each action of each resource, in the order of the request', async () => {
    const { call, records } = world((action) => (action === 'view' ? ALLOW : denial('no')))
    const reply = await call(REQUEST)
    assert.equal(reply.status, 200)
    assert.deepEqual(json(reply), {
      requestId: 'r-1',
      results: [
        {
          resource: { id: 'a1', kind: 'album' },
          actions: { view: 'EFFECT_ALLOW', edit: 'EFFECT_DENY' },
        },
        {
          resource: { id: 'a2', kind: 'album', policyVersion: 'v2', scope: 'acme.hr' },
          actions: { view: 'EFFECT_ALLOW' },
        },
      ],
      cerbosCallId: records[0]?.decisionId,
    })
  })

  test('tells what decided only where it is asked to', async () => {
    const { call } = world(() => ALLOW, { roles: ['owner'] })
    const [plain] = json(await call(REQUEST))['results'] as { meta?: Json }[]
    assert.equal(plain?.meta, undefined)
    const [first] = json(await call({ ...REQUEST, includeMeta: true }))['results'] as {
      meta?: Json
    }[]
    assert.deepEqual(first?.meta, {
      actions: {
        view: { matchedPolicy: 'resource.album.vdefault' },
        edit: { matchedPolicy: 'resource.album.vdefault' },
      },
      effectiveDerivedRoles: ['owner'],
    })
  })

  test('has outputs and validation errors', async () => {
    const outputs = [{ src: 'resource.album.vdefault#r', action: 'view', val: { n: 1 } }]
    const validationErrors = [{ path: '/n', message: 'wrong', source: 'SOURCE_RESOURCE' }]
    const { call } = world(() => ALLOW, { outputs, validationErrors })
    const [first] = json(await call(REQUEST))['results'] as Record<string, Json>[]
    assert.deepEqual(first?.['outputs'], outputs)
    assert.deepEqual(first?.['validationErrors'], validationErrors)
  })

  test('repeats the root scope as it was sent, and decides in the root', async () => {
    const { call, questions } = world()
    const reply = await call(withResource({ scope: '.' }))
    const [first] = json(reply)['results'] as { resource: Json }[]
    assert.deepEqual(first?.resource, { id: 'a1', kind: 'album', scope: '.' })
    assert.equal(questions[0]?.ask.resource.scope, '')
  })

  test('names that mean something to JavaScript are ordinary names', async () => {
    const { call } = world()
    const text = `{"principal":{"id":"__proto__","roles":["constructor"]},"resources":[{"actions":["__proto__","toString"],"resource":{"kind":"hasOwnProperty","id":"__proto__","attr":{"__proto__":{"a":1}}}}]}`
    const reply = await call(text)
    assert.equal(reply.status, 200)
    assert.ok(
      reply.text.includes('"actions":{"__proto__":"EFFECT_ALLOW","toString":"EFFECT_ALLOW"}'),
    )
  })
})

suite('what is asked', () => {
  test('each resource is evaluated once, with all its actions', async () => {
    const { call, checked, questions } = world()
    await call(REQUEST)
    assert.deepEqual(
      checked.map(({ actions }) => actions),
      [['view', 'edit'], ['view']],
    )
    assert.equal(questions.length, 3)
  })

  test('values are those that were sent; what was not sent is empty', async () => {
    const { call, questions } = world()
    await call(REQUEST)
    assert.deepEqual(JSON.parse(JSON.stringify(questions[0]?.ask)), {
      action: 'view',
      resource: { kind: 'album', id: 'a1', attr: { public: true }, policyVersion: '', scope: '' },
    })
  })

  test('one durable record stands for the whole check, and says on whose word', async () => {
    const { call, records } = world(() => denial('no'))
    await call(REQUEST)
    assert.equal(records.length, 1)
    assert.equal(records[0]?.effect, 'not_observed')
    assert.equal(records[0]?.assertedBy, 'local')
    assert.equal(records[0]?.items.length, 3)
  })

  test('both spellings of a field mean the same, and null means absence', async () => {
    const { call, questions } = world()
    const reply = await call({
      request_id: 'x',
      include_meta: null,
      aux_data: null,
      request_context: { annotations: { why: 1 } },
      principal: { ...REQUEST.principal, policy_version: 'v1', attr: null, scope: null },
      resources: [{ actions: ['a'], resource: { kind: 'k', id: 'i', policy_version: 'v2' } }],
    })
    assert.equal(reply.status, 200)
    assert.equal(json(reply)['requestId'], 'x')
    assert.equal(questions[0]?.ask.resource.policyVersion, 'v2')
  })
})

const entry = REQUEST.resources[0] ?? assert.fail()
const withPrincipal = (part: object): unknown => ({
  ...REQUEST,
  principal: { ...REQUEST.principal, ...part },
})
const withEntry = (part: object): unknown => ({ ...REQUEST, resources: [{ ...entry, ...part }] })
const withResource = (part: object): unknown =>
  withEntry({ resource: { ...entry.resource, ...part } })
const many = (length: number): string[] => Array.from({ length }, (_, i) => `n${i}`)

const SCOPE_RULE =
  'does not match regex pattern `^(^$|\\.|[0-9a-zA-Z][\\w\\-]*(\\.\\w[\\w\\-]*)*)$`'

const BREAKS_A_RULE: readonly (readonly [string, unknown, string])[] = [
  ['no principal', { resources: REQUEST.resources }, 'principal: value is required'],
  ['an empty principal id', withPrincipal({ id: '' }), 'principal.id: value is required'],
  ['no roles', withPrincipal({ roles: [] }), 'principal.roles: value is required'],
  [
    'an empty role',
    withPrincipal({ roles: [''] }),
    'principal.roles[0]: must be at least 1 characters',
  ],
  [
    'a role twice',
    withPrincipal({ roles: ['a', 'b', 'a'] }),
    'principal.roles: repeated value must contain unique items',
  ],
  [
    'an odd version',
    withPrincipal({ policyVersion: 'v-1' }),
    'principal.policy_version: does not match regex pattern `^[\\w]*$`',
  ],
  ['an odd scope', withResource({ scope: '.a' }), `resources[0].resource.scope: ${SCOPE_RULE}`],
  ['no resources', { ...REQUEST, resources: [] }, 'resources: value is required'],
  [
    'a resource that is null',
    withEntry({ resource: null }),
    'resources[0].resource: value is required',
  ],
  ['no actions', withEntry({ actions: [] }), 'resources[0].actions: value is required'],
  [
    'an action twice',
    withEntry({ actions: [...many(9), 'n1'] }),
    'resources[0].actions: repeated value must contain unique items',
  ],
  ['an empty kind', withResource({ kind: '' }), 'resources[0].resource.kind: value is required'],
  ['no id', withResource({ id: undefined }), 'resources[0].resource.id: value is required'],
  [
    'a token that is empty',
    { ...REQUEST, auxData: { jwt: { token: '' } } },
    'aux_data.jwt.token: value is required',
  ],
  [
    'a named token that is empty',
    { ...REQUEST, auxData: { jwts: { a: {} } } },
    'aux_data.jwts["a"].token: value is required',
  ],
  [
    'one token and several',
    { ...REQUEST, auxData: { jwt: { token: 'good' }, jwts: { a: { token: 'good' } } } },
    'aux_data: Only one of the jwt or jwts fields must be set',
  ],
  [
    'an annotation without a name',
    { ...REQUEST, requestContext: { annotations: { '': 1 } } },
    'request_context.annotations[""]: must be at least 1 characters',
  ],
]

const HAS_ANOTHER_TYPE: readonly (readonly [string, unknown, RegExp])[] = [
  ['an array', [REQUEST], /^proto: syntax error \(line 1:1\): unexpected token \[$/],
  [
    'a number for an id',
    withPrincipal({ id: 7 }),
    /^proto: \(line 1:38\): invalid value for string field id$/,
  ],
  ['a null in a list', withPrincipal({ roles: [null] }), /invalid value for string field roles$/],
  ['an array for attributes', withPrincipal({ attr: [] }), /unexpected token \[$/],
  ['an entry that is a string', { ...REQUEST, resources: ['secret'] }, /unexpected token$/],
  ['an unknown field', { ...REQUEST, principals: [] }, /unknown field "principals"$/],
  ['an unknown field of the principal', withPrincipal({ groups: [] }), /unknown field "groups"$/],
  ['an unknown field of an entry', withEntry({ effect: 'x' }), /unknown field "effect"$/],
  ['an unknown field of a resource', withResource({ attrs: {} }), /unknown field "attrs"$/],
  ['a name that could be content', { ...REQUEST, 'secret: 1': 1 }, /unknown field "\?"$/],
  ['both spellings of a field', { ...REQUEST, request_id: 'x' }, /duplicate field "request_id"$/],
  ['a flag that is no boolean', { ...REQUEST, includeMeta: 'yes' }, /bool field includeMeta$/],
  ['a context that is a list', { ...REQUEST, requestContext: [] }, /unexpected token \[$/],
  [
    'a token that is a number',
    { ...REQUEST, auxData: { jwt: { token: 1 } } },
    /string field token$/,
  ],
  [
    'too many resources',
    { ...REQUEST, resources: many(51).map(() => entry) },
    /^number of resources in batch \(51\) exceeds configured limit \(50\)$/,
  ],
  ['too many actions', withEntry({ actions: many(51) }), /^number of actions \(51\) exceeds/],
  ['too many roles', withPrincipal({ roles: many(CHECK_ROLES_MAX + 1) }), /^number of roles/],
  ['a duplicate key', JSON.stringify(REQUEST).replace('{', '{"requestId":"x",'), /duplicate key/],
  ['a truncated body', JSON.stringify(REQUEST).slice(0, -1), /character/],
]

suite('what is refused', () => {
  for (const [name, body, message] of BREAKS_A_RULE)
    test(`${name}: 400 with the field, and a record`, async () => {
      const { call, records, questions } = world()
      const reply = await call(body)
      const answer = json(reply)
      assert.equal(reply.status, 400)
      assert.equal(answer['code'], 3)
      assert.equal(answer['message'], `validation error: ${message}`)
      const [details] = answer['details'] as { violations: { message: string }[] }[]
      assert.equal(details?.violations.length, 1)
      assert.equal(questions.length, 0)
      assert.equal(records[0]?.effect, 'withheld')
    })

  for (const [name, body, message] of HAS_ANOTHER_TYPE)
    test(`${name}: 400 that says where and never what, and a record`, async () => {
      const { call, records, questions } = world()
      const reply = await call(body)
      const answer = json(reply)
      assert.equal(reply.status, 400)
      assert.deepEqual(Object.keys(answer), ['code', 'message'])
      assert.match(String(answer['message']), message)
      assert.ok(!reply.text.includes('secret'))
      assert.equal(questions.length, 0)
      assert.equal(records[0]?.effect, 'withheld')
    })

  test('everything that breaks a rule is listed, in the order of the fields', async () => {
    const { call } = world()
    const reply = await call({ principal: {}, resources: [{}] })
    assert.equal(
      json(reply)['message'],
      'validation errors:\n - principal.id: value is required\n - principal.roles: value is required\n - resources[0].actions: value is required\n - resources[0].resource: value is required',
    )
  })

  test('a field in the third line is said to be there', async () => {
    const { call } = world()
    const reply = await call('{\n "principal": {"id": "ü", "roles": ["a"],\n  "bad": 1}}')
    assert.equal(json(reply)['message'], 'proto: (line 3:3): unknown field "bad"')
  })

  test('other calls of the API do not exist here', async () => {
    const { call } = world()
    const plan = await call(REQUEST, { path: '/api/plan/resources' })
    assert.deepEqual([plan.status, json(plan)['code']], [404, 5])
    const get = await call(REQUEST, { method: 'GET' })
    assert.deepEqual([get.status, json(get)['code']], [501, 12])
  })

  test('a body of another type or in another encoding', async () => {
    const { call } = world()
    for (const type of ['text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', ''])
      assert.equal((await call(REQUEST, { headers: { 'content-type': type } })).status, 200, type)
    for (const headers of [
      { 'content-type': 'multipart/form-data' },
      { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
    ])
      assert.equal((await call(REQUEST, { headers })).status, 400)
  })

  test('an unknown caller gets 401', async () => {
    const path = fakePath({})
    const { checks, verifyAuxData } = {
      checks: createChecks(() => assert.fail()),
      verifyAuxData: () => assert.fail(),
    }
    const surface = createCerbosSurface({ checks, verifyAuxData, limits: DEFAULT_CHECK_LIMITS })
    const call = inboundCall({ path: PATH, headers: JSON_HEADERS, body: JSON.stringify(REQUEST) })
    const reply = await receive(await createHandle(path.deps, surface)(call))
    assert.deepEqual([reply.status, json(reply)['code']], [401, 16])
    assert.equal(reply.headers['www-authenticate'], 'Bearer')
  })

  test('a body that is too large is answered with 413', async () => {
    const { call } = world()
    const reply = await call('x', { body: new Uint8Array(CHECK_BYTES_MAX + 1) })
    assert.equal(reply.status, 413)
  })

  test('the limits of the configuration count', async () => {
    const { call } = world(() => ALLOW, {}, { limits: { resourcesMax: 1, actionsMax: 50 } })
    assert.match((await call(REQUEST)).text, /in batch \(2\) exceeds configured limit \(1\)/)
    const full = world()
    const resources = many(50).map((id) => ({ actions: many(50), resource: { kind: 'a', id } }))
    assert.equal((await full.call({ ...REQUEST, resources })).status, 200)
    assert.equal(full.questions.length, 2500)
  })
})

suite('tokens beside a check', () => {
  const auxData = async (sent: object): Promise<Json | number> => {
    const { call, checked } = world()
    const reply = await call({ ...REQUEST, auxData: sent })
    if (reply.status !== 200) return reply.text
    return JSON.parse(JSON.stringify(checked[0]?.auxData)) as Json
  }
  const INVALID = '{"code":3,"message":"invalid auxData"}'

  test('become claims that policies read', async () => {
    const claims = CLAIMS['good']
    assert.deepEqual(await auxData({ jwt: { token: 'good' } }), { jwt: claims, jwts: {} })
    assert.deepEqual(await auxData({ jwt: { token: 'good', keySetId: 'main' } }), {
      jwt: claims,
      jwts: {},
    })
    assert.deepEqual(await auxData({ jwts: { a: { token: 'good', key_set_id: 'main' } } }), {
      jwt: {},
      jwts: { a: { claims } },
    })
    assert.deepEqual(await auxData({ jwt: { token: 'plain' } }), { jwt: {}, jwts: {} })
    assert.deepEqual(await auxData({}), { jwt: {}, jwts: {} })
  })

  for (const token of ['unsigned', 'expired', 'early', 'future', 'odd'])
    test(`a token that is ${token} fails the whole check, without saying why`, async () => {
      assert.equal(await auxData({ jwt: { token } }), INVALID)
      assert.equal(await auxData({ jwts: { a: { token: 'good' }, b: { token } } }), INVALID)
    })

  test('a key set that nobody configured is no key set', async () => {
    assert.equal(await auxData({ jwt: { token: 'good', keySetId: 'other' } }), INVALID)
  })

  test('several key sets must be named', async () => {
    const verify = async (): Promise<JsonObject> => ({})
    const verifyAuxData = createVerifyAuxData({
      clock: { now: () => NOW },
      keySets: new Map([
        ['a', verify],
        ['b', verify],
      ]),
      skewSeconds: 0,
    })
    const tokens = (keySet: string) => ({ jwt: { token: 't', keySet }, jwts: [] })
    assert.equal((await verifyAuxData(tokens(''))).ok, false)
    assert.equal((await verifyAuxData(tokens('b'))).ok, true)
  })

  test('clocks may be off by as much as is configured', async () => {
    const verifyAuxData = createVerifyAuxData({
      clock: { now: () => NOW },
      keySets: new Map([['a', async (token: string) => CLAIMS[token] ?? null]]),
      skewSeconds: 1,
    })
    for (const token of ['expired', 'early', 'future'])
      assert.equal((await verifyAuxData({ jwt: { token, keySet: '' }, jwts: [] })).ok, true, token)
  })
})

test('any JSON is answered: an effect for every action, or a refusal', async () => {
  const { call } = world()
  const value = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        principal: fc.record({
          id: fc.string(),
          roles: fc.array(fc.string(), { maxLength: 3 }),
          attr: fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue())),
        }),
        resources: fc.array(
          fc.record({
            actions: fc.array(fc.string(), { maxLength: 3 }),
            resource: fc.record(
              { kind: fc.string(), id: fc.string(), scope: fc.constantFrom('', 'a', '.', '..') },
              { requiredKeys: ['kind', 'id'] },
            ),
          }),
          { maxLength: 3 },
        ),
        auxData: fc.oneof(fc.constant(null), fc.jsonValue()),
        requestContext: fc.jsonValue(),
        requestId: fc.oneof(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: ['principal', 'resources'] },
    ),
  )
  await fc.assert(
    fc.asyncProperty(value, async (body) => {
      const reply = await call(JSON.stringify(body))
      if (reply.status !== 200) return assert.equal(reply.status, 400)
      const sent = body as { resources: { actions: string[] }[] }
      const { results } = JSON.parse(reply.text) as {
        results: { actions: Record<string, string> }[]
      }
      assert.deepEqual(
        results.map(({ actions }) => Object.keys(actions).sort()),
        sent.resources.map(({ actions }) => [...actions].sort()),
      )
    }),
    { numRuns: 500 },
  )
})

test('any bytes, and a request of which any part was cut out or changed, are answered', async () => {
  const { call } = world()
  const text = JSON.stringify({ ...REQUEST, auxData: { jwts: { a: { token: 'good' } } } })
  const place = fc.nat({ max: text.length })
  const changed = fc
    .tuple(place, place, fc.string({ maxLength: 3 }))
    .map(([from, to, put]) => text.slice(0, from) + put + text.slice(Math.max(from, to)))
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    changed.map((one) => new TextEncoder().encode(one)),
  )
  await fc.assert(
    fc.asyncProperty(bytes, async (body) => {
      const reply = await call('', { body })
      assert.ok([200, 400].includes(reply.status), String(reply.status))
      const answer = json(reply)
      assert.ok(Array.isArray(answer['results']) || answer['code'] === 3)
    }),
    { numRuns: 500 },
  )
})

test('says that it serves, and what it is', async () => {
  assert.equal((await receive(healthReply())).text, '{"status":"SERVING"}')
  const info = await receive(serverInfoReply({ version: '0.1.0', commit: '', buildDate: '' }))
  assert.deepEqual(JSON.parse(info.text), { version: '0.1.0', commit: '', buildDate: '' })
})
