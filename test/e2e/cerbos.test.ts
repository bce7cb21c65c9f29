/** What runs against Cerbos runs against `reeve up`: its configuration, its policies, its client. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../../examples/demo/ports.ts'
import { cerbosClient } from '../cerbos-http/client.ts'
import { ALBUM, cerbosConfig, cerbosPlace, type CerbosPlace } from './cerbos-place.ts'
import { ask, recordsOf, reeve, up, workspace, type Loose, type Up } from './reeve.ts'

const ALICE = { id: 'alice', roles: ['user'], attr: {} }

const check = (actions: readonly string[], attr: object = {}, more: object = {}): object => ({
  principal: ALICE,
  resources: [{ actions, resource: { kind: 'album', id: 'a1', attr } }],
  ...more,
})

/** What a server said, until it said it. */
async function hears(server: Up, what: RegExp): Promise<void> {
  for (let tries = 0; !what.test(server.talk()); tries++) {
    assert.ok(tries < 100, `never said ${what.source}:\n${server.talk()}`)
    await sleep(100)
  }
}

suite('the client for HTTP', () => {
  let place: CerbosPlace
  let server: Up
  let url: string
  before(async () => {
    place = cerbosPlace()
    const [port = 0] = await freePorts(1)
    url = `http://127.0.0.1:${port}`
    place.write('cerbos.yaml', cerbosConfig(`httpListenAddr: ":${port}"`))
    server = await up(place.directory, ['--config', 'cerbos.yaml'])
  })
  after(async () => {
    assert.equal(await server.end(), 0)
    place.remove()
  })

  test('is told at the start what the file means here', () => {
    const said = server.talk()
    for (const what of [
      /decisions +http:\/\/127\.0\.0\.1/,
      /note +a Cerbos-style file: the decision API only/,
      /listens on 127\.0\.0\.1, and nowhere else/,
      /a condition that fails counts as not met/,
      /any process on this machine may ask the decision API/,
    ])
      assert.match(said, what)
    assert.doesNotMatch(said, /^ +agents/m)
    assert.doesNotMatch(said, /no agents:/)
  })

  test('checks resources, with outputs, metadata and validation errors', async () => {
    const client = cerbosClient(url)
    const response = await client.checkResources({
      requestId: 'r1',
      principal: ALICE,
      includeMetadata: true,
      resources: [
        {
          resource: { kind: 'album', id: 'a1', attr: { public: true, owner: 'alice', n: 7 } },
          actions: ['view', 'edit', 'delete:all', 'share'],
        },
        { resource: { kind: 'album', id: 'a2', scope: 'acme' }, actions: ['archive'] },
        { resource: { kind: 'nothing', id: 'n' }, actions: ['view'] },
      ],
    })
    const first = response.findResult({ kind: 'album', id: 'a1' })
    assert.deepEqual(first?.actions, {
      view: 'EFFECT_ALLOW',
      edit: 'EFFECT_ALLOW',
      'delete:all': 'EFFECT_ALLOW',
      share: 'EFFECT_DENY',
    })
    assert.deepEqual(first.metadata?.effectiveDerivedRoles, ['owner'])
    assert.equal(first.metadata?.actions['view']?.matchedPolicy, 'resource.album.vdefault')
    assert.deepEqual(
      first.validationErrors.map(({ path, source }) => `${source} ${path}`),
      ['SOURCE_RESOURCE /n'],
    )
    assert.deepEqual(first.outputs.find(({ action }) => action === 'view')?.value, {
      who: 'alice',
      at: '2024-01-01T00:00:00Z',
    })
    const second = response.findResult({ kind: 'album', id: 'a2' })
    assert.equal(second?.metadata?.actions['archive']?.matchedScope, 'acme')
    assert.equal(
      response.isAllowed({ resource: { kind: 'nothing', id: 'n' }, action: 'view' }),
      false,
    )
    assert.equal(response.requestId, 'r1')
    assert.match(response.cerbosCallId, /^[0-9a-f-]{36}$/)
  })

  test('asks about one resource, and whether the server is well', async () => {
    const client = cerbosClient(url)
    const resource = { kind: 'album', id: 'a1', attr: { public: true } }
    assert.equal(await client.isAllowed({ principal: ALICE, resource, action: 'view' }), true)
    assert.equal(await client.isAllowed({ principal: ALICE, resource, action: 'edit' }), false)
    assert.equal((await client.checkHealth()).status, 'SERVING')
    assert.match((await client.serverInfo()).version, /^\d+\.\d+\.\d+/)
  })

  test('sends tokens, and the server believes only what the key set signed', async () => {
    const client = cerbosClient(url)
    const isAllowed = (token: string): Promise<boolean> =>
      client.isAllowed({
        principal: ALICE,
        resource: { kind: 'album', id: 'a1' },
        action: 'team',
        auxData: { jwt: { token } },
      })
    const exp = Math.floor(Date.now() / 1000) + 60
    assert.equal(await isAllowed(place.token({ team: 'blue', exp })), true)
    assert.equal(await isAllowed(place.token({ team: 'red', exp })), false)
    await assert.rejects(
      isAllowed(place.token({ team: 'blue', exp: exp - 120 })),
      /invalid auxData/,
    )
    await assert.rejects(isAllowed(`${place.token({ team: 'blue' })}x`), /invalid auxData/)
    // The header must name the algorithm of the key, also where the signature is good.
    await assert.rejects(
      isAllowed(place.token({ team: 'blue', exp }, { alg: 'none', kid: 'k1' })),
      /invalid auxData/,
    )
  })

  test('gets the words of the API for what is wrong with a request', async () => {
    const client = cerbosClient(url)
    await assert.rejects(
      client.checkResources({ principal: { id: '', roles: [] }, resources: [] }),
      (error: Loose) => {
        assert.equal(error.code, 3)
        assert.match(error.details, /principal\.id: value is required/)
        return true
      },
    )
  })

  test('leaves one record a request, which says on whose word', async () => {
    const body = check(
      ['view', 'edit'],
      { public: true },
      { requestContext: { annotations: { a: 1 } } },
    )
    const answer = await ask(`${url}/api/check/resources`, { body })
    assert.equal(answer.status, 200, answer.text)
    const records = await recordsOf(`${place.directory}/.reeve`)
    const mine = records.filter((one) => one.policy_decision_id === answer.json.cerbosCallId)
    assert.equal(mine.length, 1)
    assert.equal(mine[0].asserted_by, 'local')
    assert.equal(mine[0].effect, 'not_observed')
    assert.equal(mine[0].items.length, 2)
  })

  test("Cerbos' default evaluation holds: a condition that fails counts as not met", async () => {
    const { json } = await ask(`${url}/api/check/resources`, { body: check(['secret', 'region']) })
    assert.deepEqual(json.results[0].actions, { secret: 'EFFECT_ALLOW', region: 'EFFECT_ALLOW' })
  })

  test('the ledger lies where the server was started, and verifies', async () => {
    const { code, out } = await reeve(['audit', 'verify', '--state', '.reeve'], {
      cwd: place.directory,
    })
    assert.equal(code, 0, out)
    assert.match(out, /^UNANCHORED/)
  })
})

