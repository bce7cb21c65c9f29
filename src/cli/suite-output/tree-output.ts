import { LEFT_OUT } from '../../pdp/suites/suite-report.ts'
import type { ActionReport, RunReport, SuiteReport } from '../../pdp/suites/suite-report.ts'
import { formatDiagnostic } from '../../policy/diagnostic.ts'
import type { Terminal } from '../terminal.ts'
import { explainAction, failureText } from './explain-action.ts'

type Colors = Terminal['colors']

/**
 * Suites, tests, pairs and actions as a tree. What passed is folded into one line per test unless
 * everything is asked for; what failed says why.
 */
export function treeOutput(report: RunReport, colors: Colors, verbose: boolean): readonly string[] {
  return report.suites.flatMap((suite) => suiteLines(suite, colors, verbose))
}

/** The mark of a result: a word, so that it is readable without colours. */
export function markOf(result: ActionReport['result'], colors: Colors): string {
  switch (result) {
    case 'passed':
      return colors.green('ok  ')
    case 'failed':
      return colors.red('FAIL')
    case 'errored':
      return colors.red('ERR ')
    case 'skipped':
      return colors.yellow('skip')
  }
}

function suiteLines(suite: SuiteReport, colors: Colors, verbose: boolean): readonly string[] {
  const aside = suite.note === '' ? '' : colors.dim(`  ${suite.note}`)
  const head = `${markOf(suite.result, colors)} ${colors.bold(suite.name)}  ${colors.dim(suite.path)}${aside}`
  const left = suite.cases.every(({ actions }) =>
    actions.every(({ note: why }) => why === LEFT_OUT),
  )
  if (suite.cases.length > 0 && left) return []
  if (suite.result === 'skipped' && !verbose) return [head]
  const problems = suite.problems.flatMap((problem) => formatDiagnostic(problem).split('\n'))
  const lines = [head, ...problems.map((line) => `     ${line}`)]
  const tests = Map.groupBy(suite.cases, (one) => one.test)
  for (const [name, cases] of tests) {
    const actions = cases.flatMap((one) => one.actions).filter(({ note }) => note !== LEFT_OUT)
    if (actions.length === 0) continue
    const worst = WORST.find((result) => actions.some((action) => action.result === result))
    lines.push(`  ${markOf(worst ?? 'passed', colors)} ${name}  ${colors.dim(countOf(actions))}`)
    for (const one of cases) {
      const shown = one.actions.filter(
        ({ result, note }) =>
          note !== LEFT_OUT && (verbose || result === 'failed' || result === 'errored'),
      )
      if (shown.length === 0) continue
      lines.push(`       ${one.principal} on ${one.resource}`)
      for (const action of shown) lines.push(...actionLines(action, colors))
    }
  }
  return lines
}

const WORST = ['errored', 'failed', 'passed', 'skipped'] as const

const countOf = (actions: readonly ActionReport[]): string =>
  `${actions.length} ${actions.length === 1 ? 'check' : 'checks'}`

function actionLines(action: ActionReport, colors: Colors): readonly string[] {
  const { actual, note, result } = action
  const said = result === 'failed' ? failureText(action) : note === '' ? (actual ?? '') : note
  const head = `         ${markOf(result, colors)} ${action.action}: ${said}`
  return [head, ...explainAction(action).map((line) => `              ${colors.dim(line)}`)]
}
