import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Decision } from '../../core/decision.ts'
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
import { CERBOS_SURFACE, CHECK_BYTES_MAX } from './cerbos-surface.ts'
import { CHECK_ACTIONS_MAX, CHECK_RESOURCES_MAX, CHECK_ROLES_MAX } from './read-check.ts'
import { healthReply, serverInfoReply } from './server-info.ts'

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

type World = FakePath & { readonly call: (body: unknown, part?: object) => Promise<Received> }

function world(decide: (question: Question) => Decision = () => ALLOW): World {
  const path = fakePath({ decide, caller: DECISION_CALLER })
  const handle = createHandle(path.deps, CERBOS_SURFACE)
  const call: World['call'] = async (body, part = {}) =>
    receive(
      await handle(
        inboundCall({
          path: PATH,
          headers: JSON_HEADERS,
          body: typeof body === 'string' ? body : JSON.stringify(body),
          ...part,
        }),
      ),
    )
  return { ...path, call }
}

test('answers each action of each resource, in the order of the request', async () => {
  const { call, records } = world(({ ask }) => (ask.action === 'view' ? ALLOW : denial('no')))
  const reply = await call(REQUEST)
  assert.equal(reply.status, 200)
  assert.deepEqual(JSON.parse(reply.text), {
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

test('asks with the values as sent and the defaults of the API', async () => {
  const { call, questions } = world()
  await call(REQUEST)
  assert.deepEqual(
    questions.map(({ ask }) => JSON.parse(JSON.stringify(ask)) as unknown),
    [
      {
        action: 'view',
        resource: {
          kind: 'album',
          id: 'a1',
          attr: { public: true },
          policyVersion: 'default',
          scope: '',
        },
      },
      {
        action: 'edit',
        resource: {
          kind: 'album',
          id: 'a1',
          attr: { public: true },
          policyVersion: 'default',
          scope: '',
        },
      },
      {
        action: 'view',
        resource: { kind: 'album', id: 'a2', attr: {}, policyVersion: 'v2', scope: 'acme.hr' },
      },
    ],
  )
})

test('the principal travels as data: it is asserted, never the caller', async () => {
  const call = inboundCall({ path: PATH, headers: JSON_HEADERS, body: JSON.stringify(REQUEST) })
  const classified = CERBOS_SURFACE.classify(call)
  assert.ok(classified.ok)
  assert.deepEqual(classified.value, {
    surface: 'cerbos',
    expects: 'decision_caller',
    audience: null,
  })
  const asked = await CERBOS_SURFACE.read(call, classified.value, DECISION_CALLER)
  assert.ok(asked.ok)
  assert.equal(asked.value.kind, 'check')
  assert.deepEqual(JSON.parse(JSON.stringify(asked.value.asserted)), {
    id: 'alice',
    roles: ['user', 'lead'],
    attr: { team: 'support' },
    policyVersion: 'default',
    scope: '',
  })
})

test('one durable record stands for the whole check', async () => {
  const { call, records } = world(() => denial('no'))
  await call(REQUEST)
  assert.equal(records.length, 1)
  assert.equal(records[0]?.effect, 'not_observed')
  assert.equal(records[0]?.assertedBy, 'local')
  assert.equal(records[0]?.items.length, 3)
})

test('names that mean something to JavaScript are ordinary names', async () => {
  const { call } = world()
  const text = `{"principal":{"id":"__proto__","roles":["constructor"]},"resources":[{"actions":["__proto__","toString"],"resource":{"kind":"hasOwnProperty","id":"__proto__","attr":{"__proto__":{"a":1}}}}]}`
  const reply = await call(text)
  assert.equal(reply.status, 200)
  assert.ok(reply.text.includes('"actions":{"__proto__":"EFFECT_ALLOW","toString":"EFFECT_ALLOW"}'))
})

test('leaves out a request id that was not sent, and takes null for absent', async () => {
  const { call } = world()
  const reply = await call({
    ...REQUEST,
    requestId: null,
    auxData: null,
    includeMeta: true,
    principal: { ...REQUEST.principal, attr: null, scope: null, policyVersion: null },
  })
  assert.equal(reply.status, 200)
  assert.equal(Object.hasOwn(JSON.parse(reply.text) as object, 'requestId'), false)
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

for (const [name, body, message] of [
  ['no principal', { resources: REQUEST.resources }, /^`principal` must/],
  ['an empty principal id', withPrincipal({ id: '' }), /`principal\.id`/],
  ['a principal id that is a number', withPrincipal({ id: 7 }), /`principal\.id`/],
  ['no roles', withPrincipal({ roles: [] }), /`principal\.roles`/],
  ['absent roles', withPrincipal({ roles: undefined }), /`principal\.roles`/],
  ['an empty role', withPrincipal({ roles: [''] }), /`principal\.roles`/],
  ['a role twice', withPrincipal({ roles: ['a', 'b', 'a'] }), /`principal\.roles` .*twice/],
  ['too many roles', withPrincipal({ roles: many(CHECK_ROLES_MAX + 1) }), /`principal\.roles`/],
  ['attributes that are an array', withPrincipal({ attr: [] }), /`principal\.attr`/],
  ['a version with odd characters', withPrincipal({ policyVersion: 'v-1' }), /policyVersion/],
  ['a scope with odd characters', withPrincipal({ scope: '.a' }), /scope/],
  ['an unknown field of the principal', withPrincipal({ groups: [] }), /`principal\.groups`/],
  ['no resources', { ...REQUEST, resources: [] }, /`resources`/],
  [
    'too many resources',
    { ...REQUEST, resources: many(CHECK_RESOURCES_MAX + 1).map(() => entry) },
    /1 to 50/,
  ],
  ['a resource that is null', withEntry({ resource: null }), /`resources\[0\]\.resource`/],
  ['an entry that is a string', { ...REQUEST, resources: ['a'] }, /`resources\[0\]`/],
  ['no actions', withEntry({ actions: [] }), /`resources\[0\]\.actions`/],
  ['an action twice', withEntry({ actions: ['a', 'a'] }), /twice/],
  ['too many actions', withEntry({ actions: many(CHECK_ACTIONS_MAX + 1) }), /1 to 50/],
  ['an unknown field of an entry', withEntry({ effect: 'x' }), /`resources\[0\]\.effect`/],
  ['an empty kind', withResource({ kind: '' }), /`resources\[0\]\.resource\.kind`/],
  ['no id', withResource({ id: undefined }), /`resources\[0\]\.resource\.id`/],
  ['an unknown field of a resource', withResource({ attrs: {} }), /attrs/],
  ['an unknown field', { ...REQUEST, principals: [] }, /`principals`/],
  ['a request id that is no string', { ...REQUEST, requestId: 1 }, /`requestId`/],
  ['a flag that is no boolean', { ...REQUEST, includeMeta: 'yes' }, /`includeMeta`/],
  [
    'auxiliary data',
    { ...REQUEST, auxData: { jwt: { token: 'x' } } },
    /^`auxData` is not supported/,
  ],
  ['a request context', { ...REQUEST, requestContext: {} }, /^`requestContext` is not supported/],
  ['an array', [REQUEST], /body must be an object/],
  ['a duplicate key', JSON.stringify(REQUEST).replace('{', '{"requestId":"x",'), /duplicate key/],
  ['a truncated body', JSON.stringify(REQUEST).slice(0, -1), /character/],
  ['a name that could be content', { ...REQUEST, 'secret: 1': 1 }, /^`\?` is not a field/],
] as const) {
  test(`refuses ${name} with a 400 that says where, and records it`, async () => {
    const { call, records, questions } = world()
    const reply = await call(body)
    const answer = JSON.parse(reply.text) as { code: number; message: string; details: unknown[] }
    assert.equal(reply.status, 400)
    assert.deepEqual(Object.keys(answer), ['code', 'message', 'details'])
    assert.equal(answer.code, 3)
    assert.match(answer.message, message)
    assert.equal(questions.length, 0)
    assert.equal(records[0]?.effect, 'withheld')
  })
}

test('takes as many resources and actions as it says', async () => {
  const { call, questions } = world()
  const actions = many(CHECK_ACTIONS_MAX)
  const resources = many(CHECK_RESOURCES_MAX).map((id) => ({
    actions,
    resource: { kind: 'a', id },
  }))
  assert.equal((await call({ ...REQUEST, resources })).status, 200)
  assert.equal(questions.length, CHECK_RESOURCES_MAX * CHECK_ACTIONS_MAX)
})

test('other calls of the API do not exist here', async () => {
  const { call } = world()
  for (const part of [{ method: 'GET' }, { path: '/api/plan/resources' }, { path: '/api/check' }]) {
    const reply = await call(REQUEST, part)
    assert.equal(reply.status, 404)
    assert.equal((JSON.parse(reply.text) as { code: number }).code, 5)
  }
})

test('an unknown caller gets 401', async () => {
  const path = fakePath({})
  const call = inboundCall({ path: PATH, headers: JSON_HEADERS, body: JSON.stringify(REQUEST) })
  const reply = await receive(await createHandle(path.deps, CERBOS_SURFACE)(call))
  assert.equal(reply.status, 401)
  assert.equal((JSON.parse(reply.text) as { code: number }).code, 16)
  assert.equal(reply.headers['www-authenticate'], 'Bearer')
})

test('a body that is too large is answered with 413', async () => {
  const { call } = world()
  const reply = await call('x', { body: new Uint8Array(CHECK_BYTES_MAX + 1) })
  assert.equal(reply.status, 413)
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
          attr: fc.jsonValue(),
        }),
        resources: fc.array(
          fc.record({
            actions: fc.array(fc.string(), { maxLength: 3 }),
            resource: fc.record(
              { kind: fc.string(), id: fc.string(), scope: fc.string() },
              { requiredKeys: ['kind', 'id'] },
            ),
          }),
          { maxLength: 3 },
        ),
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
    { numRuns: 300 },
  )
})

test('says that it serves, and what it is', async () => {
  assert.equal((await receive(healthReply())).text, '{"status":"SERVING"}')
  const info = await receive(serverInfoReply({ version: '0.1.0', commit: '', buildDate: '' }))
  assert.deepEqual(JSON.parse(info.text), { version: '0.1.0', commit: '', buildDate: '' })
})
