import { compareAny } from './compare.ts'
import type { Frame } from './frame.ts'
import { exhausted, spend } from './frame.ts'
import type { CelError, Operand } from './operand.ts'
import { celError } from './operand.ts'
import type { CelValue } from './value.ts'
import { kindOf } from './value.ts'

/**
 * Values in the order of their keys, which must all be of one ordered kind. The steps are taken
 * before sorting, so that every back end takes the same.
 */
export function sortKeyed(
  frame: Frame,
  keyed: readonly { readonly key: CelValue; readonly value: CelValue }[],
): Operand {
  const first = keyed[0]
  if (first === undefined) return []
  const kind = kindOf(first.key)
  if (keyed.some(({ key }) => kindOf(key) !== kind)) {
    return celError('list elements must have the same type')
  }
  const rounds = keyed.length * (1 + Math.ceil(Math.log2(keyed.length)))
  if (spend(frame, rounds)) return exhausted()
  const self = compareAny(frame, first.key, first.key)
  if (typeof self !== 'number') return celError('list elements must be comparable')
  const failures: CelError[] = []
  const sorted = keyed.toSorted((left, right) => {
    const order = compareAny(frame, left.key, right.key)
    if (typeof order === 'number') return order
    failures.push(order)
    return 0
  })
  return failures[0] ?? sorted.map(({ value }) => value)
}
