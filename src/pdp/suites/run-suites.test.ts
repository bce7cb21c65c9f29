import assert from 'node:assert/strict'
import { test } from 'node:test'

import { releaseOf } from '../testing/builders.ts'
import type { SuiteFilter } from './filter.ts'
import { NO_FILTER, parseFilter } from './filter.ts'
import { runSuites } from './run-suites.ts'
import type { ActionReport, RunReport } from './suite-report.ts'

const policy = (rules: readonly object[], over: object = {}, kind = 'doc'): string =>
  JSON.stringify({
    apiVersion: 'reeve.dev/v1',
    resourcePolicy: { resource: kind, version: 'default', rules, ...over },
  })

const READ = { name: 'users-read', actions: ['read'], effect: 'EFFECT_ALLOW', roles: ['user'] }
const EDIT = {
  name: 'owners-edit',
  actions: ['edit'],
  effect: 'EFFECT_ALLOW',
  roles: ['user'],
  condition: { match: { expr: 'R.attr.owner == P.id' } },
}
const RELEASE = releaseOf(policy([READ, EDIT]))

const ann = { id: 'ann', roles: ['user'] }
const bob = { id: 'bob', roles: ['guest'] }
const annsDoc = { kind: 'doc', id: '1', attr: { owner: 'ann' } }
const bobsDoc = { kind: 'doc', id: '2', attr: { owner: 'bob' } }
const FIXTURES = { principals: { ann, bob }, resources: { annsDoc, bobsDoc } }

const input = (over: object = {}): object => ({
  principals: ['ann'],
  resources: ['annsDoc'],
  actions: ['read', 'edit'],
  ...over,
})

const suite = (tests: readonly object[], over: object = FIXTURES): string =>
  JSON.stringify({ name: 'docs', tests, ...over })

type RunInput = {
  readonly release?: typeof RELEASE
  readonly files?: readonly { readonly path: string; readonly text: string }[]
  readonly filter?: SuiteFilter
  readonly coverage?: boolean
  readonly verbose?: boolean
}

const runText = (text: string, over: RunInput = {}): RunReport =>
  runSuites(over.release ?? RELEASE, [{ path: 'docs_test.yaml', text }, ...(over.files ?? [])], {
    filter: over.filter ?? NO_FILTER,
    coverage: over.coverage ?? false,
    verbose: over.verbose ?? false,
  })

const results = (report: RunReport): readonly string[] =>
  report.suites.flatMap(({ cases }) =>
    cases.flatMap(({ principal, resource, actions }) =>
      actions.map(({ action, result }) => `${principal} ${resource} ${action} ${result}`),
    ),
  )

const complaints = (report: RunReport): readonly string[] =>
  report.suites.flatMap((one) => one.problems.map(({ message }) => message))

const onlyAction = (report: RunReport): ActionReport => {
  const action = report.suites[0]?.cases[0]?.actions[0]
  assert.ok(action)
  return action
}

test('a matrix asks every action of every pair, and what is not listed is expected to be denied', () => {
  const report = runText(
    suite([
      {
        name: 'all',
        input: input({ principals: ['ann', 'bob'], resources: ['annsDoc', 'bobsDoc'] }),
        expected: [
          {
            principal: 'ann',
            resource: 'annsDoc',
            actions: { read: 'EFFECT_ALLOW', edit: 'EFFECT_ALLOW' },
          },
          { principal: 'ann', resource: 'bobsDoc', actions: { read: 'EFFECT_DENY' } },
        ],
      },
    ]),
  )
  assert.deepEqual(results(report), [
    'ann annsDoc read passed',
    'ann annsDoc edit passed',
    'ann bobsDoc read failed',
    'ann bobsDoc edit passed',
    'bob annsDoc read passed',
    'bob annsDoc edit passed',
    'bob bobsDoc read passed',
    'bob bobsDoc edit passed',
  ])
  assert.deepEqual(report.counts, { passed: 7, failed: 1, skipped: 0, errored: 0 })
  assert.equal(report.result, 'failed')
})

