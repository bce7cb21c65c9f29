/** `reeve up` as a process among others: what bad input gets, what survives, and which door answers what. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, suite, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import {
  ask,
  credentialOf,
  recordsOf,
  reeve,
  rpc,
  startBilling,
  toolCall,
  up,
  workspace,
  type Answer,
  type Billing,
  type Loose,
  type Up,
  type Workspace,
} from './reeve.ts'

const POLICY = `rules:
  - id: support-billing
    role: support
    tool: billing
    allowed_actions: [charge]
    when: R.attr.args.amount <= 500
    max_token_ttl_seconds: 300
  - id: support-down
    role: support
    tool: down
    allowed_actions: [charge]
  - id: support-spare
    role: support
    tool: spare
    allowed_actions: [charge]
`

const development = (billing: string): string => `mode: development
identity: {people: [{id: alice, roles: [support]}]}
agents: [{id: laptop, sponsor: alice, acts: autonomous, roles: [support], development: true}]
mcp:
  servers:
    - {id: billing, url: '${billing}', credential: {kind: call_token}}
callers: [{local: true}]
`

const issue = (place: Workspace, body: object = {}): Promise<Answer> =>
  ask(`${place.data}/issue`, { body: { tool: 'billing', sponsor_id: 'alice', ttl: 300, ...body } })

const charge = (place: Workspace, token: string | null, amount = 5): Promise<Answer> =>
  ask(`${place.data}/mcp/billing`, { body: toolCall('charge', { amount }), token })

async function tokenOf(place: Workspace): Promise<string> {
  const answer = await issue(place)
  assert.equal(answer.status, 200, answer.text)
  return answer.json.token as string
}

/** Records of one decision. */
const ofDecision = async (place: Workspace, id: string | null): Promise<readonly Loose[]> =>
  (await recordsOf(place.state)).filter((record) => record.policy_decision_id === id)

const idOf = (answer: Answer): string => {
  const id = answer.headers.get('reeve-decision-id')
  assert.ok(id !== null, 'no reeve-decision-id')
  return id
}

let billing: Billing
before(async () => void (billing = await startBilling()))
after(() => billing.close())

suite('what cannot start', () => {
  let place: Workspace
  before(
    async () =>
      void (place = await workspace(development(billing.url), { 'policy-config.yaml': POLICY })),
  )
  after(() => place.remove())

  test('a port that is taken: 1, with the port and how to change it', async () => {
    const taken = createServer().listen(place.ports.control, '127.0.0.1')
    await once(taken, 'listening')
    const { code, out, err } = await reeve(['up'], { cwd: place.directory })
    taken.close()
    assert.deepEqual([code, out], [1, ''])
    assert.match(
      err,
      new RegExp(
        `127\\.0\\.0\\.1:${place.ports.control} is taken.*listen\\.control.*--listen-control`,
      ),
    )
  })

  test('a broken configuration: 3, with every mistake in its place', async () => {
    const broken = await workspace('mode: fast\nagents: [{id: a}]\nnothing: 1\n')
    const { code, out, err } = await reeve(['up'], { cwd: broken.directory })
    broken.remove()
    assert.deepEqual([code, out], [3, ''])
    for (const at of [
      /reeve\.yaml:4:1: `mode`/,
      /reeve\.yaml:5:\d+: `agents\.0\.sponsor`/,
      /reeve\.yaml:6:1: .*unknown key/,
    ])
      assert.match(err, at)
    assert.match(err, /\n {2}remove it/)
  })

  test('a broken policy: 3, with every mistake in its place', async () => {
    const wrong =
      'rules:\n  - id: a\n    role: support\n    tool: billing\n    allowed_actions: [charge]\n    when: R.attr.args.amount <=\n  - id: b\n    rolle: support\n'
    const broken = await workspace(development(billing.url), { 'policy-config.yaml': wrong })
    const { code, out, err } = await reeve(['up'], { cwd: broken.directory })
    broken.remove()
    assert.deepEqual([code, out], [3, ''])
    assert.match(err, /policy-config\.yaml:6:\d+/)
    assert.match(err, /policy-config\.yaml:8:\d+.*rolle/)
  })
})

