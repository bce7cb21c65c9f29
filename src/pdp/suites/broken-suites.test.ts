import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

import { releaseOf } from '../testing/builders.ts'
import { NO_FILTER } from './filter.ts'
import { runSuites } from './run-suites.ts'
import type { RunReport } from './suite-report.ts'

const RELEASE = releaseOf(`apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc
  version: default
  rules: [{actions: [read], effect: EFFECT_ALLOW, roles: [user]}]
`)

const SUITE = `name: docs
options: {now: 2026-01-01T00:00:00Z, globals: {a: 1}}
principals:
  ann: &ann {id: ann, roles: [user], attr: {a: 1}}
  bob: *ann
resources:
  memo: {id: '1', kind: doc, attr: {public: true}}
principalGroups: {all: {principals: [ann, bob]}}
tests:
  - name: read
    input: {principalGroups: [all], resources: [memo], actions: [read]}
    expected: [{principalGroups: [all], resource: memo, actions: {read: EFFECT_ALLOW}}]
`

const run = (text: string): RunReport =>
  runSuites(
    RELEASE,
    [
      { path: 'a_test.yaml', text },
      { path: 'testdata/principals.yaml', text },
    ],
    { filter: NO_FILTER, coverage: true, verbose: true },
  )

const runOne = (text: string): RunReport =>
  runSuites(RELEASE, [{ path: 'a_test.yaml', text }], {
    filter: NO_FILTER,
    coverage: false,
    verbose: false,
  })

test('the suite that is broken below passes while it is whole', () => {
  assert.equal(runOne(SUITE).counts.passed, 2)
})

test('a suite however broken is read or complained about, and never more', () => {
  const cut = fc
    .tuple(fc.nat(SUITE.length), fc.nat(12), fc.string({ maxLength: 6 }))
    .map(([at, length, text]) => SUITE.slice(0, at) + text + SUITE.slice(at + length))
  let broken = 0
  fc.assert(
    fc.property(fc.oneof(cut, cut, fc.string({ unit: 'binary' }), fc.json()), (text) => {
      const report = run(text)
      const [suite] = report.suites
      assert.ok(suite)
      if (suite.problems.length === 0) return
      broken++
      assert.deepEqual(suite.cases, [])
      assert.equal(report.result, 'errored')
    }),
    { numRuns: 500 },
  )
  assert.ok(broken > 100, `only ${broken} were broken`)
})

test('a matrix that grows beyond its bound is refused before it runs', () => {
  const names = (count: number, prefix: string): readonly string[] =>
    Array.from({ length: count }, (_, i) => `${prefix}${i}`)
  const principals = names(200, 'p')
  const resources = names(200, 'r')
  const actions = names(3, 'a')
  const text = JSON.stringify({
    name: 'large',
    principals: Object.fromEntries(principals.map((id) => [id, { id, roles: ['user'] }])),
    resources: Object.fromEntries(resources.map((id) => [id, { id, kind: 'doc' }])),
    tests: [{ name: 'all', input: { principals, resources, actions } }],
  })
  const [suite] = runOne(text).suites
  assert.match(suite?.problems[0]?.message ?? '', /comes to more than 100000 checks/)
})

test('an expectation about more pairs than a suite may have is refused as well', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `n${i}`)
  const text = JSON.stringify({
    name: 'large',
    principals: { ann: { id: 'ann', roles: ['user'] } },
    resources: { memo: { id: '1', kind: 'doc' } },
    tests: [
      {
        name: 'all',
        input: { principals: ['ann'], resources: ['memo'], actions: ['read'] },
        expected: [{ principals: many, resources: many, actions: { read: 'EFFECT_ALLOW' } }],
      },
    ],
  })
  const [suite] = runOne(text).suites
  assert.match(suite?.problems[0]?.message ?? '', /comes to more than 100000 checks/)
})
