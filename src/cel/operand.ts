import type { CelMap, CelObject, CelValue } from './value.ts'
import { celTag, mapGet } from './value.ts'

/**
 * Why an evaluation has no value. `limit` is the step budget of SECURITY 15, and nothing absorbs it;
 * `evaluation` is every error that the language knows. The span is that of the failing expression.
 */
export type CelError = {
  readonly [celTag]: 'error'
  readonly kind: 'evaluation' | 'limit'
  /** In the words of the reference implementation, for example `no such key: x`. */
  readonly message: string
  /** Offsets into the expression; both -1 while no node has claimed the error. */
  readonly start: number
  readonly end: number
}

/** Something that is not known yet: the result of whatever depends on it is not known either. */
export type CelUnknown = { readonly [celTag]: 'unknown' }

/** A map of which some entries are unknown: fields can be read from it, any other use is unknown. */
export type CelPartial = {
  readonly [celTag]: 'partial'
  readonly known: CelMap | CelObject
  readonly hidden: ReadonlyMap<string, CelUnknown | CelPartial>
}

/** What stands where a value cannot. */
export type CelHalt = CelError | CelUnknown | CelPartial

/** What an expression yields while it is being evaluated. */
export type Operand = CelValue | CelHalt

/** The one unknown; put it where a value is not known, as a variable or through `partialMap`. */
export const UNKNOWN: CelUnknown = Object.freeze({ [celTag]: 'unknown' })

/** An error of the language, still without a place. */
export const celError = (message: string): CelError => ({
  [celTag]: 'error',
  kind: 'evaluation',
  message,
  start: -1,
  end: -1,
})

/** An error that stands for a bound being reached, still without a place. */
export const limitError = (message: string): CelError => ({
  [celTag]: 'error',
  kind: 'limit',
  message,
  start: -1,
  end: -1,
})

/** The error of an operation that has no meaning for the values it was given. */
export const noSuchOverload = (): CelError => celError('no such overload')

/** A map with some entries hidden: unknown, or partial themselves. */
export const partialMap = (
  known: CelMap | CelObject,
  hidden: ReadonlyMap<string, CelUnknown | CelPartial>,
): CelPartial => ({ [celTag]: 'partial', known, hidden })

const haltTag = (operand: unknown): string | undefined =>
  typeof operand === 'object' && operand !== null
    ? (operand as { readonly [celTag]?: string })[celTag]
    : undefined

export const isError = (operand: Operand): operand is CelError => haltTag(operand) === 'error'
export const isPartial = (operand: Operand): operand is CelPartial => haltTag(operand) === 'partial'

export function isHalt(operand: Operand): operand is CelHalt {
  const tag = haltTag(operand)
  return tag === 'error' || tag === 'unknown' || tag === 'partial'
}

export function isUnknown(operand: Operand): operand is CelUnknown | CelPartial {
  const tag = haltTag(operand)
  return tag === 'unknown' || tag === 'partial'
}

/** What an operation yields whose operand halted: the error, or unknown. */
export const halted = (operand: CelHalt): CelError | CelUnknown =>
  operand[celTag] === 'error' ? operand : UNKNOWN

/** Gives an error the span of the node it arose in, unless an inner node has claimed it. */
export function located(operand: Operand, start: number, end: number): Operand {
  return isError(operand) && operand.start < 0 ? { ...operand, start, end } : operand
}

/** One entry of a partial map: unknown, partial, a value, or undefined when there is none. */
export function partialGet(map: CelPartial, key: CelValue): Operand | undefined {
  const hidden = typeof key === 'string' ? map.hidden.get(key) : undefined
  return hidden ?? mapGet(map.known, key)
}
