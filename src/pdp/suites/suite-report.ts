/** What a run of suites came to. */
import type { Basis, Remedy } from '../../core/decision.ts'
import type { Json } from '../../core/json.ts'
import type { Reason } from '../../core/reason.ts'
import type { Diagnostic } from '../../policy/diagnostic.ts'
import type { Coverage } from './coverage.ts'
import type { Effect } from './suite.ts'

/** `failed` was decided otherwise than expected; `errored` could not be decided at all. */
export type Result = 'passed' | 'failed' | 'skipped' | 'errored'

/** The note of what a filter leaves out. */
export const LEFT_OUT = 'left out by the filter'

/** A rule that was looked at, as far as it explains the answer. */
export type RuleTrace = {
  readonly policy: string
  readonly rule: string
  readonly effect: Effect | 'role'
  readonly outcome: 'held' | 'did not hold' | 'failed'
  readonly expressions: readonly { readonly source: string; readonly outcome: string }[]
}

/** Why the engine answered as it did. */
export type Explanation = {
  readonly policy: string | null
  readonly rule: string | null
  readonly reason: Reason | null
  readonly basis: readonly Basis[]
  readonly remedies: readonly Remedy[]
  readonly rules: readonly RuleTrace[]
}

/** One check: one action of one principal on one resource. */
export type ActionReport = {
  readonly action: string
  readonly result: Result
  readonly expected: Effect
  /** Null when it was not decided. */
  readonly actual: Effect | null
  /** Null when it was not decided. */
  readonly why: Explanation | null
  /** Expected outputs that did not come, or came otherwise. */
  readonly outputs: readonly OutputFailure[]
  /** Why it was skipped, or what went wrong; empty otherwise. */
  readonly note: string
}

/** An expected output that did not come as it should; `actual` is null when it did not come. */
export type OutputFailure = {
  readonly src: string
  readonly expected: Json
  readonly actual: { readonly val: Json } | { readonly error: string } | null
}

/** All actions of one pair of a test. */
export type CaseReport = {
  readonly test: string
  readonly principal: string
  readonly resource: string
  readonly actions: readonly ActionReport[]
}

/** One suite with all its checks. */
export type SuiteReport = {
  readonly path: string
  readonly name: string
  readonly description: string
  readonly result: Result
  /** Why it was skipped; empty otherwise. */
  readonly note: string
  /** Why it could not be run; empty otherwise. */
  readonly problems: readonly Diagnostic[]
  readonly cases: readonly CaseReport[]
}

/** All suites of a run. */
export type RunReport = {
  readonly suites: readonly SuiteReport[]
  /** Checks by result; a suite that could not be run counts as one that errored. */
  readonly counts: Readonly<Record<Result, number>>
  readonly result: Result
  readonly coverage: Coverage | null
}
