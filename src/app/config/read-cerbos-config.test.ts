import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { ConfigSources } from './config-sources.ts'
import { formatProblem, type Config } from './config.ts'
import type { Flags } from './flags.ts'
import { readConfig, readStateDirectory } from './read-config.ts'

const POLICIES = resolve('policies')
const KEYS = '{"keys": []}'

const sourcesOf = (yaml: string, environment: Record<string, string>): ConfigSources => ({
  environment,
  readFile: (path) => {
    if (path === '/r/cerbos.yaml') return yaml
    if (path === resolve('jwks.json')) return KEYS
    return path.startsWith(POLICIES) ? `# ${path}` : null
  },
  listPolicies: (directory) =>
    directory.startsWith(POLICIES) ? [`${directory}/a.yaml`, `${directory}/b.yaml`] : null,
  listSchemas: (directory) => [`${directory}/_schemas/x.json`],
  stamp: (paths) => paths.join(),
})

const read = (yaml: string, flags: Flags = {}, environment: Record<string, string> = {}) =>
  readConfig(sourcesOf(yaml, environment), '/r/cerbos.yaml', flags)

function config(...given: Parameters<typeof read>): Config {
  const result = read(...given)
  assert.ok(result.ok, result.ok ? '' : result.error.map(formatProblem).join('\n'))
  return result.value
}

