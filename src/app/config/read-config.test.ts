import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { configJsonSchemas } from './config-schema.ts'
import { Unreadable, type ConfigSources } from './config-sources.ts'
import { formatProblem, type Config, type ConfigProblem } from './config.ts'
import { fileSources } from './file-sources.ts'
import type { Flags } from './flags.ts'
import { readConfig, readStateDirectory } from './read-config.ts'

type Files = Readonly<Record<string, string>>

const sourcesOf = (files: Files, environment: Record<string, string> = {}): ConfigSources => ({
  environment,
  readFile: (path) => (Object.hasOwn(files, path) ? (files[path] ?? null) : null),
  listPolicies: (directory) => {
    const found = Object.keys(files).filter((path) => path.startsWith(`${directory}/`))
    return found.length === 0 ? null : found.sort()
  },
  listSchemas: () => [],
  stamp: (paths) => paths.join(),
})

const readYaml = (yaml: string, files: Files = {}, flags: Flags = {}, environment = {}) =>
  readConfig(sourcesOf({ '/r/reeve.yaml': yaml, ...files }, environment), '/r/reeve.yaml', flags)

function config(...given: Parameters<typeof readYaml>): Config {
  const result = readYaml(...given)
  assert.ok(result.ok, result.ok ? '' : result.error.map(formatProblem).join('\n'))
  return result.value
}

function problems(...given: Parameters<typeof readYaml>): readonly ConfigProblem[] {
  const result = readYaml(...given)
  assert.ok(!result.ok, 'the configuration was accepted')
  assert.ok(result.error.length > 0)
  return result.error
}

/** `line:column message` of the only problem. */
function onlyProblem(...given: Parameters<typeof readYaml>): string {
  const found = problems(...given)
  assert.equal(found.length, 1, found.map(formatProblem).join('\n'))
  const [{ line, column, message } = assert.fail()] = found
  return `${line}:${column} ${message}`
}

suite('defaults', () => {
  test('an empty file is production on loopback, with nobody and nothing in it', () => {
    const read = config('')
    assert.equal(read.mode, 'production')
    assert.deepEqual(read.listen.data, { host: '127.0.0.1', port: 8080 })
    assert.deepEqual(read.tokens, {
      issuer: 'http://localhost:8080',
      defaultTtlSeconds: 300,
      maxTtlSeconds: 900,
      requireSponsor: true,
      supportedTools: [],
    })
    assert.equal(read.stateDirectory, '/r/.reeve')
    assert.equal(read.decisionDeadlineMs, 200)
  })

  test('development has an issuer and a state of its own', () => {
    const read = config('mode: development')
    assert.equal(read.tokens.issuer, 'urn:reeve:development')
    assert.equal(read.stateDirectory, '/r/.reeve/development')
  })

  test('token-service-config.yml is the token section', () => {
    const text =
      'issuer: sts\ndefault_ttl_seconds: 60\nmax_ttl_seconds: 600\nrequire_sponsor: false\nsupported_tools: [billing, search, file-store]'
    assert.deepEqual(config('', { '/r/token-service-config.yml': text }).tokens, {
      issuer: 'sts',
      defaultTtlSeconds: 60,
      maxTtlSeconds: 600,
      requireSponsor: false,
      supportedTools: ['billing', 'search', 'file-store'],
    })
  })
})