suite('a file that cannot be honoured', () => {
  test('is refused key by key, each in its place', async () => {
    const place = cerbosPlace()
    place.write(
      'cerbos.yaml',
      `server:
  httpListenAddr: "0.0.0.0:3592"
storage: {driver: disk, disk: {directory: nowhere}}
`,
    )
    const open = await reeve(['up', '--config', 'cerbos.yaml'], { cwd: place.directory })
    assert.equal(open.code, 3)
    assert.match(open.err, /cerbos\.yaml:2:3: listening on `0\.0\.0\.0` is refused/)
    assert.match(open.err, /cerbos\.yaml:3:\d+: the policy directory `.*nowhere` does not exist/)
    place.write(
      'cerbos.yaml',
      `server:
  grpcListenAddr: ":3593"
  adminAPI: {enabled: true}
storage: {driver: git}
engine: {policyLoaderTimeout: 3s, strict: true}
auxData: {jwt: {disableVerification: true, keySets: [{id: a, remote: {url: "http://x"}}]}}
audit: {backend: kafka}
hub: {}
`,
    )
    const { code, err } = await reeve(['up', '--config', 'cerbos.yaml'], { cwd: place.directory })
    place.remove()
    assert.equal(code, 3)
    for (const what of [
      /cerbos\.yaml:2:3: `server\.grpcListenAddr`: gRPC is not served/,
      /cerbos\.yaml:3:\d+: `server\.adminAPI\.enabled`/,
      /cerbos\.yaml:4:\d+: `storage\.driver`/,
      /cerbos\.yaml:5:\d+: `engine\.policyLoaderTimeout`/,
      /cerbos\.yaml:5:\d+: .*unknown key `strict`/,
      /cerbos\.yaml:6:\d+: `auxData\.jwt\.disableVerification`/,
      /cerbos\.yaml:6:\d+: `auxData\.jwt\.keySets\.0\.remote`/,
      /cerbos\.yaml:7:\d+: `audit\.backend`/,
      /cerbos\.yaml:8:1: .*unknown key `hub`/,
    ])
      assert.match(err, what)
  })
})

