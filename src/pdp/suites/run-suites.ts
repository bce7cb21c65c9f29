import type { PolicyFile } from '../../policy/load-policies.ts'
import type { CompiledRelease } from '../../policy/release.ts'
import type { ExpectedAction, TestCase } from './build-cases.ts'
import { createCoverage } from './coverage.ts'
import type { SuiteFilter } from './filter.ts'
import { passes } from './filter.ts'
import type { LoadedSuite } from './find-suites.ts'
import { loadSuites } from './find-suites.ts'
import { observeRelease } from './observe-release.ts'
import type { Bench } from './run-case.ts'
import { runCase } from './run-case.ts'
import type { ActionReport, CaseReport, Result, RunReport, SuiteReport } from './suite-report.ts'
import { LEFT_OUT } from './suite-report.ts'

/** What to run and how much to tell of it. */
export type RunOptions = {
  readonly filter: SuiteFilter
  readonly coverage: boolean
  /** Explains every check, not only those that fail. */
  readonly verbose: boolean
}

/**
 * Runs the suites among the files against a release: `*_test.yaml|yml|json` with the fixtures of
 * `testdata` beside them. Pure: the files come as text, and the clock of a test is its own `now`.
 */
export function runSuites(
  release: CompiledRelease,
  files: readonly PolicyFile[],
  options: RunOptions,
): RunReport {
  const coverage = options.coverage ? createCoverage(release) : null
  const bench = openBench(release, coverage?.observe ?? null, options.verbose)
  const suites = loadSuites(files).map((loaded) => runSuite(bench, loaded, options.filter))
  const counts = countsOf(suites)
  const result = resultOf(
    [counts.errored > 0, counts.failed > 0, counts.passed > 0],
    counts.skipped > 0,
  )
  return { suites, counts, result, coverage: coverage?.summary() ?? null }
}

function openBench(release: CompiledRelease, cover: Bench['cover'], verbose: boolean): Bench {
  const listener: Bench['listener'] = { observe: ignore }
  const observed = observeRelease(release, (observation) => listener.observe(observation))
  return { release, observed, listener, cover, verbose }
}

const ignore = (): void => {}

function runSuite(bench: Bench, loaded: LoadedSuite, filter: SuiteFilter): SuiteReport {
  const { path, suite, cases, problems } = loaded
  const head = { path, name: suite?.name ?? path, description: suite?.description ?? '', problems }
  if (suite === null || problems.length > 0)
    return { ...head, result: 'errored', note: '', cases: [] }
  const left = passes(filter, 'suite', suite.name) ? suite.skip : LEFT_OUT
  const reports = cases.map((one) => runOne(bench, one, filter, left))
  const actions = reports.flatMap((one) => one.actions)
  const has = (result: Result): boolean => actions.some((action) => action.result === result)
  const result = resultOf([has('errored'), has('failed'), has('passed')], has('skipped'))
  return { ...head, result, note: left ?? '', cases: reports }
}

function runOne(
  bench: Bench,
  testCase: TestCase,
  filter: SuiteFilter,
  left: string | null,
): CaseReport {
  const { table, principalName, resourceName } = testCase
  const skip = left ?? table.skip
  const filtered =
    !passes(filter, 'test', table.name) ||
    !passes(filter, 'principal', principalName) ||
    !passes(filter, 'resource', resourceName)
  return {
    test: table.name,
    principal: principalName,
    resource: resourceName,
    actions: testCase.expected.map((one): ActionReport => {
      const why = filtered || !passes(filter, 'action', one.action) ? LEFT_OUT : skip
      return why === null ? runCase(bench, testCase, one) : skipped(one, why)
    }),
  }
}

const skipped = ({ action, effect: expected }: ExpectedAction, note: string): ActionReport => ({
  action,
  result: 'skipped',
  expected,
  actual: null,
  why: null,
  outputs: [],
  note,
})

/** The worst that happened; a run of nothing passes, as there is nothing that it broke. */
function resultOf(
  [errored, failed, passed]: readonly [boolean, boolean, boolean],
  skips: boolean,
): Result {
  if (errored) return 'errored'
  if (failed) return 'failed'
  return passed || !skips ? 'passed' : 'skipped'
}

function countsOf(suites: readonly SuiteReport[]): RunReport['counts'] {
  const counts = { passed: 0, failed: 0, skipped: 0, errored: 0 }
  for (const suite of suites) {
    if (suite.problems.length > 0) counts.errored++
    for (const { actions } of suite.cases) for (const { result } of actions) counts[result]++
  }
  return counts
}