suite('mistakes in a file', () => {
  for (const [yaml, expected] of [
    ['mode: fast', '1:1 `mode`: invalid option: expected one of "development"|"production"'],
    ['\nlisten:\n  dta: 127.0.0.1:1', '3:3 `listen.dta`: unknown key `dta`'],
    ['mode: production\nmode: development', '2:1 map keys must be unique'],
    ['listen: {data: here}', '1:10 `listen.data`: must be HOST:PORT'],
    ['listen: {data: "127.0.0.1:70000"}', '1:10 port 70000 does not exist'],
    ['public_url: ftp://x', '1:1 `public_url`: must be an http or https URL'],
    ['public_url: http://u:p@x', '1:1 `public_url`: must not hold a user or a password'],
    ['public_url: http://x/?a=b', '1:1 `public_url`: must end with its path'],
    [
      'tokens: {max_ttl_seconds: 901}',
      '1:10 `tokens.max_ttl_seconds`: too big: expected number to be <=900',
    ],
    [
      'tokens: {default_ttl_seconds: 300, max_ttl_seconds: 60}',
      '1:1 `default_ttl_seconds` is larger than `max_ttl_seconds`',
    ],
    ['agents:\n  - {id: a, sponsor: nobody}', '2:13 there is no person `nobody`'],
    ['agents:\n  - {id: Bad, sponsor: dana}', '2:6 `agents.0.id`: must match [a-z][a-z0-9_-]*'],
    [
      'agents:\n  - {id: a-b, sponsor: d}\n  - {id: a_b, sponsor: d}\nidentity: {people: [{id: d}]}',
      '3:6 `a_b` and `a-b` are one name in policies',
    ],
    [
      'agents:\n  - {id: a, sponsor: d}\n  - {id: a, sponsor: d}\nidentity: {people: [{id: d}]}',
      '3:6 `a` stands here twice',
    ],
    ['identity: {people: [{id: x}, {id: x}]}', '1:31 `x` stands here twice'],
    [
      'callers: [{id: a, credential: {env: E}}, {id: a, credential: {env: E}}]',
      '1:43 `a` stands here twice',
    ],
    ['models:\n  - {id: nobody/small}', '2:6 there is no provider `nobody`'],
    ['store: {sqlite: {path: /tmp/other.db}}', '1:18 `store.sqlite.path`: must end in reeve.db'],
    [
      'listen: {data: "127.0.0.1:9", pdp: "127.0.0.1:9"}',
      '1:31 `listen.data` has the same address',
    ],
    ['policies: {dir: ./none}', '1:12 the policy directory `/r/none` does not exist'],
    ['public_url: ${NOWHERE}', '1:1 the environment variable `NOWHERE` is not set'],
    ['- a\n- b', '1:1 invalid input: expected object, received array'],
    [
      'a: [b',
      '1:6 flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ] as const) {
    test(`${JSON.stringify(yaml)} is told with its place`, () => {
      const found = problems(yaml, {}, {}, { E: 'x' })
      const { line, column, message } = found[0] ?? assert.fail()
      assert.equal(`${line}:${column} ${message}`, expected)
      assert.equal(found[0]?.file, '/r/reeve.yaml')
    })
  }

  test('all of them are told, those of the token file beside those of reeve.yaml', () => {
    const found = problems('mode: fast\nnothing: 1', {
      '/r/token-service-config.yml': 'max_ttl_seconds: 9000\nttl: 3',
    })
    assert.deepEqual(
      found.map(({ file, line }) => `${file}:${line}`),
      [
        '/r/reeve.yaml:1',
        '/r/reeve.yaml:2',
        '/r/token-service-config.yml:1',
        '/r/token-service-config.yml:2',
      ],
    )
  })

  test('a mistake in the token section is told once', () => {
    onlyProblem('tokens: {ttl: 3}')
  })

  test('a section that stands in two places names both', () => {
    const found = onlyProblem('tokens: {}', { '/r/token-service-config.yml': 'issuer: x' })
    assert.match(found, /^1:1 `tokens` also stands in \/r\/token-service-config\.yml/)
    const short = 'rules: []'
    assert.match(
      onlyProblem('policies: {dir: ./p}', {
        '/r/policy-config.yaml': short,
        '/r/p/policy-config.yaml': short,
      }),
      /the short form stands in .*\/r\/p\/policy-config\.yaml.* and in \/r\/policy-config\.yaml/,
    )
  })

  test('a file that does not exist, or cannot be read, is a mistake with a way out', () => {
    const missing = readConfig(sourcesOf({}), '/r/reeve.yaml')
    assert.ok(!missing.ok)
    assert.match(
      formatProblem(missing.error[0] ?? assert.fail()),
      /reeve\.yaml:1:1: .*\n.*reeve init/,
    )
    const locked: ConfigSources = {
      ...sourcesOf({}),
      readFile: (path) => {
        throw new Unreadable(path, 'this user may not read it')
      },
    }
    const unread = readConfig(locked, '/r/reeve.yaml')
    assert.ok(!unread.ok)
    assert.match(
      formatProblem(unread.error[0] ?? assert.fail()),
      /reeve\.yaml:1:1: this user may not read it/,
    )
    const folder = readConfig(fileSources({}), '/tmp')
    assert.ok(!folder.ok)
    assert.equal(folder.error[0]?.message, 'it is a directory')
  })

  test('a policy file that vanished is not an empty one', () => {
    const sources = sourcesOf({ '/r/reeve.yaml': 'policies: {dir: ./p}' })
    const result = readConfig(
      { ...sources, listPolicies: () => ['/r/p/deny.yaml'] },
      '/r/reeve.yaml',
    )
    assert.ok(!result.ok)
    assert.match(result.error[0]?.message ?? '', /deny\.yaml` does not exist/)
  })
})

suite('secrets', () => {
  const provider = (value: string): string =>
    `providers:\n  - {id: p, dialect: openai, url: "https://x", credential: {kind: configured_header, name: Authorization, prefix: "Bearer ", value: ${value}}}`

  test('are references to the environment or to a file', () => {
    const fromEnv = config(provider('{env: KEY}'), {}, {}, { KEY: 's3cret' })
    assert.deepEqual(fromEnv.providers[0]?.credential, {
      kind: 'configured_header',
      name: 'authorization',
      value: 'Bearer s3cret',
    })
    const fromFile = config(provider('{file: key.txt}'), { '/r/key.txt': 's3cret\n' })
    assert.deepEqual(fromFile.providers[0]?.credential, fromEnv.providers[0]?.credential)
  })

  test('are refused in the file itself, without being repeated', () => {
    for (const [yaml, environment] of [
      [provider('sk-12345'), {}],
      [provider('"${KEY}"'), { KEY: 'sk-12345' }],
      ['callers: [{id: a, credential: sk-12345}]', {}],
      ['mcp: {servers: [{id: a, url: "http://x:sk-12345@y"}]}', {}],
    ] as const) {
      const text = problems(yaml, {}, {}, environment).map(formatProblem).join('\n')
      assert.ok(!text.includes('12345'), text)
    }
  })

  test('that are not there are told with what to set', () => {
    assert.match(onlyProblem(provider('{env: KEY}')), /`KEY` is not set/)
    assert.match(onlyProblem(provider('{file: key.txt}')), /`key\.txt` does not exist or is empty/)
    assert.match(onlyProblem(provider('{env: KEY}'), {}, {}, { KEY: '' }), /`KEY` is not set/)
  })

  test('an agent`s keys must be a key set', () => {
    const yaml = 'agents: [{id: a, sponsor: d, jwks_file: k.json}]\nidentity: {people: [{id: d}]}'
    assert.match(onlyProblem(yaml), /key set `\/r\/k\.json` does not exist/)
    for (const text of ['', '[]', '{"keys": 1}', '{'])
      assert.match(onlyProblem(yaml, { '/r/k.json': text }), /is not a JSON Web Key Set/)
    assert.deepEqual(config(yaml, { '/r/k.json': '{"keys": []}' }).agents[0]?.jwks, { keys: [] })
  })
})

suite('what a mode forbids', () => {
  const issuer =
    '{issuer: "https://i", alias: i, algorithms: [ES256], audience: a, jwks_file: k.json}'
  const keys = { '/r/k.json': '{"keys": []}' }

  test('development listens on loopback, has no proxy before it and no issuer but its own', () => {
    assert.match(onlyProblem('mode: development\nlisten: {data: "0.0.0.0:1"}'), /loopback only/)
    assert.match(onlyProblem('mode: development\nbehind_tls_proxy: true'), /behind a proxy/)
    assert.match(
      onlyProblem(`mode: development\nidentity: {issuers: [${issuer}]}`, keys),
      /an issuer of its own/,
    )
  })

  test('production listens elsewhere only behind TLS, and knows no prepared agent', () => {
    assert.match(
      onlyProblem('listen: {control: "10.0.0.1:1"}'),
      /^1:10 listening on `10\.0\.0\.1` without TLS/,
    )
    config('listen: {control: "10.0.0.1:1"}\nbehind_tls_proxy: true')
    assert.match(
      onlyProblem(
        'agents: [{id: a, sponsor: d, development: true}]\nidentity: {people: [{id: d}]}',
      ),
      /`mode: development` only/,
    )
    config(`identity: {issuers: [${issuer}]}`, keys)
  })

  test('local callers need a loopback listener, and one prepared agent is enough', () => {
    const open = 'listen: {pdp: "10.0.0.1:1"}\nbehind_tls_proxy: true\ncallers: [{local: true}]'
    assert.match(onlyProblem(open), /`local: true` needs `listen\.pdp` on loopback/)
    assert.match(
      onlyProblem(
        'mode: development\nagents: [{id: a, sponsor: d, development: true}, {id: b, sponsor: d, development: true}]\nidentity: {people: [{id: d}]}',
      ),
      /only one agent/,
    )
  })

  test('the command line is checked like the file', () => {
    assert.match(onlyProblem('mode: development', {}, { data: '0.0.0.0:1' }), /loopback only/)
    assert.match(onlyProblem('', {}, { pdp: '10.1.1.1:1' }), /without TLS/)
    assert.match(onlyProblem('', {}, { pdp: '127.0.0.1:99999' }), /port 99999/)
    assert.deepEqual(config('', {}, { data: '[::1]:9' }).listen.data, { host: '::1', port: 9 })
  })
})

suite('hostile files', () => {
  test('bombs, loops, depth and size are told, never thrown', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdef'
      .split('')
      .map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcde'[i]}`).join(',')}]`)
      .join('\n')}`
    for (const text of [
      bomb,
      'a: &a [*a]',
      `a: ${'['.repeat(50_000)}`,
      `attr: ${'{a: '.repeat(100)}1${'}'.repeat(100)}`,
      `# ${'x'.repeat(2 * 1024 * 1024)}`,
      'a: *nothing',
      '--- a\n--- b',
      '? [a, b]\n: c',
      '%YAML 9.9\n---\n!!binary x',
      '\u0000',
      '"\u0000"',
    ])
      assert.ok(problems(text).length > 0, JSON.stringify(text.slice(0, 40)))
  })

  test('any text is read or refused, and any place is in the file', () => {
    const piece = fc.constantFrom(
      'mode',
      ': ',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '${X}',
      '"',
      "'",
      '__proto__',
      'development',
      'agents',
      '|',
      '>',
      '#',
      '!!',
      '? ',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 30 }).map((all) => all.join('')),
        ),
        (text) => {
          const result = readYaml(text)
          if (result.ok) return
          for (const { line, column } of result.error) assert.ok(line >= 1 && column >= 1)
        },
      ),
      { numRuns: 400 },
    )
  })

  test('names of prototypes are keys like others', () => {
    assert.match(onlyProblem('__proto__: {mode: development}'), /unknown key `__proto__`/)
    const people = config(
      'identity: {people: [{id: a, attr: {constructor: 1, toString: 2}}]}',
    ).people
    assert.deepEqual(Object.entries(people[0]?.attr ?? {}), [
      ['constructor', 1],
      ['toString', 2],
    ])
    assert.match(onlyProblem('public_url: ${constructor}'), /`constructor` is not set/)
  })
})

