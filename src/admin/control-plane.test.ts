import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { epochMillis } from '../core/clock.ts'
import type { Change } from '../core/change.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import type { InboundCall, Reply } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import type { RecordDraft } from '../core/record.ts'
import { fail, ok } from '../core/result.ts'
import { createControlPlane, type ControlPlaneDeps } from './control-plane.ts'

const OPERATOR = 'the-operator-credential'

function plane(part: Partial<ControlPlaneDeps> = {}) {
  const commits: { draft: RecordDraft; changes: readonly Change[] }[] = []
  const strangers: RecordDraft[] = []
  let ids = 0
  const handle = createControlPlane({
    clock: { now: () => epochMillis(1) },
    newId: () => `id-${++ids}`,
    commit: async (draft, changes) => {
      commits.push({ draft, changes })
      return ok({ id: draft.id, index: 7, leaf: '' as never, at: draft.at })
    },
    isOperator: (presented) => presented === OPERATOR,
    recordStranger: (draft) => void strangers.push(draft),
    sponsorStatus: (id) => (id === ('dana' as never) ? 'active' : 'unknown'),
    agentStatus: (id) => (id === ('triage' as never) ? 'active' : 'unknown'),
    readiness: async () => [{ name: 'ledger', status: 'pass', detail: 'fine' }],
    signIn: (person) => (person === 'alice' ? { token: 'person-token' } : null),
    tool: async (server, tool) =>
      server === 'crm' && tool === 'find'
        ? {
            definition: { name: 'find' },
            digest: 'sha256:new' as never,
            pinned: 'sha256:old' as never,
          }
        : null,
    ...part,
  })
  const ask = async (
    method: string,
    path: string,
    headers: InboundCall['headers'] = AS_OPERATOR,
    body = '{"digest":"sha256:new"}',
  ) => {
    const reply = await handle({
      tenant: DEFAULT_TENANT,
      method,
      path,
      query: '',
      headers,
      source: '127.0.0.1',
      receivedAt: epochMillis(0),
      body: async () => ok(new TextEncoder().encode(body)),
      signal: new AbortController().signal,
    })
    return { ...reply, json: jsonOf(reply) }
  }
  return { ask, commits, strangers }
}

