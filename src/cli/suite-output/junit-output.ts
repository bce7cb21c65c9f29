import type { ActionReport, RunReport, SuiteReport } from '../../pdp/suites/suite-report.ts'
import { formatDiagnostic } from '../../policy/diagnostic.ts'
import { explainAction, failureText } from './explain-action.ts'

/** The report as JUnit XML, which build servers read. */
export function junitOutput({ suites, counts }: RunReport): string {
  const attributes = attributesOf({
    name: 'reeve test',
    tests: counts.passed + counts.failed + counts.skipped + counts.errored,
    failures: counts.failed,
    errors: counts.errored,
    skipped: counts.skipped,
  })
  const body = suites.flatMap(suiteXml)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes}>`,
    ...body,
    '</testsuites>',
  ].join('\n')
}

function suiteXml(suite: SuiteReport): readonly string[] {
  const actions = suite.cases.flatMap((one) => one.actions)
  const count = (result: ActionReport['result']): number =>
    actions.filter((action) => action.result === result).length
  const broken = suite.problems.length > 0
  const attributes = attributesOf({
    name: suite.name,
    file: suite.path,
    tests: actions.length + (broken ? 1 : 0),
    failures: count('failed'),
    errors: count('errored') + (broken ? 1 : 0),
    skipped: count('skipped'),
  })
  const cases = suite.cases.flatMap(({ test, principal, resource, actions: own }) =>
    own.flatMap((action) => {
      const name = `${test} / ${principal} / ${resource} / ${action.action}`
      return caseXml(attributesOf({ name, classname: suite.name }), outcomeXml(action))
    }),
  )
  const problems = suite.problems.map(formatDiagnostic).join('\n')
  const load = broken
    ? caseXml(attributesOf({ name: 'reading the suite', classname: suite.name }), [
        `      <error ${attributesOf({ message: 'the suite is invalid' })}>${escape(problems)}</error>`,
      ])
    : []
  return [`  <testsuite ${attributes}>`, ...load, ...cases, '  </testsuite>']
}

const caseXml = (attributes: string, body: readonly string[]): readonly string[] =>
  body.length === 0
    ? [`    <testcase ${attributes}/>`]
    : [`    <testcase ${attributes}>`, ...body, '    </testcase>']

function outcomeXml(action: ActionReport): readonly string[] {
  const { result, note } = action
  switch (result) {
    case 'passed':
      return []
    case 'skipped':
      return [`      <skipped ${attributesOf({ message: note })}/>`]
    case 'errored':
      return [`      <error ${attributesOf({ message: note })}/>`]
    case 'failed': {
      const message = failureText(action)
      const text = escape(explainAction(action).join('\n'))
      return [`      <failure ${attributesOf({ message })}>${text}</failure>`]
    }
  }
}

const attributesOf = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}="${escape(String(value))}"`)
    .join(' ')

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}

/** Text of XML 1.0, in which most control characters cannot stand at all. */
const escape = (text: string): string =>
  text
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ')
    .replaceAll(/[&<>"\n]/g, (character) => ENTITIES[character] ?? character)