test('where the state lies is found without the secrets, and with a broken rest', () => {
  const yaml =
    'mode: development\nstore: {sqlite: {path: "${STATE}/reeve.db"}}\npublic_url: ${GONE}\nnonsense: 1'
  const sources = sourcesOf({ '/r/reeve.yaml': yaml }, { STATE: '/var/s' })
  assert.deepEqual(readStateDirectory(sources, '/r/reeve.yaml'), { ok: true, value: '/var/s' })
  const without = readStateDirectory(sourcesOf({ '/r/reeve.yaml': yaml }), '/r/reeve.yaml')
  assert.ok(!without.ok)
  assert.match(without.error[0]?.message ?? '', /`STATE` is not set/)
})

test('the published schemas are those of the code (`npm run schemas` writes them)', () => {
  for (const [name, schema] of Object.entries(configJsonSchemas())) {
    const file = new URL(`../../../schema/${name}`, import.meta.url)
    assert.equal(readFileSync(file, 'utf8'), `${JSON.stringify(schema, null, 2)}\n`, name)
  }
})

test('every mistake that no single field shows says how to mend it', () => {
  for (const yaml of [
    'listen: {data: "127.0.0.1:70000"}',
    'mode: development\nbehind_tls_proxy: true',
    'agents: [{id: a, sponsor: d, development: true}]',
    'agents: [{id: a-b, sponsor: d}, {id: a_b, sponsor: d}]',
    'identity: {people: [{id: x}, {id: x}]}',
    'models: [{id: nobody/small}]',
    'tokens: {default_ttl_seconds: 300, max_ttl_seconds: 60}',
  ])
    for (const { hint, message } of problems(yaml)) assert.ok(hint !== null, message)
})
