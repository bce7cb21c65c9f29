import type { Operand } from './operand.ts'
import { halted, isHalt } from './operand.ts'
import type { CelMapKey, CelValue } from './value.ts'
import { isUint, mapKey } from './value.ts'

/** Scalars that are written in an expression, for looking up a value by what `==` calls equal. */
export type ConstantSet = {
  readonly keys: ReadonlySet<CelMapKey | null>
  readonly doubles: ReadonlySet<number>
}

/**
 * The set of a list of literals; null when the list holds anything whose equality is no lookup, such
 * as an int beyond 2^53, which equals several doubles.
 */
export function constantSet(values: readonly CelValue[]): ConstantSet | null {
  const keys = new Set<CelMapKey | null>()
  const doubles = new Set<number>()
  for (const value of values) {
    if (value !== null && typeof value === 'object' && !isUint(value)) return null
    const key = value === null ? null : mapKey(value)
    if (typeof key === 'bigint' && !Number.isSafeInteger(Number(key))) return null
    if (key !== undefined) keys.add(key)
    else if (typeof value === 'number' && !Number.isNaN(value)) doubles.add(value)
  }
  return { keys, doubles }
}

/** Whether a value equals a member. Costs no steps: the list is as short as its text. */
export function inConstantSet(set: ConstantSet, item: Operand): Operand {
  if (isHalt(item)) return halted(item)
  if (item === null) return set.keys.has(null)
  const key = mapKey(item)
  if (key !== undefined) return set.keys.has(key)
  return typeof item === 'number' && set.doubles.has(item)
}
