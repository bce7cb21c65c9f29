/**
 * The same requests to Cerbos itself and to us, over HTTP: answers and errors must be the same JSON.
 * What we say otherwise on purpose has a table or a test of its own, with the reason.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../../examples/demo/ports.ts'
import { cerbosMissing, PROGRAM } from '../differential/cerbos-server.ts'
import { cerbosConfig, cerbosPlace, type CerbosPlace } from './cerbos-place.ts'
import { ask, up, type Answer, type Loose, type Up } from './reeve.ts'

const missing = cerbosMissing()
// Where everything must be checked, a check that cannot run has failed.
if (missing !== false && process.env['CI'] === 'true') throw new Error(missing)

const START_TRIES = 100

async function startProgram(place: CerbosPlace): Promise<{ child: ChildProcess; url: string }> {
  const [http = 0, grpc = 0] = await freePorts(2)
  const addresses = `httpListenAddr: "127.0.0.1:${http}", grpcListenAddr: "127.0.0.1:${grpc}"`
  place.write('program.yaml', cerbosConfig(addresses))
  const child = spawn(PROGRAM, ['server', '--config=program.yaml'], {
    cwd: place.directory,
    env: { CERBOS_NO_TELEMETRY: '1', DO_NOT_TRACK: '1', HOME: place.directory },
    stdio: 'ignore',
  })
  const url = `http://127.0.0.1:${http}`
  for (let tries = 0; tries < START_TRIES; tries++) {
    const health = await fetch(`${url}/_cerbos/health`).catch(() => null)
    if (health?.ok === true) return { child, url }
    await sleep(100)
  }
  child.kill('SIGKILL')
  throw new Error('Cerbos does not answer')
}

const USER = { id: 'al', roles: ['user'], attr: {} }

const about = (part: object, more: object = {}): object => ({
  principal: USER,
  resources: [{ actions: ['view'], resource: { kind: 'album', id: '1', ...part } }],
  ...more,
})

const asked = (actions: readonly string[], attr: object = {}, more: object = {}): object => ({
  ...about({}, more),
  resources: [{ actions, resource: { kind: 'album', id: '1', attr } }],
})

const as = (principal: object, more: object = {}): object => about({}, { principal, ...more })

const OWNED = { public: true, owner: 'al', n: 7 }

/** Requests whose answers must be equal, apart from the id of the call. */
const SAME: readonly (readonly [string, object | string])[] = [
  [
    'outputs, schema errors, metadata',
    asked(['view', 'edit', 'x', 'names'], OWNED, { requestId: 'r', includeMeta: true }),
  ],
  ['no metadata', asked(['view', 'delete:a', 'delete:a:b'], OWNED)],
  ['condition not met', asked(['view'], { public: false }, { includeMeta: true })],
  ['a scope', about({ scope: 'acme', attr: { public: true } }, { includeMeta: true })],
  [
    'a scope that decides',
    {
      ...asked(['archive']),
      includeMeta: true,
      resources: [
        {
          actions: ['archive', 'view'],
          resource: { kind: 'album', id: '1', scope: 'acme', attr: { public: 'no', owner: 1 } },
        },
      ],
    },
  ],
  ['an unknown scope', about({ scope: 'acme.x' }, { includeMeta: true })],
  [
    'the root scope',
    {
      ...asked(['names']),
      includeMeta: true,
      resources: [{ actions: ['names'], resource: { kind: 'album', id: '1', scope: '.' } }],
    },
  ],
  [
    'an unknown kind and version',
    {
      principal: USER,
      includeMeta: true,
      resources: [
        { actions: ['a'], resource: { kind: 'b', id: '1' } },
        { actions: ['a'], resource: { kind: 'album', id: '1', policyVersion: 'v9' } },
      ],
    },
  ],
  [
    'a principal policy',
    {
      principal: { ...USER, id: 'boss' },
      includeMeta: true,
      resources: [{ actions: ['purge', 'view'], resource: { kind: 'album', id: '1' } }],
    },
  ],
  [
    'the other spelling',
    {
      request_id: 'q',
      include_meta: true,
      request_context: { annotations: { a: 1 } },
      principal: { ...USER, policy_version: 'default' },
      resources: [
        { actions: ['names'], resource: { kind: 'album', id: '1', policy_version: 'default' } },
      ],
    },
  ],
  ['a deny whose condition fails', asked(['secret'], {}, { includeMeta: true })],
  ['globals', asked(['region'])],
  [
    'null everywhere',
    as(
      { ...USER, attr: null, scope: null },
      { auxData: null, requestContext: null, requestId: null },
    ),
  ],
  ['attributes that are null', asked(['view'], { public: null })],
  ['a principal that breaks its schema', as({ ...USER, attr: { team: 5 } })],
  ['empty auxData', about({}, { auxData: {} })],
  ['no tokens by name', about({}, { auxData: { jwts: {} } })],
  ['nothing', {}],
  ['a list', '[]'],
  ['null', 'null'],
  ['no principal', { principal: null }],
  ['nobody and nothing', { principal: {}, resources: [] }],
  ['an empty entry', { principal: { id: '', roles: [] }, resources: [{}] }],
  [
    'names that break rules',
    {
      principal: { id: 'a', roles: ['x', 'x', ''], policyVersion: 'a-b', scope: '..' },
      resources: [{ actions: [], resource: {} }],
    },
  ],
  [
    'more that break rules',
    {
      principal: USER,
      resources: [
        { actions: ['a', 'a'], resource: { kind: '', id: '' } },
        { actions: [''], resource: { kind: 'a*', id: 'x', scope: 'a b', policyVersion: '#' } },
      ],
    },
  ],
  ['no resource', { principal: USER, resources: [{ actions: ['a'] }] }],
  ['a null entry', { principal: USER, resources: [null] }],
  ['resources that are none', { principal: USER, resources: {} }],
  ['attributes that are a list', as({ ...USER, attr: [] })],
  ['an unknown field', { bogus: 1, ...about({}) }],
  ['an unknown field of the principal', as({ ...USER, foo: 1 })],
  ['an unknown field of a token', about({}, { auxData: { bad: {} } })],
  ['an unknown field of the context', about({}, { requestContext: { zz: 1 } })],
  [
    'an unknown field in the third line',
    '{\n "principal": {"id": "é", "roles": ["a"],\n  "bad": 1}}',
  ],
  ['both spellings', '{"requestId":"a","request_id":"b"}'],
  ['annotations that are a list', about({}, { requestContext: { annotations: [] } })],
  ['an annotation without a name', about({}, { requestContext: { annotations: { '': 1 } } })],
  ['a token that is none', about({}, { auxData: { jwt: { token: 'junk' } } })],
  ['a token that is empty', about({}, { auxData: { jwt: { token: '' } } })],
  ['no token', about({}, { auxData: { jwt: {} } })],
  ['a named token that is empty', about({}, { auxData: { jwts: { a: { token: '' } } } })],
  [
    'one token and several',
    about({}, { auxData: { jwt: { token: 'x' }, jwts: { a: { token: 'junk' } } } }),
  ],
  ['an unknown key set', about({}, { auxData: { jwt: { token: 'a.b.c', keySetId: 'nope' } } })],
  [
    'too many resources',
    {
      principal: USER,
      resources: Array.from({ length: 51 }, () => ({
        actions: ['a'],
        resource: { kind: 'a', id: 'b' },
      })),
    },
  ],
  ['too many actions', asked(Array.from({ length: 51 }, (_, i) => `a${i}`))],
]

