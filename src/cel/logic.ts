import type { CelError, CelUnknown, Operand } from './operand.ts'
import { isHalt, isUnknown, noSuchOverload, UNKNOWN } from './operand.ts'

/**
 * What a chain of `&&` or `||` has seen so far that did not decide it. The deciding value (`false`
 * for `&&`) wins over errors and unknowns wherever it stands; then unknown wins over errors.
 */
export type Undecided = CelError | CelUnknown | null

/** Takes one more term that did not decide the chain. */
export function undecided(before: Undecided, term: Operand): Undecided {
  if (typeof term === 'boolean' || before === UNKNOWN) return before
  if (isHalt(term)) return isUnknown(term) ? UNKNOWN : (before ?? term)
  return before ?? noSuchOverload()
}

/** `!a`. */
export function not(operand: Operand): Operand {
  if (typeof operand === 'boolean') return !operand
  if (isHalt(operand)) return isUnknown(operand) ? UNKNOWN : operand
  return noSuchOverload()
}

/** `unknown ? a : b`: known only when both sides are the same boolean. */
export const eitherWay = (then: Operand, otherwise: Operand): Operand =>
  typeof then === 'boolean' && then === otherwise ? then : UNKNOWN