suite('policies that change on disk', () => {
  test('take effect whole where the configuration watches them; with errors the last good stay', async () => {
    const place = cerbosPlace()
    const [port = 0] = await freePorts(1)
    const config = cerbosConfig(`httpListenAddr: "127.0.0.1:${port}"`, 'watchForChanges: true')
    place.write('cerbos.yaml', config)
    const server = await up(place.directory, ['--config', 'cerbos.yaml'])
    const effect = async (attr: object): Promise<string> => {
      const url = `http://127.0.0.1:${port}/api/check/resources`
      return (await ask(url, { body: check(['view'], attr) })).json.results[0].actions.view
    }
    try {
      assert.equal(await effect({ public: true }), 'EFFECT_ALLOW')
      place.write('policies/album.yaml', ALBUM.replace('R.attr.public == true', 'R.attr.public =='))
      await hears(server, /album\.yaml:\d+:\d+: [^]*the last good release stays/)
      assert.equal(await effect({ public: true }), 'EFFECT_ALLOW')
      place.write('policies/album.yaml', ALBUM.replace('R.attr.public == true', 'R.attr.n == 1'))
      await hears(server, /policies reloaded: 4, release sha256:/)
      assert.equal(await effect({ public: true }), 'EFFECT_DENY')
      assert.equal(await effect({ n: 1 }), 'EFFECT_ALLOW')
    } finally {
      assert.equal(await server.end(), 0)
    }
    const records = await recordsOf(`${place.directory}/.reeve`)
    const releases = new Set(records.flatMap((one) => one.policy_release ?? []))
    assert.equal(releases.size, 2)
    place.remove()
  })

  const short = (cap: number): string =>
    `rules:\n  - {id: a, role: support, tool: billing, allowed_actions: [charge], when: R.attr.args.amount <= ${cap}}\n`
  const charge = (pdp: string): Promise<Loose> =>
    ask(`${pdp}/api/check/resources`, {
      body: {
        principal: { id: 'alice', roles: ['support'] },
        resources: [
          {
            actions: ['tool:charge'],
            resource: { kind: 'mcp:billing', id: 'charge', attr: { args: { amount: 7 } } },
          },
        ],
      },
    })

  test('take effect in development', async () => {
    const place = await workspace('mode: development\ncallers: [{local: true}]\n', {
      'policy-config.yaml': short(5),
    })
    const server = await up(place.directory)
    try {
      assert.match((await charge(place.pdp)).text, /EFFECT_DENY/)
      place.write('policy-config.yaml', short(500))
      await hears(server, /policies reloaded/)
      assert.match((await charge(place.pdp)).text, /EFFECT_ALLOW/)
    } finally {
      await server.end()
      place.remove()
    }
  })

  test('only propose elsewhere', async () => {
    const place = await workspace('callers: [{local: true}]\n', { 'policy-config.yaml': short(5) })
    const server = await up(place.directory)
    try {
      place.write('policy-config.yaml', short(500))
      await sleep(3_000)
      assert.match((await charge(place.pdp)).text, /EFFECT_DENY/)
      assert.doesNotMatch(server.talk(), /reloaded/)
    } finally {
      await server.end()
      place.remove()
    }
  })
})