test('a failing check says which rule decided, why, and what the conditions gave', () => {
  const expected = [{ principal: 'ann', resource: 'bobsDoc', actions: { edit: 'EFFECT_ALLOW' } }]
  const report = runText(
    suite([
      { name: 'edit', input: input({ resources: ['bobsDoc'], actions: ['edit'] }), expected },
    ]),
  )
  const { actual, why } = onlyAction(report)
  assert.equal(actual, 'deny')
  assert.equal(why?.policy, 'resource.doc.vdefault')
  assert.equal(why?.rule, null)
  assert.equal(why?.reason?.code, 'forbidden_by_policy')
  assert.deepEqual(why?.rules, [
    {
      policy: 'resource.doc.vdefault',
      rule: 'owners-edit',
      effect: 'allow',
      outcome: 'did not hold',
      expressions: [{ source: 'R.attr.owner == P.id', outcome: 'false' }],
    },
  ])
})

test('a check that passes explains itself only when everything is asked for', () => {
  const tests = [
    {
      name: 'read',
      input: input({ actions: ['read'] }),
      expected: [{ principal: 'ann', resource: 'annsDoc', actions: { read: 'EFFECT_ALLOW' } }],
    },
  ]
  assert.equal(onlyAction(runText(suite(tests))).why, null)
  assert.equal(onlyAction(runText(suite(tests), { verbose: true })).why?.rule, 'users-read')
})

test('groups stand for their members, in inputs and in expectations, each once', () => {
  const report = runText(
    suite(
      [
        {
          name: 'groups',
          input: {
            principalGroups: ['all'],
            principals: ['ann'],
            resourceGroups: ['docs'],
            actions: ['read'],
          },
          expected: [
            {
              principalGroups: ['users'],
              resources: ['annsDoc'],
              resourceGroups: ['docs'],
              actions: { read: 'EFFECT_ALLOW' },
            },
          ],
        },
      ],
      {
        ...FIXTURES,
        principalGroups: { all: { principals: ['ann', 'bob'] }, users: { principals: ['ann'] } },
        resourceGroups: { docs: { resources: ['annsDoc', 'bobsDoc'] } },
      },
    ),
  )
  assert.deepEqual(results(report), [
    'ann annsDoc read passed',
    'ann bobsDoc read passed',
    'bob annsDoc read passed',
    'bob bobsDoc read passed',
  ])
})

test('fixtures of testdata serve the suites beside them, and those of a suite come first', () => {
  const tests = [
    {
      name: 'shared',
      input: input({ actions: ['read'] }),
      expected: [{ principal: 'ann', resource: 'annsDoc', actions: { read: 'EFFECT_ALLOW' } }],
    },
  ]
  const files = [
    {
      path: 'testdata/principals.yaml',
      text: JSON.stringify({ principals: { ann: { ...ann, roles: ['nobody'] } } }),
    },
    { path: 'testdata/resources.json', text: JSON.stringify({ resources: FIXTURES.resources }) },
    { path: 'elsewhere/testdata/resources.yaml', text: '{{{' },
  ]
  const own = runText(suite(tests, { principals: { ann } }), { files })
  assert.deepEqual(results(own), ['ann annsDoc read passed'])
  assert.deepEqual(results(runText(suite(tests, {}), { files })), ['ann annsDoc read failed'])
})

test('a broken file of fixtures is a problem of the suites that it serves', () => {
  const tests = [{ name: 'shared', input: input(), expected: [] }]
  const files = [{ path: 'testdata/principals.yaml', text: 'principals: {x: {id: 1}}' }]
  const report = runText(suite(tests), { files })
  assert.equal(report.result, 'errored')
  assert.equal(report.suites[0]?.problems[0]?.file, 'testdata/principals.yaml')
})

