import { watch } from 'node:fs'
import { NO_FILTER, parseFilter, type SuiteFilter } from '../../pdp/suites/filter.ts'
import { runSuites } from '../../pdp/suites/run-suites.ts'
import type { CompiledRelease } from '../../policy/release.ts'
import type { RunReport } from '../../pdp/suites/suite-report.ts'
import { EXIT } from '../exit-code.ts'
import { compileFolder, type CompiledFolder } from '../policies/compile-folder.ts'
import { coverageOutput } from '../suite-output/coverage-output.ts'
import { jsonOutput } from '../suite-output/json-output.ts'
import { junitOutput } from '../suite-output/junit-output.ts'
import { listOutput } from '../suite-output/list-output.ts'
import { treeOutput } from '../suite-output/tree-output.ts'
import { complain, type Terminal } from '../terminal.ts'

export type TestOptions = {
  readonly filter?: string
  readonly output?: string
  readonly verbose?: boolean
  readonly coverage?: boolean
  readonly coverageMin?: string
  readonly watch?: boolean
  readonly ignoreSchemas?: boolean
  readonly cerbos?: boolean
}

/** Runs the policy tests of a directory. Exit 4 when one failed or covers too little, 3 when policies are invalid. */
export async function test(
  terminal: Terminal,
  options: TestOptions,
  directory: string,
): Promise<number> {
  const plan = planOf(terminal, options)
  if (plan === null) return EXIT.usage
  const once = (): number => {
    const compiled = compileFolder(terminal, directory, options)
    return compiled.ok ? testFolder(terminal, plan, compiled.value) : compiled.error
  }
  const code = once()
  if (options.watch !== true || code === EXIT.usage) return code
  await againOnChange(terminal, directory, once)
  return EXIT.ok
}

/** What to run and how to say it. */
export type TestPlan = {
  readonly filter: SuiteFilter
  readonly output: Output
  readonly verbose: boolean
  readonly coverage: boolean
  readonly coverageMin: number
  /** Evaluates as Cerbos does by default, and says what strict evaluation would change. */
  readonly cerbos: boolean
}

const OUTPUTS = ['tree', 'list', 'json', 'junit'] as const
type Output = (typeof OUTPUTS)[number]

/** The plan of the command line, or null after saying what is wrong with it. */
export function planOf(terminal: Terminal, options: TestOptions): TestPlan | null {
  const filter = options.filter === undefined ? null : parseFilter(options.filter)
  if (filter?.ok === false) {
    complain(terminal, filter.error, "for example --filter 'suite=refunds*;action=tool:refund'")
    return null
  }
  const wanted = options.output ?? (terminal.json ? 'json' : 'tree')
  const output = OUTPUTS.find((one) => one === wanted)
  const coverageMin = Number(options.coverageMin ?? 0)
  if (output === undefined) complain(terminal, `--output takes ${OUTPUTS.join(', ')}`)
  else if (!(coverageMin >= 0 && coverageMin <= 100))
    complain(terminal, '--coverage-min takes a percentage from 0 to 100')
  else
    return {
      filter: filter?.value ?? NO_FILTER,
      output,
      verbose: options.verbose === true,
      coverage: options.coverage === true || options.coverageMin !== undefined,
      coverageMin,
      cerbos: options.cerbos === true,
    }
  return null
}

/** Runs the tests of a compiled folder and prints them. */
export function testFolder(
  terminal: Terminal,
  plan: TestPlan,
  { folder, release }: CompiledFolder,
): number {
  const report = runSuites(evaluating(release, !plan.cerbos), folder.tests, plan)
  print(terminal, plan, report)
  if (plan.cerbos)
    for (const line of changedBetween(report, runSuites(release, folder.tests, plan)))
      terminal.talk(line)
  const isOpen = report.coverage !== null && report.coverage.percent < plan.coverageMin
  if (isOpen)
    complain(
      terminal,
      `coverage is ${report.coverage?.percent ?? 0} %, below ${plan.coverageMin} %`,
    )
  const failed = report.counts.failed + report.counts.errored > 0
  return failed || isOpen ? EXIT.testsFailed : EXIT.ok
}

const evaluating = (release: CompiledRelease, strictEvaluation: boolean): CompiledRelease => ({
  ...release,
  options: { ...release.options, strictEvaluation },
})

/** The checks that strict evaluation, which agents always meet, decides otherwise. */
function changedBetween(lenient: RunReport, strict: RunReport): readonly string[] {
  const effects = effectsOf(strict)
  return [...effectsOf(lenient)].flatMap(([check, effect]) => {
    const other = effects.get(check)
    if (other === effect || other === undefined) return []
    return [
      `strict evaluation: ${other ?? 'nothing'} instead of ${effect ?? 'nothing'} for ${check}`,
    ]
  })
}

const effectsOf = ({ suites }: RunReport): ReadonlyMap<string, 'allow' | 'deny' | null> =>
  new Map(
    suites.flatMap(({ path, cases }) =>
      cases.flatMap(({ test: name, principal, resource, actions }) =>
        actions.map(
          ({ action, actual }) =>
            [[path, name, principal, resource, action].join(' / '), actual] as const,
        ),
      ),
    ),
  )

function print(terminal: Terminal, plan: TestPlan, report: RunReport): void {
  const { colors } = terminal
  switch (plan.output) {
    case 'json':
      terminal.data(JSON.stringify(jsonOutput(report), null, 2))
      return
    case 'junit':
      terminal.data(junitOutput(report))
      return
    case 'tree':
      for (const line of treeOutput(report, colors, plan.verbose)) terminal.data(line)
      break
    case 'list':
      for (const line of listOutput(report, colors, plan.verbose)) terminal.data(line)
  }
  if (report.coverage !== null)
    for (const line of coverageOutput(report.coverage, colors, plan.verbose)) terminal.data(line)
  const { passed, failed, errored, skipped } = report.counts
  if (report.suites.length === 0)
    terminal.talk('no tests: a suite is a file whose name ends in _test.yaml')
  else
    terminal.talk(
      `${passed} passed, ${failed} failed, ${errored} in error, ${skipped} skipped, in ${report.suites.length} suites`,
    )
}

/** A save is several events: what comes within this time is one change. */
const SETTLE_MS = 100

async function againOnChange(
  terminal: Terminal,
  directory: string,
  once: () => number,
): Promise<void> {
  let timer: NodeJS.Timeout | null = null
  const watcher = watch(directory, { recursive: true }, () => {
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(() => {
      terminal.talk('')
      once()
    }, SETTLE_MS)
  })
  terminal.talk('watching for changes; Ctrl-C ends it')
  await new Promise<void>((done) => {
    process.once('SIGINT', () => done())
    process.once('SIGTERM', () => done())
  })
  watcher.close()
  if (timer !== null) clearTimeout(timer)
}
