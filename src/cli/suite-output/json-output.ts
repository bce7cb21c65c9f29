import type {
  ActionReport,
  OutputFailure,
  Result,
  RunReport,
  SuiteReport,
} from '../../pdp/suites/suite-report.ts'

/** The report for programs, with the names that Cerbos' own report has, and ours where it has none. */
export function jsonOutput(report: RunReport): object {
  const total = Object.values(report.counts).reduce((sum, count) => sum + count, 0)
  return {
    suites: report.suites.map(suiteJson),
    summary: {
      overallResult: codeOf(report.result),
      testsCount: total,
      resultCounts: RESULTS.filter((result) => report.counts[result] > 0).map((result) => ({
        result: codeOf(result),
        count: report.counts[result],
      })),
    },
    ...(report.coverage === null ? {} : { coverage: report.coverage }),
  }
}

const RESULTS: readonly Result[] = ['skipped', 'passed', 'failed', 'errored']

const codeOf = (result: Result): string => `RESULT_${result.toUpperCase()}`

const effectOf = (effect: 'allow' | 'deny'): string => `EFFECT_${effect.toUpperCase()}`

function suiteJson(suite: SuiteReport): object {
  const tests = Map.groupBy(suite.cases, (one) => one.test)
  return {
    file: suite.path,
    name: suite.name,
    ...(suite.description === '' ? {} : { description: suite.description }),
    result: codeOf(suite.result),
    ...(suite.note === '' ? {} : { skipReason: suite.note }),
    ...(suite.problems.length === 0 ? {} : { problems: suite.problems }),
    testCases: [...tests].map(([name, cases]) => ({
      name,
      principals: [...Map.groupBy(cases, (one) => one.principal)].map(([principal, own]) => ({
        name: principal,
        resources: own.map(({ resource, actions }) => ({
          name: resource,
          actions: actions.map((action) => ({ name: action.action, details: detailsOf(action) })),
        })),
      })),
    })),
  }
}

function outputJson({ src, expected, actual }: OutputFailure): object {
  return actual === null
    ? { src, missing: { expected } }
    : { src, mismatched: { expected, actual } }
}

function detailsOf({ result, expected, actual, why, note, outputs }: ActionReport): object {
  const explained = why === null ? {} : { why }
  switch (result) {
    case 'passed':
      return { result: codeOf(result), success: { effect: effectOf(expected) }, ...explained }
    case 'failed': {
      const failure = {
        expected: effectOf(expected),
        actual: actual === null ? null : effectOf(actual),
        ...(outputs.length === 0 ? {} : { outputs: outputs.map(outputJson) }),
      }
      return { result: codeOf(result), failure, ...explained }
    }
    case 'errored':
      return { result: codeOf(result), error: note }
    case 'skipped':
      return { result: codeOf(result), skipReason: note }
  }
}