test('mistakes of a suite are reported, all of them, and nothing of it runs', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ input: input({ principals: ['eve'] }) }, /no entry of `principals` is named `eve`/],
    [{ input: input({ resourceGroups: ['x'] }) }, /no entry of `resourceGroups` is named `x`/],
    [{ input: input({ auxData: 'x' }) }, /no entry of `auxData` is named `x`/],
    [{ input: input({ actor: 'x' }) }, /no entry of `actors` is named `x`/],
    [{ input: input({ principals: [] }) }, /needs `principals` or `principalGroups`/],
    [
      { expected: [{ principal: 'bob', resource: 'annsDoc', actions: {} }] },
      /`bob` is expected, and is not in the `input`/,
    ],
    [
      { expected: [{ principal: 'ann', resource: 'annsDoc', actions: { fly: 'EFFECT_DENY' } }] },
      /`fly` is expected, and is not among the `actions`/,
    ],
    [
      { expected: [{ principal: 'ann', resource: 'annsDoc', actions: { read: 'ALLOW' } }] },
      /cannot be `ALLOW`/,
    ],
    [
      {
        expected: ['EFFECT_ALLOW', 'EFFECT_DENY'].map((effect) => ({
          principal: 'ann',
          resource: 'annsDoc',
          actions: { read: effect },
        })),
      },
      /expected here, and otherwise in another expectation/,
    ],
    [{ options: { surprise: 1 } }, /`options` of a test has no field `surprise`/],
    [{ options: { strictEvaluation: 'no' } }, /must be true or false/],
    [{ options: { now: 'tomorrow' } }, /`now` cannot be `tomorrow`/],
    [{ surprise: 1 }, /a test has no field `surprise`/],
    [{ record: 'r-1' }, /`record` of a test is not supported/],
  ]
  for (const [over, pattern] of cases) {
    const report = runText(suite([{ name: 'one', input: input(), ...over }]))
    assert.match(complaints(report).join('\n'), pattern)
    assert.deepEqual(report.suites[0]?.cases, [])
    assert.equal(report.result, 'errored')
  }
})

test('options stand instead of those of the engine, for their tests alone', () => {
  const expr = 'R.attr.missing == 1'
  const broken = { ...READ, name: 'broken', effect: 'EFFECT_DENY', condition: { match: { expr } } }
  const globals = {
    name: 'global',
    actions: ['edit'],
    effect: 'EFFECT_ALLOW',
    roles: ['user'],
    condition: { match: { expr: 'G.limit == 3.0' } },
  }
  const release = releaseOf(policy([READ, broken, globals]))
  const one = (name: string, action: string, effect: string, over: object): object => ({
    name,
    input: input({ actions: [action] }),
    expected: [{ principal: 'ann', resource: 'annsDoc', actions: { [action]: effect } }],
    ...over,
  })
  const tests = [
    one('strict', 'read', 'EFFECT_DENY', {}),
    one('lenient', 'read', 'EFFECT_ALLOW', { options: { strictEvaluation: false } }),
    one('globals', 'edit', 'EFFECT_ALLOW', { options: { globals: { limit: 3 } } }),
    one('no globals', 'edit', 'EFFECT_DENY', {}),
    one('other scope', 'edit', 'EFFECT_DENY', {
      options: { globals: { limit: 3 }, defaultScope: 'acme' },
    }),
    one('scope that is looked up', 'edit', 'EFFECT_ALLOW', {
      options: { globals: { limit: 3 }, defaultScope: 'acme', lenientScopeSearch: true },
    }),
  ]
  assert.deepEqual(runText(suite(tests), { release }).counts, {
    passed: tests.length,
    failed: 0,
    skipped: 0,
    errored: 0,
  })
})

test('expected outputs are compared by their source, and others are let pass', () => {
  const output = { when: { ruleActivated: '{"id": R.id}', conditionNotMet: '"never"' } }
  const release = releaseOf(
    policy([
      { ...READ, output },
      { ...READ, name: 'broken', output: { when: { ruleActivated: 'R.attr.missing' } } },
    ]),
  )
  const one = (name: string, src: string, val: unknown): object => ({
    name,
    input: input({ actions: ['read'] }),
    expected: [
      {
        principal: 'ann',
        resource: 'annsDoc',
        actions: { read: 'EFFECT_ALLOW' },
        outputs: [{ action: 'read', expected: [{ src, val }] }],
      },
    ],
  })
  const key = 'resource.doc.vdefault'
  const report = runText(
    suite([
      one('equal', `${key}#users-read`, { id: '1' }),
      one('other', `${key}#users-read`, { id: '2' }),
      one('none', `${key}#nobody`, 1),
      one('failed', `${key}#broken`, null),
    ]),
    { release },
  )
  const actions = report.suites[0]?.cases.map((one_) => one_.actions[0])
  assert.deepEqual(
    actions?.map((action) => action?.result),
    ['passed', 'failed', 'failed', 'failed'],
  )
  assert.equal(
    JSON.stringify(actions?.[1]?.outputs),
    `[{"src":"${key}#users-read","expected":{"id":"2"},"actual":{"val":{"id":"1"}}}]`,
  )
  assert.deepEqual(actions?.[2]?.outputs[0]?.actual, null)
  assert.ok(actions?.[3]?.outputs[0]?.actual !== null)
})