const AS_OPERATOR = { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' }

function jsonOf(reply: Reply): Record<string, unknown> {
  assert.ok(reply.body instanceof Uint8Array)
  return JSON.parse(new TextDecoder().decode(reply.body)) as Record<string, unknown>
}

test('every address asks for the credential first, and a wrong one is recorded', async () => {
  for (const authorization of [
    undefined,
    '',
    'Bearer ',
    'Bearer wrong',
    `Basic ${OPERATOR}`,
    OPERATOR,
    `Bearer ${OPERATOR} x`,
    'Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln',
  ]) {
    for (const path of ['/health', '/readiness', '/sponsors/dana:suspend', '/nothing']) {
      const { ask, commits, strangers } = plane()
      const headers = authorization === undefined ? {} : { authorization }
      const reply = await ask('POST', path, headers)
      assert.equal(reply.status, 401)
      assert.equal(reply.headers['www-authenticate'], 'Bearer')
      assert.equal(reply.json['code'], 'unauthenticated')
      assert.equal(commits.length, 0)
      assert.deepEqual(
        strangers.map((draft) => [draft.surface, draft.decision, draft.reason?.code]),
        [['control', 'deny', 'unauthenticated']],
      )
      assert.equal(reply.headers['reeve-decision-id'], strangers[0]?.decisionId)
      assert.ok(
        authorization === undefined ||
          authorization.length < 8 ||
          !JSON.stringify(strangers).includes(authorization),
      )
    }
  }
})

test('each change is committed with its record, and answered with both', async () => {
  for (const [path, type, kind] of [
    ['/sponsors/dana:suspend', 'sponsor.suspended', 'set_sponsor_status'],
    ['/sponsors/dana:reactivate', 'sponsor.reactivated', 'set_sponsor_status'],
    ['/agents/triage:stop', 'agent.stopped', 'set_agent_status'],
    ['/agents/triage:start', 'agent.started', 'set_agent_status'],
    ['/servers/crm/tools/find:accept', 'tool.accepted', 'pin_tool'],
  ] as const) {
    const { ask, commits } = plane()
    const reply = await ask('POST', path)
    assert.equal(reply.status, 200, path)
    assert.deepEqual(
      [commits.length, commits[0]?.draft.type, commits[0]?.changes[0]?.kind],
      [1, type, kind],
    )
    assert.equal(commits[0]?.draft.principal, 'operator')
    assert.deepEqual([reply.json['done'], reply.json['record']], [type, 7])
    assert.equal(reply.headers['reeve-decision-id'], commits[0]?.draft.decisionId)
  }
})

test('a sign-in is recorded before the token leaves, and exists in development only', async () => {
  const { ask, commits } = plane()
  assert.deepEqual((await ask('POST', '/people/alice:sign-in')).json, { token: 'person-token' })
  assert.deepEqual([commits[0]?.draft.subject, commits[0]?.draft.action], ['alice', 'sign_in'])
  assert.ok(!JSON.stringify(commits).includes('person-token'))
  assert.equal((await ask('POST', '/people/mallory:sign-in')).status, 404)
  assert.equal((await plane({ signIn: null }).ask('POST', '/people/alice:sign-in')).status, 404)
  const full = plane({ commit: async () => fail(reason('evidence_unavailable', 'full')) })
  const refused = await full.ask('POST', '/people/alice:sign-in')
  assert.equal(refused.status, 503)
  assert.equal(refused.json['token'], undefined)
})

test('a definition is shown for review, and accepted only by the digest of what was looked at', async () => {
  const { ask, commits } = plane()
  assert.deepEqual((await ask('GET', '/servers/crm/tools/find')).json, {
    definition: { name: 'find' },
    digest: 'sha256:new',
    pinned: 'sha256:old',
  })
  assert.equal((await ask('GET', '/servers/crm/tools/gone')).status, 404)
  const path = '/servers/crm/tools/find:accept'
  assert.equal((await ask('POST', path, AS_OPERATOR, '{"digest":"sha256:other"}')).status, 409)
  for (const body of ['', '{}', '{"digest":1}', '[]', '{"digest":"a","digest":"sha256:new"}'])
    assert.equal((await ask('POST', path, AS_OPERATOR, body)).status, 400, body)
  assert.equal(commits.length, 0)
})

test('what is not there is 404, whatever is asked about it', async () => {
  const { ask, commits } = plane()
  for (const path of [
    '/sponsors/nobody:suspend',
    '/sponsors/%zz:suspend',
    '/sponsors/a%2Fb:suspend',
    '/sponsors/:suspend',
    '/agents/nobody:stop',
    '/agents/Triage:stop',
    '/agents/__proto__:stop',
    '/servers/crm/tools/gone:accept',
    '/sponsors/dana',
    '/mcp/payments',
    '/issue',
  ])
    assert.equal((await ask('POST', path)).status, 404, path)
  assert.equal((await ask('GET', '/sponsors/dana:suspend')).status, 404)
  assert.equal((await ask('DELETE', '/agents/triage:stop')).status, 404)
  assert.equal(commits.length, 0)
})

test('a change needs a JSON content type, so that no web form can make one', async () => {
  for (const type of [
    undefined,
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
  ]) {
    const { ask, commits } = plane()
    const { authorization } = AS_OPERATOR
    const headers = { authorization, ...(type === undefined ? {} : { 'content-type': type }) }
    assert.equal((await ask('POST', '/sponsors/dana:suspend', headers)).status, 415)
    assert.equal(commits.length, 0)
  }
})

test('a change that is not durable is not answered as done', async () => {
  const { ask } = plane({
    commit: async () => fail(reason('evidence_unavailable', 'the disk is full')),
  })
  const reply = await ask('POST', '/sponsors/dana:suspend')
  assert.deepEqual([reply.status, reply.json['code']], [503, 'evidence_unavailable'])
  assert.equal(reply.headers['content-type'], 'application/problem+json')
})

test('readiness is 503 as soon as one probe fails, and a warning is not a failure', async () => {
  const of = (status: 'pass' | 'warn' | 'fail') =>
    plane({ readiness: async () => [{ name: 'x', status, detail: '' }] }).ask('GET', '/readiness')
  assert.deepEqual(
    [(await of('pass')).status, (await of('warn')).status, (await of('fail')).status],
    [200, 200, 503],
  )
  assert.deepEqual((await plane().ask('GET', '/health')).json, { status: 'serving' })
})

test('any path and method is answered, and without the credential with 401 only', async () => {
  const { ask } = plane()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT'),
      fc.webPath(),
      fc.boolean(),
      async (method, path, known) => {
        const { status } = await ask(method, path, known ? AS_OPERATOR : {})
        assert.ok(known ? [200, 404].includes(status) : status === 401)
      },
    ),
    { numRuns: 100 },
  )
})
