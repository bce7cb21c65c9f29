import { canonicalJson } from '../../core/canonical-json.ts'
import type { Decision } from '../../core/decision.ts'
import type { CompiledRelease } from '../../policy/release.ts'
import { checkResource } from '../check-resource.ts'
import { decide } from '../decide.ts'
import { judge } from '../judge.ts'
import type { ExpectedAction, TestCase } from './build-cases.ts'
import { explainRules } from './explain-rules.ts'
import type { Observation, Observe } from './observe-release.ts'
import type { CaseQuestion } from './question-of-case.ts'
import { questionOfCase } from './question-of-case.ts'
import type { Effect } from './suite.ts'
import type { ActionReport, Explanation, OutputFailure } from './suite-report.ts'

/** The release as it decides, and a copy of it that tells the listener what it does. */
export type Bench = {
  readonly release: CompiledRelease
  readonly observed: CompiledRelease
  /** Whoever listens to the copy now. */
  readonly listener: { observe: Observe }
  /** Told everything that a run does, for coverage; null when nobody asks for it. */
  readonly cover: Observe | null
  /** Explains every check, not only those that fail. */
  readonly verbose: boolean
}

/** Decides one action of a case and compares it with what is expected. */
export function runCase(
  bench: Bench,
  testCase: TestCase,
  { action, effect: expected, outputs }: ExpectedAction,
): ActionReport {
  const asked = questionOfCase(testCase, action)
  const decision = decide(underOptions(bench.release, testCase), asked.question, asked.facts)
  const actual = decision.effect
  const failures = outputs.length === 0 ? [] : outputFailures(bench, testCase, asked, outputs)
  const isWrong = actual !== expected || failures.length > 0
  const needsClock = (testCase.options?.now ?? null) === null
  const watched = isWrong || bench.verbose || needsClock || bench.cover !== null
  const seen = watched ? observe(bench, testCase, asked) : []
  const common = { action, expected, outputs: failures }
  if (needsClock && seen.some(({ kind }) => kind === 'time'))
    return { ...common, result: 'errored', actual: null, why: null, note: NO_CLOCK }
  const why = isWrong || bench.verbose ? explain(decision, seen) : null
  return { ...common, result: isWrong ? 'failed' : 'passed', actual, why, note: '' }
}

const NO_CLOCK = 'a condition asks for the time: set `now` in the `options` of the test or suite'

/** The release as the options of a test want it; its rules are the same. */
function underOptions(release: CompiledRelease, { options }: TestCase): CompiledRelease {
  if (options === null) return release
  return { ...release, options: { ...release.options, ...options.engine } }
}

function observe(
  { observed, listener, cover }: Bench,
  testCase: TestCase,
  asked: CaseQuestion,
): readonly Observation[] {
  const seen: Observation[] = []
  listener.observe = (observation) => {
    seen.push(observation)
    cover?.(observation)
  }
  judge(underOptions(observed, testCase), asked.question, asked.facts, [])
  return seen
}

/** Outputs are those of the principal; by `src`, and one that failed is never what was expected. */
function outputFailures(
  bench: Bench,
  testCase: TestCase,
  { question }: CaseQuestion,
  expected: ExpectedAction['outputs'],
): readonly OutputFailure[] {
  const release = underOptions(bench.release, testCase)
  const { principal, resource, auxData } = testCase
  const actions = [question.ask.action]
  const now = question.context.time
  const request = { principal, resource, actions, auxData, now }
  const said = checkResource(release, release.options, request).outputs
  return expected.flatMap(({ src, value }): readonly OutputFailure[] => {
    const entry = said.findLast((one) => one.src === src)
    if (entry === undefined) return [{ src, expected: value, actual: null }]
    if (!('val' in entry)) return [{ src, expected: value, actual: { error: entry.error } }]
    if (canonicalJson(entry.val) === canonicalJson(value)) return []
    return [{ src, expected: value, actual: { val: entry.val } }]
  })
}

function explain(decision: Decision, seen: readonly Observation[]): Explanation {
  const wanted: Effect = decision.effect
  const deciding = decision.basis.findLast(
    (one) => one.effect === wanted && (one.policy !== null || one.rule !== null),
  )
  return {
    policy: deciding?.policy ?? decision.policy?.id ?? null,
    rule: deciding?.rule ?? null,
    reason: decision.effect === 'deny' ? decision.reasons[0] : null,
    basis: decision.basis,
    remedies: decision.effect === 'deny' ? decision.remedies : [],
    rules: explainRules(seen),
  }
}