test('a name that stands twice and a suite without a name are mistakes', () => {
  const twice = { name: 'one', input: input() }
  assert.match(complaints(runText(suite([twice, twice])))[0] ?? '', /two tests are named `one`/)
  assert.match(complaints(runText('tests: []'))[0] ?? '', /needs `name`/)
  assert.match(complaints(runText(''))[0] ?? '', /the file is empty/)
  assert.match(complaints(runText('[1'))[0] ?? '', /\S/)
})

test('a suite and a test can be skipped, with a reason', () => {
  const expected = [{ principal: 'bob', resource: 'annsDoc', actions: { read: 'EFFECT_ALLOW' } }]
  const failing = { name: 'one', input: input({ principals: ['bob'] }), expected }
  const skips = { skip: true, skipReason: 'not yet' }
  const one = runText(suite([{ ...failing, ...skips }]))
  assert.deepEqual(one.counts, { passed: 0, failed: 0, skipped: 2, errored: 0 })
  assert.equal(onlyAction(one).note, 'not yet')
  const all = runText(suite([failing], { ...FIXTURES, ...skips }))
  assert.equal(all.suites[0]?.result, 'skipped')
  assert.equal(all.suites[0]?.note, 'not yet')
})

test('a condition that asks for the time needs a `now`, and gets exactly that', () => {
  const release = releaseOf(
    policy([
      { ...READ, condition: { match: { expr: 'now() > timestamp("2026-01-01T00:00:00Z")' } } },
    ]),
  )
  const run = (over: object): ActionReport => {
    const expected = [{ principal: 'ann', resource: 'annsDoc', actions: { read: 'EFFECT_ALLOW' } }]
    const one = { name: 'one', input: input({ actions: ['read'] }), expected, ...over }
    return onlyAction(runText(suite([one]), { release }))
  }
  assert.equal(run({}).result, 'errored')
  assert.match(run({}).note, /set `now`/)
  assert.equal(run({ options: { now: '2026-11-21T12:00:00Z' } }).result, 'passed')
  assert.equal(run({ options: { now: '2025-11-21T12:00:00Z' } }).result, 'failed')
})

test('a test without options has those of its suite, and its own replace them whole', () => {
  const release = releaseOf(policy([READ], { version: 'v2' }))
  const expected = [{ principal: 'ann', resource: 'annsDoc', actions: { read: 'EFFECT_ALLOW' } }]
  const one = { name: 'suite', input: input({ actions: ['read'] }), expected }
  const tests = [
    one,
    { ...one, name: 'own', options: { now: '2026-01-01T00:00:00Z' }, expected: [] },
  ]
  const options = { defaultPolicyVersion: 'v2' }
  const report = runText(suite(tests, { ...FIXTURES, options }), { release })
  assert.deepEqual(complaints(report), [])
  assert.deepEqual(results(report), ['ann annsDoc read passed', 'ann annsDoc read passed'])
})

test('auxData is what conditions read under `request.auxData.jwt`', () => {
  const expr = 'request.auxData.jwt.iss == "me"'
  const release = releaseOf(policy([{ ...READ, condition: { match: { expr } } }]))
  const expected = [{ principal: 'ann', resource: 'annsDoc', actions: { read: 'EFFECT_ALLOW' } }]
  const one = { name: 'with', input: input({ actions: ['read'], auxData: 'mine' }), expected }
  const none = { name: 'without', input: input({ actions: ['read'] }) }
  const fixtures = { ...FIXTURES, auxData: { mine: { jwt: { iss: 'me' } } } }
  const report = runText(suite([one, none], fixtures), { release })
  assert.deepEqual(report.counts, { passed: 2, failed: 0, skipped: 0, errored: 0 })
})

