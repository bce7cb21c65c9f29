import type { EpochMillis } from '../core/clock.ts'
import type { CelError, Operand } from './operand.ts'
import { limitError } from './operand.ts'
import { CHARACTERS_PER_STEP } from './limits.ts'

/** Steps left (SECURITY 15). Counted down by every evaluation that is given it; below zero is the end. */
export type Budget = { steps: number }

/** Values by the name of their variable; a function is called at each read, for what is seldom needed. */
export type Variables = { readonly [name: string]: Operand | (() => Operand) }

/** What one evaluation works on. `locals` holds the variables of comprehensions by their slot. */
export type Frame = {
  readonly variables: Variables
  readonly now: EpochMillis
  readonly budget: Budget
  readonly locals: Operand[]
}

/**
 * Takes steps from the budget; true when it is exhausted and the caller has to stop.
 * INVARIANT(budget): an exhausted budget never recovers, and `evaluate` answers `limit` whenever it
 * is exhausted at the end, so that no `||` can hide that an evaluation was cut short.
 */
export function spend(frame: Frame, steps: number): boolean {
  frame.budget.steps -= steps
  return frame.budget.steps < 0
}

/** Takes the steps for work on a text of this many characters. */
export const spendText = (frame: Frame, characters: number): boolean =>
  spend(frame, 1 + Math.floor(characters / CHARACTERS_PER_STEP))

export const exhausted = (): CelError => limitError('evaluation budget exhausted')
