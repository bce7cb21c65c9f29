import type { CompiledCondition } from '../policy/release.ts'
import type { Truth } from './notes.ts'

/** Conditions that were judged, and what they came to. */
export type Judged = {
  readonly conditions: CompiledCondition[]
  readonly truths: Truth[]
  /** All of them once they are many: of a few, a list is found through faster than a map is made. */
  index: Map<CompiledCondition, Truth> | null
}

const LISTED_MAX = 16

export const openJudged = (): Judged => ({ conditions: [], truths: [], index: null })

export function recallTruth(judged: Judged, condition: CompiledCondition): Truth | undefined {
  if (judged.index !== null) return judged.index.get(condition)
  const at = judged.conditions.indexOf(condition)
  return at < 0 ? undefined : judged.truths[at]
}

/** Remembers a condition that is not remembered yet. */
export function rememberTruth(judged: Judged, condition: CompiledCondition, truth: Truth): void {
  const { conditions, truths } = judged
  if (judged.index === null && conditions.length < LISTED_MAX) {
    conditions.push(condition)
    truths.push(truth)
    return
  }
  judged.index ??= new Map(conditions.map((one, at) => [one, truths[at] ?? 'error']))
  judged.index.set(condition, truth)
}
