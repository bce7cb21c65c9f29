import type { Decision } from '../../core/decision.ts'
import type { CompiledRelease } from '../../policy/release.ts'
import { decide } from '../decide.ts'
import { judge } from '../judge.ts'
import type { TestCase } from './build-cases.ts'
import { explainRules } from './explain-rules.ts'
import type { Observation, Observe } from './observe-release.ts'
import type { CaseQuestion } from './question-of-case.ts'
import { questionOfCase } from './question-of-case.ts'
import type { Effect } from './suite.ts'
import type { ActionReport, Explanation } from './suite-report.ts'

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
  { action, effect: expected }: TestCase['expected'][number],
): ActionReport {
  const asked = questionOfCase(testCase, action)
  const decision = decide(bench.release, asked.question, asked.facts)
  const isWrong = decision.effect !== expected
  const needsClock = (testCase.options?.now ?? null) === null
  const watched = isWrong || bench.verbose || needsClock || bench.cover !== null
  const seen = watched ? observe(bench, asked) : []
  if (needsClock && seen.some(({ kind }) => kind === 'time'))
    return { action, result: 'errored', expected, actual: null, why: null, note: NO_CLOCK }
  return {
    action,
    result: isWrong ? 'failed' : 'passed',
    expected,
    actual: decision.effect,
    why: isWrong || bench.verbose ? explain(decision, seen) : null,
    note: '',
  }
}

const NO_CLOCK = 'a condition asks for the time: set `now` in the `options` of the test or suite'

function observe(
  { observed, listener, cover }: Bench,
  asked: CaseQuestion,
): readonly Observation[] {
  const seen: Observation[] = []
  listener.observe = (observation) => {
    seen.push(observation)
    cover?.(observation)
  }
  judge(observed, asked.question, asked.facts, [])
  return seen
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