test('with an actor both the person and the agent must be allowed', () => {
  const release = releaseOf(policy([READ], {}, 'mcp:docs'))
  const resources = { doc: { kind: 'mcp:docs', id: '1' } }
  const actors = { reader: { id: 'reader', roles: ['user'] }, other: { id: 'agent:other' } }
  const one = (actor: string, expected: readonly object[]): object => ({
    name: actor,
    input: { principals: ['ann', 'bob'], resources: ['doc'], actions: ['read'], actor },
    expected,
  })
  const allow = [{ principal: 'ann', resource: 'doc', actions: { read: 'EFFECT_ALLOW' } }]
  const tests = [one('reader', allow), one('other', [])]
  const report = runText(suite(tests, { ...FIXTURES, resources, actors }), {
    release,
    verbose: true,
  })
  assert.deepEqual(complaints(report), [])
  assert.deepEqual(results(report), [
    'ann doc read passed',
    'bob doc read passed',
    'ann doc read passed',
    'bob doc read passed',
  ])
  const basis = onlyAction(report).why?.basis.map(
    ({ factor, principal }) => `${factor} ${principal}`,
  )
  assert.ok(basis?.includes('subject ann') && basis.includes('actor agent:reader'))
})

test('a filter leaves out what it does not name, and says so', () => {
  const tests = [
    { name: 'first', input: input({ principals: ['ann', 'bob'] }) },
    { name: 'second', input: input() },
  ]
  const filterOf = (text: string): SuiteFilter => {
    const parsed = parseFilter(text)
    assert.ok(parsed.ok)
    return parsed.value
  }
  const ran = (text: string): readonly string[] =>
    results(runText(suite(tests), { filter: filterOf(text) })).filter(
      (line) => !line.endsWith('skipped'),
    )
  assert.deepEqual(ran('test=f*; principal=bob'), [
    'bob annsDoc read passed',
    'bob annsDoc edit passed',
  ])
  assert.deepEqual(ran('test=second;action=edit,fly'), ['ann annsDoc edit failed'])
  assert.deepEqual(ran('suite=other'), [])
  assert.deepEqual(ran('resource=bobsDoc'), [])
})

test('a filter that cannot be read says why', () => {
  for (const text of ['', ';', 'test=', 'colour=red', 'ann', 'test={a*'])
    assert.equal(parseFilter(text).ok, false, text)
})

test('coverage counts rules that held and both ways of conditions, and nothing that was only explained', () => {
  const tests = [
    {
      name: 'edit',
      input: input({ resources: ['bobsDoc'], actions: ['edit'] }),
    },
  ]
  const { coverage } = runText(suite(tests), { coverage: true })
  assert.deepEqual(
    coverage?.rules.map(({ rule, reached, held, branches }) => ({
      rule,
      reached,
      held,
      covered: branches.map((branch) => branch.covered),
    })),
    [
      { rule: 'users-read', reached: 0, held: 0, covered: [false] },
      { rule: 'owners-edit', reached: 1, held: 0, covered: [false, true] },
    ],
  )
  assert.deepEqual([coverage?.percent, coverage?.rulesHeld], [33.3, 0])
  assert.equal(runText(suite(tests)).coverage, null)
})

test('each expression of a compound condition counts for itself', () => {
  const condition = { match: { any: { of: [{ expr: 'P.id == "ann"' }, { expr: 'R.id == "1"' }] } } }
  const release = releaseOf(policy([{ ...READ, condition }]))
  const expected = [{ principal: 'ann', resource: 'annsDoc', actions: { read: 'EFFECT_ALLOW' } }]
  const tests = [{ name: 'one', input: input({ actions: ['read'] }), expected }]
  const { coverage } = runText(suite(tests), { release, coverage: true })
  assert.deepEqual(
    coverage?.rules[0]?.branches.filter((branch) => branch.covered),
    [
      { of: 'rule', outcome: 'held', covered: true },
      { of: 'P.id == "ann"', outcome: 'held', covered: true },
    ],
  )
})

test('names that objects have by themselves are names like any other', () => {
  const text = `{"name": "n", "principals": {"__proto__": {"id": "x", "roles": ["user"], "attr": {"__proto__": 1}}},
    "resources": {"constructor": {"kind": "doc", "id": "1"}},
    "tests": [{"name": "toString", "input": {"principals": ["__proto__"], "resources": ["constructor"], "actions": ["read"]},
      "expected": [{"principal": "__proto__", "resource": "constructor", "actions": {"read": "EFFECT_ALLOW"}}]}]}`
  assert.deepEqual(results(runText(text)), ['__proto__ constructor read passed'])
})