/** Errors in which Cerbos repeats the value that was sent: we never do, it may be a secret. */
const SAME_BUT_VALUE: readonly (readonly [string, object])[] = [
  ['a number for an id', as({ ...USER, id: 1 })],
  ['a text for roles', as({ ...USER, roles: 'x' })],
  ['a number in roles', as({ ...USER, roles: [1] })],
  ['a text for a flag', { includeMeta: 'yes' }],
  ['a number for the request id', { requestId: 1 }],
]

/** Requests that both refuse with 400, each in its own words: ours come from a stricter reader. */
const SAME_STATUS: readonly (readonly [string, string])[] = [
  ['a duplicate key', '{"requestId":"a","requestId":"b"}'],
  ['a duplicate attribute', JSON.stringify(as(USER)).replace('"attr":{}', '"attr":{"a":1,"a":2}')],
  ['a truncated body', '{"principal":{"id":"a"'],
  ['a number without end', JSON.stringify(as(USER)).replace('"attr":{}', '"attr":{"a":1e400}')],
  ['a lone surrogate', JSON.stringify(as(USER)).replace('"attr":{}', '"attr":{"a":"\\ud800"}')],
]

suite('beside Cerbos', { skip: missing }, () => {
  let place: CerbosPlace
  let program: { child: ChildProcess; url: string }
  let server: Up
  let ours: string
  before(async () => {
    place = cerbosPlace()
    const [port = 0] = await freePorts(1)
    ours = `http://127.0.0.1:${port}`
    place.write('cerbos.yaml', cerbosConfig(`httpListenAddr: "127.0.0.1:${port}"`))
    program = await startProgram(place)
    server = await up(place.directory, ['--config', 'cerbos.yaml'])
  })
  after(async () => {
    await server.end()
    const ended = once(program.child, 'exit')
    program.child.kill('SIGTERM')
    await ended
    place.remove()
  })

  const post = (url: string, body: object | string): Promise<Answer> =>
    ask(`${url}/api/check/resources`, {
      raw: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const both = (body: object | string): Promise<readonly [Answer, Answer]> =>
    Promise.all([post(program.url, body), post(ours, body)])

  for (const [name, body] of SAME)
    test(`the same for ${name}`, async () => {
      const [theirs, mine] = await both(body)
      assert.equal(mine.status, theirs.status, mine.text)
      assert.deepEqual(plain(mine.json), plain(theirs.json))
    })

  for (const [name, body] of SAME_BUT_VALUE)
    test(`the same without the value for ${name}`, async () => {
      const [theirs, mine] = await both(body)
      assert.deepEqual([mine.status, theirs.status], [400, 400])
      const { message } = plain(theirs.json) as { message: string }
      const said = mine.json.message as string
      assert.ok(message.startsWith(said) && said.length > 25, `${said}\n${message}`)
    })

  for (const [name, body] of SAME_STATUS)
    test(`refused by both for ${name}`, async () => {
      const [theirs, mine] = await both(body)
      assert.deepEqual([mine.status, theirs.status], [400, 400])
      assert.equal(mine.json.code, 3)
    })

  test('the same for tokens that the key set signed, and that it did not', async () => {
    const now = Math.floor(Date.now() / 1000)
    const good = { team: 'blue', exp: now + 100, iat: now, aud: ['a', 'b'], sub: 's', n: 1.5 }
    const sent: readonly object[] = [
      { jwt: { token: place.token(good) } },
      { jwt: { token: place.token(good), keySetId: 'main' } },
      { jwt: { token: place.token(good), key_set_id: 'main' } },
      { jwts: { a: { token: place.token(good) } } },
      { jwts: { a: { token: place.token(good) }, b: { token: 'x' } } },
      { jwt: { token: place.token({ team: 'blue' }) } },
      { jwt: { token: place.token({ ...good, team: 'red' }) } },
      { jwt: { token: place.token({ ...good, exp: now - 100 }) } },
      { jwt: { token: place.token({ ...good, nbf: now + 100 }) } },
      { jwt: { token: place.token({ ...good, iat: now + 100 }) } },
      { jwt: { token: place.token(good, { alg: 'ES256', kid: 'k2' }) } },
    ]
    for (const auxData of sent) {
      const [theirs, mine] = await both(
        asked(['team', 'teams'], {}, { auxData, includeMeta: true }),
      )
      assert.equal(mine.status, theirs.status, JSON.stringify(auxData))
      assert.deepEqual(plain(mine.json), plain(theirs.json))
    }
  })

  test('we refuse a token whose header names another algorithm than its key; Cerbos does not', async () => {
    const token = place.token({ team: 'blue' }, { alg: 'none', kid: 'k1' })
    const [theirs, mine] = await both(asked(['team'], {}, { auxData: { jwt: { token } } }))
    assert.deepEqual([theirs.status, mine.status], [200, 400])
    assert.equal(mine.json.message, 'invalid auxData')
  })

  test('the same health, and the same members of the server info', async () => {
    const [theirs, mine] = await Promise.all([
      ask(`${program.url}/_cerbos/health`),
      ask(`${ours}/_cerbos/health`),
    ])
    assert.deepEqual(mine.json, theirs.json)
    const [info, own] = await Promise.all([
      ask(`${program.url}/api/server_info`),
      ask(`${ours}/api/server_info`),
    ])
    assert.deepEqual(Object.keys(own.json).sort(), Object.keys(info.json).sort())
  })
})

/** Without the id of the call, and with the spaces that the program varies on purpose made one. */
function plain(json: Loose): Loose {
  if (typeof json === 'string')
    return json.replaceAll('\u00a0', ' ').replace(/^proto: +/, 'proto: ')
  if (Array.isArray(json)) return json.map(plain)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(
    Object.entries(json as Record<string, Loose>)
      .filter(([key]) => key !== 'cerbosCallId')
      .map(([key, value]) => [key, key === 'validationErrors' ? sorted(value) : plain(value)]),
  )
}

/** Whichever comes first is chance in the program. */
const sorted = (errors: Loose): Loose =>
  [...errors].sort((a: Loose, b: Loose) => (a.path < b.path ? -1 : 1))
