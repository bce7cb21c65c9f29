import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'

import { compile } from '../commands/compile.ts'
import { fmt } from '../commands/fmt.ts'
import { lint } from '../commands/lint.ts'
import { test as testCommand } from '../commands/test.ts'
import { validate } from '../commands/validate.ts'
import { createTerminal, type Terminal } from '../terminal.ts'

const home = mkdtempSync(join(tmpdir(), 'reeve-policies-'))
after(() => rmSync(home, { recursive: true, force: true }))

let folders = 0

/** A directory of its own with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(home, String(folders++))
  mkdirSync(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

type Ran = { readonly code: number; readonly out: string; readonly err: string }

async function ran(command: (terminal: Terminal) => Promise<number>, json = false): Promise<Ran> {
  const written = { out: '', err: '' }
  const terminal = createTerminal(
    {
      stdout: { write: (text) => (written.out += text) },
      stderr: { write: (text) => (written.err += text) },
      environment: {},
    },
    json,
  )
  const code = await command(terminal)
  return { code, ...written }
}

const POLICY = `apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc
  version: default
  rules:
    - name: users-read
      actions: [read]
      effect: EFFECT_ALLOW
      roles: [user]
      condition:
        match:
          expr: R.attr.public
`

const suiteOf = (effect: string): string => `name: docs
principals:
  ann: {id: ann, roles: [user]}
resources:
  memo: {id: '1', kind: doc, attr: {public: true}}
tests:
  - name: users read what is public
    input:
      principals: [ann]
      resources: [memo]
      actions: [read]
    expected:
      - principal: ann
        resource: memo
        actions: {read: ${effect}}
`

const PASSING = { 'doc.yaml': POLICY, 'doc_test.yaml': suiteOf('EFFECT_ALLOW') }
const FAILING = { 'doc.yaml': POLICY, 'doc_test.yaml': suiteOf('EFFECT_DENY') }

test('tests that pass are 0, one that fails is 4 and says which rule decided and why', async () => {
  const passed = await ran((terminal) => testCommand(terminal, {}, folderOf(PASSING)))
  assert.equal(passed.code, 0)
  assert.match(passed.err, /1 passed, 0 failed/)
  const failed = await ran((terminal) => testCommand(terminal, {}, folderOf(FAILING)))
  assert.equal(failed.code, 4)
  assert.match(
    failed.out,
    /FAIL read: expected deny, got allow\n.*rule {3}users-read in resource\.doc\.vdefault/,
  )
  assert.match(failed.out, /R\.attr\.public {2}-> {2}true/)
})

test('policies that do not compile are 3, a directory or option that is none is 2', async () => {
  const broken = folderOf({ 'doc.yaml': POLICY.replace('R.attr', 'Q.attr') })
  const invalid = await ran((terminal) => testCommand(terminal, {}, broken))
  assert.equal(invalid.code, 3)
  assert.match(invalid.err, /doc\.yaml:12:17: /)
  for (const command of [
    (terminal: Terminal) => testCommand(terminal, {}, join(home, 'none')),
    (terminal: Terminal) => testCommand(terminal, { output: 'xml' }, home),
    (terminal: Terminal) => testCommand(terminal, { filter: 'colour=red' }, home),
    (terminal: Terminal) => testCommand(terminal, { coverageMin: 'most' }, home),
    (terminal: Terminal) => validate(terminal, {}, join(home, 'none')),
    (terminal: Terminal) => fmt(terminal, {}, join(home, 'none')),
    (terminal: Terminal) => lint(terminal, {}, join(home, 'none')),
  ]) {
    const { code, out, err } = await ran(command)
    assert.equal(code, 2)
    assert.equal(out, '')
    assert.notEqual(err, '')
  }
})

test('a suite that cannot be read is 4, with its place, whatever the others say', async () => {
  const folder = folderOf({ ...PASSING, 'other_test.yaml': 'name: other\ntests: [{name: x}]\n' })
  const { code, out } = await ran((terminal) => testCommand(terminal, {}, folder))
  assert.equal(code, 4)
  assert.match(out, /other_test\.yaml:2:9: a test needs `input`/)
})

test('coverage names what is open, and too little of it is 4', async () => {
  const run = (coverageMin: string): Promise<Ran> =>
    ran((terminal) => testCommand(terminal, { coverageMin }, folderOf(PASSING)))
  const enough = await run('50')
  assert.equal(enough.code, 0)
  assert.match(enough.out, /never fails to hold: the rule\n(?:.*\n)*coverage 50 %: 1 of 2 branches/)
  const little = await run('51')
  assert.equal(little.code, 4)
  assert.match(little.err, /coverage is 50 %, below 51 %/)
})

test('json and junit are one document on stdout', async () => {
  const folder = folderOf(FAILING)
  const json = await ran((terminal) => testCommand(terminal, {}, folder), true)
  const report = JSON.parse(json.out) as { readonly summary: object }
  assert.deepEqual(report.summary, {
    overallResult: 'RESULT_FAILED',
    testsCount: 1,
    resultCounts: [{ result: 'RESULT_FAILED', count: 1 }],
  })
  const junit = await ran((terminal) => testCommand(terminal, { output: 'junit' }, folder))
  assert.match(junit.out, /^<\?xml .*\n<testsuites name="reeve test" tests="1" failures="1"/)
  assert.match(junit.out, /<failure message="expected deny, got allow">/)
  assert.equal(junit.err, '')
})

test('names in junit cannot break out of their places', async () => {
  const name = String.raw`'"<\/testsuite>&\u0001"'`
  const text = suiteOf('EFFECT_ALLOW').replace('name: docs', `name: ${name}`)
  const folder = folderOf({ ...PASSING, 'doc_test.yaml': text })
  const { out } = await ran((terminal) => testCommand(terminal, { output: 'junit' }, folder))
  assert.equal(out.match(/<\/testsuite>/g)?.length, 1)
})

test('a list is one line a check', async () => {
  const { out } = await ran((terminal) =>
    testCommand(terminal, { output: 'list' }, folderOf(PASSING)),
  )
  assert.equal(out, 'ok   docs / users read what is public / ann / memo / read\n')
})

test('compile prints the release, then runs the tests unless they are skipped', async () => {
  const folder = folderOf(FAILING)
  const both = await ran((terminal) => compile(terminal, {}, folder))
  assert.equal(both.code, 4)
  assert.match(both.out, /^release sha256:\S{43}\n1 policies with 1 rules, from 1 files\n/)
  const skipped = await ran((terminal) => compile(terminal, { skipTests: true }, folder))
  assert.equal(skipped.code, 0)
  const json = await ran((terminal) => compile(terminal, { skipTests: true }, folder), true)
  const { release, ...counts } = JSON.parse(json.out) as { readonly release: string }
  assert.match(both.out, new RegExp(release.replaceAll('+', '\\+')))
  assert.deepEqual(counts, { ok: true, files: 1, policies: 1, rules: 1, suites: 1 })
})

test('validate says what is wrong with policies, tests and the configuration they belong to', async () => {
  const sound = await ran((terminal) => validate(terminal, {}, folderOf(PASSING)))
  assert.deepEqual([sound.code, sound.err], [0, 'no problems\n'])
  const folder = folderOf({
    'reeve.yaml': 'mode: fast\npolicies: {dir: ./rules}\n',
    'rules/doc.yaml': POLICY.replace('EFFECT_ALLOW', 'ALLOW'),
    'rules/doc_test.yaml': 'tests: []\n',
    'policy-config.yaml': 'rules: [{id: a}]\n',
  })
  const { code, out } = await ran((terminal) => validate(terminal, {}, folder), true)
  assert.equal(code, 3)
  const { problems } = JSON.parse(out) as {
    readonly problems: readonly { readonly file: string }[]
  }
  const names = new Set(problems.map(({ file }) => file.slice(folder.length + 1)))
  assert.deepEqual([...names].toSorted(), [
    'policy-config.yaml',
    'reeve.yaml',
    'rules/doc.yaml',
    'rules/doc_test.yaml',
  ])
})

test('validate looks at single files, a suite with the fixtures beside it', async () => {
  const suite = suiteOf('EFFECT_ALLOW').replace(/principals:\n.*\n/, '')
  const folder = folderOf({
    'doc.yaml': POLICY,
    'doc_test.yaml': suite,
    'testdata/principals.yaml': 'principals: {ann: {id: ann, roles: [user]}}\n',
    'broken.yaml': 'a: [',
  })
  const names = ['doc.yaml', 'doc_test.yaml', 'testdata/principals.yaml'].map((name) =>
    join(folder, name),
  )
  assert.equal((await ran((terminal) => validate(terminal, {}, ...names))).code, 0)
  const broken = join(folder, 'broken.yaml')
  assert.equal((await ran((terminal) => validate(terminal, {}, ...names, broken))).code, 3)
})

test('a directory that a configuration names is read with its short form', async () => {
  const folder = folderOf({
    'reeve.yaml': 'mode: development\npolicies: {dir: ./rules}\n',
    'rules/doc.yaml': POLICY,
    'policy-config.yaml':
      'rules: [{id: a, role: user, tool: billing, allowed_actions: [charge]}]\n',
  })
  const digests = await Promise.all(
    [folder, join(folder, 'rules')].map(
      async (path) => (await ran((one) => compile(one, {}, path))).out,
    ),
  )
  assert.match(digests[0] ?? '', /3 policies with 4 rules, from 2 files/)
  assert.equal(digests[0], digests[1])
})

test('tests run with schemas enforced, unless they are told to ignore them', async () => {
  const schemas = '  schemas: {resourceSchema: {ref: "cerbos:///doc.json"}}\n'
  const folder = folderOf({
    'doc.yaml': POLICY.replace('  rules:', `${schemas}  rules:`),
    'doc_test.yaml': suiteOf('EFFECT_ALLOW'),
    '_schemas/doc.json': '{"type": "object", "required": ["owner"]}',
  })
  const enforced = await ran((terminal) => testCommand(terminal, {}, folder))
  assert.equal(enforced.code, 4)
  assert.match(enforced.out, /FAIL read: expected allow, got deny/)
  const ignored = await ran((terminal) => testCommand(terminal, { ignoreSchemas: true }, folder))
  assert.equal(ignored.code, 0)
  rmSync(join(folder, '_schemas'), { recursive: true })
  assert.equal((await ran((terminal) => testCommand(terminal, {}, folder))).code, 3)
})

test('with --cerbos an error counts as not met, and what strict evaluation changes is said', async () => {
  const deny = `    - name: nobody-when-locked
      actions: [read]
      effect: EFFECT_DENY
      roles: [user]
      condition:
        match:
          expr: R.attr.locked
`
  const folder = folderOf({
    'doc.yaml': POLICY + deny,
    'doc_test.yaml': suiteOf('EFFECT_ALLOW'),
  })
  assert.equal((await ran((terminal) => testCommand(terminal, {}, folder))).code, 4)
  const lenient = await ran((terminal) => testCommand(terminal, { cerbos: true }, folder))
  assert.equal(lenient.code, 0)
  assert.match(lenient.err, /strict evaluation: deny instead of allow for .*ann \/ memo \/ read\n/)
})

test('lint warns and passes, and refuses only when it is told to', async () => {
  const folder = folderOf({
    'reeve.yaml': 'identity: {people: [{id: ann, roles: [reader]}]}\npolicies: {dir: .}\n',
    'doc.yaml': POLICY,
  })
  const warned = await ran((terminal) => lint(terminal, {}, folder))
  assert.equal(warned.code, 0)
  assert.match(
    warned.out,
    /doc\.yaml:6:7: nobody has the role `user` of `users-read` \[role_unknown\]/,
  )
  const refused = await ran((terminal) => lint(terminal, { denyWarnings: true }, folder), true)
  assert.equal(refused.code, 3)
  assert.equal((JSON.parse(refused.out) as { warnings: readonly object[] }).warnings.length, 1)
  const silent = await ran((terminal) => lint(terminal, { denyWarnings: true }, folderOf(PASSING)))
  assert.equal(silent.code, 0)
})

test('lint finds attributes that the schemas of the folder do not have', async () => {
  const schemas = '  schemas: {resourceSchema: {ref: "cerbos:///doc.json"}}\n'
  const folder = folderOf({
    'doc.yaml': POLICY.replace('  rules:', `${schemas}  rules:`),
    '_schemas/doc.json': '{"properties": {"publik": {}}, "additionalProperties": false}',
  })
  const found = await ran((terminal) => lint(terminal, { denyWarnings: true }, folder))
  assert.equal(found.code, 3)
  assert.match(found.out, /doc\.yaml:13:24: `R\.attr\.public` .* \[attribute_unknown\]/)
  assert.match(found.out, /hint: did you mean `publik`\?/)
})

test('validate notes an increment, which has no effect, and fails where the form has none', async () => {
  const rollout = 'rollout: {percent: 5, increment: 2}'
  const folder = folderOf({
    'policy-config.yaml': `rules:\n  - {id: a, role: user, tool: t, allowed_actions: [x], ${rollout}}\n`,
  })
  const noted = await ran((terminal) => validate(terminal, {}, folder, folder))
  assert.equal(noted.code, 0)
  assert.match(noted.err, /^note: .*policy-config\.yaml:2:78: `increment` is not advanced yet/)
  assert.match(noted.err, /\nno problems\n$/)
  const json = await ran((terminal) => validate(terminal, {}, folder), true)
  const { ok, problems, notes } = JSON.parse(json.out) as {
    ok: boolean
    problems: readonly object[]
    notes: readonly { readonly line: number; readonly code: string }[]
  }
  assert.deepEqual([ok, problems], [true, []])
  assert.deepEqual(
    notes.map(({ line, code }) => [line, code]),
    [[2, 'increment_idle']],
  )
  const long = POLICY.replace('api.cerbos.dev', 'reeve.dev').replace(
    '      roles: [user]',
    `      roles: [user]\n      ${rollout}`,
  )
  const refused = await ran((terminal) => validate(terminal, {}, folderOf({ 'doc.yaml': long })))
  assert.equal(refused.code, 3)
  assert.match(refused.err, /doc\.yaml:10:29: `rollout` has no field `increment`/)
  assert.doesNotMatch(refused.err, /note:/)
})

test('fmt writes what changes, writes nothing with --check, and reports what it cannot read', async () => {
  const untidy = POLICY.replace('  resource: doc', "  resource: 'doc' # kept")
  const folder = folderOf({ 'doc.yaml': untidy, 'tidy.yaml': POLICY.replace('doc', 'memo') })
  const check = await ran((terminal) => fmt(terminal, { check: true }, folder))
  assert.equal(check.code, 3)
  assert.match(check.out, /doc\.yaml\n$/)
  assert.equal(readFileSync(join(folder, 'doc.yaml'), 'utf8'), untidy)
  const written = await ran((terminal) => fmt(terminal, {}, folder))
  assert.equal(written.code, 0)
  assert.equal(
    readFileSync(join(folder, 'doc.yaml'), 'utf8'),
    POLICY.replace('resource: doc', 'resource: doc # kept'),
  )
  assert.equal((await ran((terminal) => fmt(terminal, { check: true }, folder))).code, 0)
  writeFileSync(join(folder, 'doc.yaml'), 'a: [')
  const broken = await ran((terminal) => fmt(terminal, {}, join(folder, 'doc.yaml')))
  assert.equal(broken.code, 3)
  assert.match(broken.err, /doc\.yaml:1:/)
  assert.equal(readFileSync(join(folder, 'doc.yaml'), 'utf8'), 'a: [')
})
