import { LEFT_OUT } from '../../pdp/suites/suite-report.ts'
import type { RunReport } from '../../pdp/suites/suite-report.ts'
import { formatDiagnostic } from '../../policy/diagnostic.ts'
import type { Terminal } from '../terminal.ts'
import { explainAction, failureText } from './explain-action.ts'
import { markOf } from './tree-output.ts'

/** One line a check, for search and comparison; what failed says why below it. */
export function listOutput(
  report: RunReport,
  colors: Terminal['colors'],
  verbose: boolean,
): readonly string[] {
  return report.suites.flatMap((suite) => [
    ...suite.problems.flatMap((problem) => [
      `${markOf('errored', colors)} ${suite.path}`,
      ...formatDiagnostic(problem).split('\n'),
    ]),
    ...suite.cases.flatMap(({ test, principal, resource, actions }) =>
      actions
        .filter(({ result, note }) => note !== LEFT_OUT && (verbose || result !== 'skipped'))
        .flatMap((action) => [
          `${markOf(action.result, colors)} ${[suite.name, test, principal, resource, action.action].join(' / ')}` +
            (action.result === 'failed'
              ? `: ${failureText(action)}`
              : action.note === ''
                ? ''
                : `: ${action.note}`),
          ...explainAction(action).map((line) => `     ${line}`),
        ]),
    ),
  ])
}