suite('a running server', () => {
  let place: Workspace
  let server: Up
  let spare: Billing
  before(async () => {
    spare = await startBilling()
    const down = `    - {id: down, url: 'http://127.0.0.1:9/mcp'}\n    - {id: spare, url: '${spare.url}'}\n`
    const text = development(billing.url).replace('callers:', `${down}callers:`)
    place = await workspace(text, { 'policy-config.yaml': POLICY })
    server = await up(place.directory)
  })
  after(async () => {
    await server.end()
    await spare.close()
    place.remove()
  })

  test('allows what policy allows, with a token of its own upstream and a recorded outcome', async () => {
    const token = await tokenOf(place)
    const answer = await charge(place, token)
    assert.equal(answer.json.result.content[0].text, 'did charge')
    const call = billing.calls.at(-1)
    assert.ok(!JSON.stringify(call).includes(token))
    assert.equal(call?.headers['reeve-decision-id'], idOf(answer))
    const [decision, outcome] = await ofDecision(place, idOf(answer))
    assert.deepEqual(
      [decision.decision, decision.effect, decision.tool_id],
      ['allow', 'pending', 'billing/charge'],
    )
    assert.deepEqual([outcome.type, outcome.effect, outcome.status], ['outcome', 'completed', 200])
  })

  test('denies what policy denies, before the tool runs', async () => {
    const callsBefore = billing.calls.length
    const answer = await charge(place, await tokenOf(place), 9000)
    assert.equal(answer.json.result.isError, true)
    assert.equal(answer.json.result.structuredContent.code, 'forbidden_by_policy')
    assert.equal(billing.calls.length, callsBefore)
    const listed = await ask(`${place.data}/mcp/billing`, {
      body: rpc('tools/list'),
      token: await tokenOf(place),
    })
    assert.deepEqual(
      listed.json.result.tools.map((tool: { name: string }) => tool.name),
      ['charge'],
    )
  })

  test('says to a caller without a good token where to get one', async () => {
    const good = await tokenOf(place)
    const [head = '', payload = '', signature = ''] = good.split('.')
    const forged = `${head}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    const none = await charge(place, null)
    assert.equal(none.status, 401)
    const challenge = none.headers.get('www-authenticate') ?? ''
    const metadata = /^Bearer resource_metadata="([^"]+)"$/.exec(challenge)?.[1]
    assert.ok(metadata !== undefined, challenge)
    const resource = await ask(metadata)
    assert.equal(resource.status, 200)
    assert.equal(resource.json.resource, `${place.data}/mcp/billing`)
    const callsBefore = billing.calls.length
    for (const token of ['garbage', forged, `${head}.${payload}.`, 'a'.repeat(9000)]) {
      const answer = await charge(place, token)
      assert.equal(answer.status, 401)
      assert.match(answer.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
      idOf(answer)
    }
    const elsewhere = await ask(`${place.data}/mcp/down`, {
      body: toolCall('charge', { amount: 5 }),
      token: good,
    })
    assert.equal(elsewhere.status, 401)
    assert.match(elsewhere.text, /audience_mismatch/)
    assert.equal(billing.calls.length, callsBefore)
  })

  test('refuses bodies that are not one whole JSON value, records that, and forwards nothing', async () => {
    const token = await tokenOf(place)
    const callsBefore = billing.calls.length
    const url = `${place.data}/mcp/billing`
    const good = JSON.stringify(toolCall('charge', { amount: 5 }))
    const refused = new Map<string, string>()
    for (const raw of [
      '{',
      '',
      good.slice(0, -5),
      good.replace('"amount":5', '"amount":5,"amount":9000'),
      good.replace('"amount":5', '"amount":5,"Amount":9000'),
      good.replace('"amount":5', '"amount":1e999'),
      `[${good}]`,
      `${good}${good}`,
      '['.repeat(100_000),
    ]) {
      const answer = await ask(url, { raw, token })
      assert.ok(
        answer.status >= 400 || answer.json?.error !== undefined || answer.json?.result?.isError,
        raw.slice(0, 60),
      )
      refused.set(idOf(answer), raw.slice(0, 60))
    }
    const large = await ask(url, { raw: new Uint8Array(9 * 1024 * 1024).fill(32), token })
    assert.equal(large.status, 413)
    refused.set(idOf(large), 'too large')
    const records = await recordsOf(place.state)
    for (const [id, what] of refused) {
      const record = records.find((one) => one.policy_decision_id === id)
      assert.deepEqual([record?.decision, record?.effect], ['deny', 'withheld'], what)
    }
    assert.equal(billing.calls.length, callsBefore)
  })

  test('records a body that the client cut short, and forwards nothing', async () => {
    const token = await tokenOf(place)
    const callsBefore = billing.calls.length
    const count = (await recordsOf(place.state)).length
    const socket = connect(place.ports.data, '127.0.0.1')
    const head = `POST /mcp/billing HTTP/1.1\r\nHost: 127.0.0.1:${place.ports.data}\r\nContent-Type: application/json\r\nAuthorization: Bearer ${token}\r\nContent-Length: 500\r\n\r\n{"jsonrpc":`
    socket.write(head)
    await new Promise((resolve) => setTimeout(resolve, 100))
    socket.destroy()
    for (let i = 0; i < 20 && (await recordsOf(place.state)).length === count; i++);
    const last = (await recordsOf(place.state)).at(-1)
    assert.deepEqual([last.decision, last.reason], ['deny', 'malformed'])
    assert.equal(billing.calls.length, callsBefore)
  })

  test('answers 502 for an upstream that is down, and records what became of the call', async () => {
    const { json: never } = await issue(place, { tool: 'down' })
    const url = `${place.data}/mcp/down`
    const unread = await ask(url, { body: toolCall('charge', { amount: 5 }), token: never.token })
    assert.equal(unread.status, 502, unread.text)
    const [refused] = await ofDecision(place, idOf(unread))
    assert.deepEqual([refused.decision, refused.reason], ['deny', 'upstream_unavailable'])

    const { json } = await issue(place, { tool: 'spare' })
    const call = { body: toolCall('charge', { amount: 5 }), token: json.token as string }
    const good = await ask(`${place.data}/mcp/spare`, call)
    assert.equal(good.json.result.content[0].text, 'did charge')
    await spare.close()
    const gone = await ask(`${place.data}/mcp/spare`, call)
    assert.equal(gone.status, 502, gone.text)
    const [decision, outcome] = await ofDecision(place, idOf(gone))
    assert.deepEqual([decision.decision, decision.effect], ['allow', 'pending'])
    assert.equal(outcome.type, 'outcome')
    assert.ok(['failed', 'not_sent', 'unknown'].includes(outcome.effect), outcome.effect)
    assert.equal(outcome.ended, 'upstream_error')
  })

  test('has a door for each caller, and no other', async () => {
    const operator = credentialOf(place.state)
    const token = await tokenOf(place)
    const check = {
      principal: { id: 'alice', roles: ['support'] },
      resources: [
        {
          resource: { kind: 'mcp:billing', id: 'charge', attr: { args: { amount: 5 } } },
          actions: ['tool:charge'],
        },
      ],
    }
    const decided = await ask(`${place.pdp}/api/check/resources`, { body: check })
    assert.equal(decided.json.results[0].actions['tool:charge'], 'EFFECT_ALLOW', decided.text)
    for (const path of [
      '/sponsors/alice:suspend',
      '/readiness',
      '/api/check/resources',
      '/people/alice:sign-in',
    ])
      assert.equal(
        (await ask(place.data + path, { body: check, token: operator })).status,
        404,
        path,
      )
    for (const path of [
      '/sponsors/alice:suspend',
      '/issue',
      '/mcp/billing',
      '/v1/chat/completions',
    ])
      assert.equal(
        (await ask(place.pdp + path, { body: check, token: operator })).status,
        404,
        path,
      )
    for (const path of ['/issue', '/mcp/billing', '/api/check/resources', '/v1/models'])
      assert.equal(
        (await ask(place.control + path, { body: check, token: operator })).status,
        404,
        path,
      )
    for (const bad of [null, token, 'wrong', `${operator}x`]) {
      const answer = await ask(`${place.control}/sponsors/alice:suspend`, { body: {}, token: bad })
      assert.equal(answer.status, 401)
      idOf(answer)
    }
    assert.equal((await ask(`${place.control}/health`, { token: operator })).json.status, 'serving')
  })

  test('holds its state directory alone', async () => {
    const other = await workspace(development(billing.url), { 'policy-config.yaml': POLICY })
    const text = readFileSync(join(other.directory, 'reeve.yaml'), 'utf8')
    other.write('reeve.yaml', text.replace('state/reeve.db', join(place.state, 'reeve.db')))
    const { code, err } = await reeve(['up'], { cwd: other.directory })
    other.remove()
    assert.equal(code, 1)
    assert.ok(err.includes(`in use by process ${server.child.pid}`), err)
    assert.equal((await charge(place, await tokenOf(place))).status, 200)
  })

  test('revokes on the next call, and a restart forgets nothing', async () => {
    const token = await tokenOf(place)
    assert.equal((await charge(place, token)).json.result.isError, undefined)
    const calls = billing.calls.length
    const refused = async (reasons: RegExp): Promise<void> => {
      const answer = await charge(place, token)
      assert.match(answer.text, reasons)
      assert.ok(
        answer.status === 401 || answer.status === 403 || answer.json.result?.isError,
        answer.text,
      )
    }
    assert.equal((await reeve(['agent', 'stop', 'laptop', '--state', place.state])).code, 0)
    await refused(/revoked/)
    assert.notEqual((await issue(place)).status, 200)
    assert.equal((await reeve(['agent', 'start', 'laptop', '--state', place.state])).code, 0)
    await refused(/revoked/)
    assert.equal((await issue(place)).status, 200)
    assert.equal((await reeve(['sponsor', 'suspend', 'alice', '--state', place.state])).code, 0)
    await refused(/revoked|sponsor_inactive/)
    assert.equal(await server.end(), 0)
    server = await up(place.directory)
    await refused(/revoked|sponsor_inactive/)
    assert.notEqual((await issue(place)).status, 200)
    assert.equal((await reeve(['sponsor', 'reactivate', 'alice', '--state', place.state])).code, 0)
    await refused(/revoked/)
    assert.equal((await charge(place, await tokenOf(place))).status, 200)
    assert.equal(billing.calls.length, calls + 1)
    assert.equal((await reeve(['sponsor', 'suspend', 'nobody', '--state', place.state])).code, 2)
  })
})

test('strangers are refused at the door, ten of them by name and the rest as a number', async () => {
  const place = await workspace(development(billing.url), { 'policy-config.yaml': POLICY })
  const server = await up(place.directory)
  const ids = new Map<string, string>()
  try {
    for (const headers of [
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'x-forwarded-for': '10.0.0.1' },
      { forwarded: 'for=10.0.0.1' },
      { via: '1.1 proxy' },
    ]) {
      const body = { tool: 'billing', sponsor_id: 'alice' }
      const answer = await ask(`${place.data}/issue`, { body, headers })
      assert.equal(answer.status, 400, JSON.stringify(headers))
      ids.set(idOf(answer), 'token malformed')
    }
    const control = await ask(`${place.control}/agents/laptop:stop`, { body: {}, token: 'wrong' })
    ids.set(idOf(control), 'control unauthenticated')
    const page = await ask(`${place.control}/health`, {
      headers: { origin: 'http://evil.example' },
    })
    ids.set(idOf(page), 'control malformed')
    ids.set(idOf(await ask(`${place.data}/nothing`)), 'token not_found')
    ids.set(idOf(await charge(place, 'garbage')), 'mcp unauthenticated')
    for (let i = 0; i < 20; i++) await charge(place, `garbage${i}`)
  } finally {
    await server.end()
  }
  const records = await recordsOf(place.state)
  for (const [id, expected] of ids) {
    const record = records.find((one) => one.policy_decision_id === id)
    assert.equal(`${record?.surface} ${record?.reason}`, expected)
  }
  const counted = records.filter(({ type }) => type === 'refusals_counted')
  const named = records.filter(({ type, decision }) => type === 'decision' && decision === 'deny')
  const total = counted.reduce((sum, { count }) => sum + count, named.length)
  assert.equal(total, ids.size + 20)
  assert.ok(counted.length >= 1 && counted.length <= 2)
  place.remove()
})

suite('a server that is killed', () => {
  test('opens and verifies again, with every decision that it acknowledged', async () => {
    const place = await workspace(development(billing.url), { 'policy-config.yaml': POLICY })
    const acknowledged: string[] = []
    for (let round = 0; round < 2; round++) {
      const server = await up(place.directory)
      const token = await tokenOf(place)
      const stopping = new AbortController()
      const load = Array.from({ length: 8 }, async () => {
        while (!stopping.signal.aborted) {
          const answer = await charge(place, token, Math.random() < 0.5 ? 5 : 9000).catch(
            () => null,
          )
          if (answer === null) return
          acknowledged.push(idOf(answer))
        }
      })
      await new Promise((resolve) => setTimeout(resolve, 400))
      await server.end('SIGKILL')
      stopping.abort()
      await Promise.all(load)
      const verified = await reeve(['audit', 'verify', '--state', place.state])
      assert.equal(verified.code, 0, verified.out + verified.err)
    }
    assert.ok(acknowledged.length > 20)
    const server = await up(place.directory)
    const known = new Set((await recordsOf(place.state)).map((record) => record.policy_decision_id))
    assert.deepEqual(
      acknowledged.filter((id) => !known.has(id)),
      [],
    )
    assert.equal(await server.end(), 0)
    const { code, out } = await reeve(['audit', 'verify', '--state', place.state])
    assert.equal(code, 0, out)
    assert.match(out, /^UNANCHORED/)
    await flipsAreFound(place)
    place.remove()
  })

  /** One letter of one row, in several places. */
  async function flipsAreFound(place: Workspace): Promise<void> {
    const path = join(place.state, 'reeve.db')
    const rows = (sql: string, ...values: string[]) => {
      const database = new DatabaseSync(path)
      const found = database.prepare(sql).all(...values)
      database.close()
      return found
    }
    // Whoever has the file is not stopped by its triggers; only the hashes tell.
    for (const { name } of rows(`select name from sqlite_master where type = 'trigger'`))
      rows(`drop trigger ${String(name)}`)
    const [row] = rows('select id, leaf from ledger order by idx limit 1 offset 4')
    const leaf = String(row?.['leaf'])
    for (const at of [1, Math.floor(leaf.length / 2), leaf.length - 2]) {
      const other = leaf.charCodeAt(at) ^ 1
      const flipped = leaf.slice(0, at) + String.fromCharCode(other) + leaf.slice(at + 1)
      rows('update ledger set leaf = ? where id = ?', flipped, String(row?.['id']))
      const { code, out } = await reeve(['audit', 'verify', '--state', place.state])
      assert.equal(code, 40, `${at}: ${out}`)
    }
    rows('update ledger set leaf = ? where id = ?', leaf, String(row?.['id']))
    assert.equal((await reeve(['audit', 'verify', '--state', place.state])).code, 0)
  }
})

test('production trusts nobody for being near, and every assertion once', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }
  const place = await workspace(
    `identity: {people: [{id: alice, roles: [support]}]}
agents: [{id: triage, sponsor: alice, acts: autonomous, roles: [support], jwks_file: triage.jwks.json}]
mcp:
  servers:
    - {id: billing, url: '${billing.url}', credential: {kind: call_token}}
`,
    { 'policy-config.yaml': POLICY, 'triage.jwks.json': JSON.stringify({ keys: [jwk] }) },
  )
  const server = await up(place.directory)
  try {
    const stranger = await issue(place)
    assert.equal(stranger.status, 401)
    assert.equal(stranger.headers.get('www-authenticate'), 'Bearer')
    const operator = credentialOf(place.state)
    const signIn = await ask(`${place.control}/people/alice:sign-in`, { body: {}, token: operator })
    assert.equal(signIn.status, 404)
    const pdp = await ask(`${place.pdp}/api/check/resources`, { body: {} })
    assert.equal(pdp.status, 401)

    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer('triage')
      .setSubject('triage')
      .setAudience(place.data)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('60s')
      .sign(privateKey)
    const exchange = (resource: string): Promise<Answer> =>
      ask(`${place.data}/token`, {
        raw: new URLSearchParams({
          grant_type: 'client_credentials',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: assertion,
          resource,
        }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    assert.equal((await exchange(`${place.data}/mcp/billing`)).status, 200)
    const replayed = await exchange(`${place.data}/mcp/billing`)
    assert.equal(replayed.status, 401)
    assert.equal(replayed.json.error, 'invalid_client')
    assert.equal((await ofDecision(place, idOf(replayed)))[0]?.reason, 'replayed')
  } finally {
    await server.end()
    place.remove()
  }
})