const problems = (...given: Parameters<typeof read>): readonly string[] => {
  const result = read(...given)
  assert.ok(!result.ok, 'the configuration was accepted')
  return result.error.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

suite('a file in the form of Cerbos', () => {
  test('is the decision API on loopback, for whoever is on this machine, and nothing else', () => {
    const found = config('server: {}')
    assert.deepEqual(found.listen, {
      data: null,
      control: { host: '127.0.0.1', port: 0 },
      pdp: { host: '127.0.0.1', port: 3592 },
    })
    assert.deepEqual(found.callers, [{ kind: 'local' }])
    assert.equal(found.mode, 'production')
    assert.equal(found.stateDirectory, resolve('.reeve'))
    assert.deepEqual(
      found.policyFiles.map(({ path }) => path),
      [`${POLICIES}/a.yaml`, `${POLICIES}/b.yaml`],
    )
    assert.equal(found.schemaFiles.length, 1)
    assert.deepEqual(found.engine, {
      globals: {},
      defaultPolicyVersion: 'default',
      defaultScope: '',
      lenientScopeSearch: false,
      strictEvaluation: false,
      schemaEnforcement: 'none',
    })
    assert.equal(found.watchPolicies, false)
    assert.equal(found.notes.length, 3)
  })

  test('says everything that it can say', () => {
    const found = config(`server:
  httpListenAddr: "[::1]:9"
  requestLimits: {maxResourcesPerRequest: 500, maxActionsPerResource: 7}
  cors: {disabled: true}
  adminAPI: {enabled: false, adminCredentials: {username: a}}
  metricsEnabled: false
storage: {driver: disk, disk: {directory: ./policies/deep, watchForChanges: true}}
engine: {globals: {a: {b: [1]}}, strictEvaluation: true, lenientScopeSearch: true, defaultScope: a.b, defaultPolicyVersion: v2}
schema: {enforcement: reject}
auxData: {jwt: {acceptableTimeSkew: 2m, disableVerification: false, keySets: [{id: a, local: {file: jwks.json}}, {id: b, local: {data: ${Buffer.from(KEYS).toString('base64')}}}]}}
audit: {enabled: false, accessLogsEnabled: true, backend: local, local: {storagePath: ledger}}
telemetry: {disabled: true, reportInterval: 1h}
`)
    assert.deepEqual(found.listen.pdp, { host: '::1', port: 9 })
    assert.deepEqual(found.decisionApi, {
      resourcesMax: 500,
      actionsMax: 7,
      keySets: [
        { id: 'a', jwks: { keys: [] } },
        { id: 'b', jwks: { keys: [] } },
      ],
      skewSeconds: 120,
    })
    assert.equal(found.policySource.directory, resolve('policies/deep'))
    assert.equal(found.watchPolicies, true)
    assert.deepEqual(found.engine.globals, { a: { b: [1] } })
    assert.equal(found.engine.strictEvaluation, true)
    assert.equal(found.stateDirectory, resolve('ledger'))
    assert.match(found.notes.join('\n'), /lenient scope search/)
    assert.match(found.notes.join('\n'), /`audit\.enabled: false` is not obeyed/)
  })

  test('takes values from the environment, with defaults', () => {
    const yaml = `server: {httpListenAddr: "\${ADDRESS:127.0.0.1:7}"}
engine: {strictEvaluation: "\${STRICT:true}"}
`
    assert.equal(config(yaml).listen.pdp.port, 7)
    assert.equal(config(yaml).engine.strictEvaluation, true)
    const set = config(yaml, {}, { ADDRESS: ':8', STRICT: 'false' })
    assert.deepEqual(set.listen.pdp, { host: '127.0.0.1', port: 8 })
    assert.equal(set.engine.strictEvaluation, false)
    assert.match(set.notes.join('\n'), /`:8` listens on 127\.0\.0\.1, and nowhere else/)
  })

  test('the command line stands above it, and cannot ask for agents', () => {
    const found = config('server: {httpListenAddr: "0.0.0.0:1"}', {
      pdp: '127.0.0.1:5',
      control: '127.0.0.1:6',
    })
    assert.deepEqual([found.listen.pdp.port, found.listen.control.port], [5, 6])
    assert.match(problems('server: {}', { data: '127.0.0.1:5' })[0] ?? '', /--listen-data/)
  })

  test('tells commands where its ledger lies', () => {
    const state = (yaml: string): unknown =>
      readStateDirectory(sourcesOf(yaml, {}), '/r/cerbos.yaml')
    assert.deepEqual(state('server: {}'), { ok: true, value: resolve('.reeve') })
    assert.deepEqual(
      state('storage: {driver: disk, disk: {directory: a}}\naudit: {local: {storagePath: b}}'),
      {
        ok: true,
        value: resolve('b'),
      },
    )
  })
})

suite('what it cannot honour is refused by name', () => {
  for (const [yaml, expected] of [
    ['server: {grpcListenAddr: ":3593"}', /^1:10 `server\.grpcListenAddr`: gRPC is not served/],
    ['server: {tls: {cert: a}}', /^1:10 `server\.tls`/],
    [
      'server: {httpListenAddr: "unix:/a.sock"}',
      /^1:10 `server\.httpListenAddr`: must be HOST:PORT/,
    ],
    ['server: {httpListenAddr: "10.0.0.1:1"}', /^1:10 listening on `10\.0\.0\.1` is refused/],
    ['server: {httpListenAddr: ":70000"}', /^1:10 port 70000 does not exist/],
    ['server: {requestLimits: {maxResourcesPerRequest: 501}}', /maxResourcesPerRequest/],
    ['server: {cors: {allowedOrigins: ["*"]}}', /`server\.cors/],
    ['server: {playgroundEnabled: true}', /only `false` is accepted/],
    ['storage: {driver: sqlite3, sqlite3: {dsn: a}}', /`storage\.driver`: must be `disk`/],
    ['storage: {driver: disk, disk: {directory: /nowhere}}', /`\/nowhere` does not exist/],
    ['engine: {celErrorLogLevel: warn}', /`engine\.celErrorLogLevel`/],
    ['engine: {defaultScope: "a b"}', /must be a scope/],
    ['schema: {enforcement: maybe}', /`schema\.enforcement`/],
    ['auxData: {jwt: {disableVerification: true}}', /nobody verified/],
    [
      'auxData: {jwt: {keySets: [{id: a, local: {file: none.json}}]}}',
      /none\.json` does not exist/,
    ],
    ['auxData: {jwt: {keySets: [{id: a, local: {data: "!"}}]}}', /is not a JSON Web Key Set/],
    [
      'auxData: {jwt: {keySets: [{id: a, local: {file: jwks.json, pem: true}}]}}',
      /keySets\.0\.local/,
    ],
    [
      'auxData: {jwt: {keySets: [{id: a, local: {file: jwks.json}}, {id: a, local: {file: jwks.json}}]}}',
      /stands here twice/,
    ],
    [
      'telemetry: {disabled: true}\naudit: {decisionLogFilters: {}}',
      /^2:9 `audit\.decisionLogFilters`/,
    ],
    ['telemetry: {disabled: true}\nmode: development', /^2:1 .*unknown key `mode`/],
    ['compile: {cacheDuration: 1s}', /unknown key `compile`/],
  ] as const)
    test(yaml, () => {
      assert.ok(
        problems(yaml).some((problem) => expected.test(problem)),
        problems(yaml).join('\n'),
      )
    })

  test('whatever stands in the file, it is read or it is refused with places', () => {
    const keys = fc.constantFrom('server', 'storage', 'engine', 'schema', 'audit', 'auxData', 'jwt')
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue(),
        fc.dictionary(keys, tie('node')),
        fc.array(tie('node'), { maxLength: 2 }),
      ),
    })).node
    fc.assert(
      fc.property(fc.dictionary(keys, value), (data) => {
        const result = read(JSON.stringify({ telemetry: {}, ...data }))
        if (!result.ok)
          for (const { line, column } of result.error) assert.ok(line > 0 && column > 0)
      }),
      { numRuns: 200 },
    )
  })
})
