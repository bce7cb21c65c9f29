import { equal, listIncludes } from '../equality.ts'
import type { Frame } from '../frame.ts'
import { exhausted, spend } from '../frame.ts'
import { VALUE_DEPTH_MAX } from '../limits.ts'
import type { CelError, Operand } from '../operand.ts'
import { celError, isError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import { sortKeyed } from '../sort-keyed.ts'
import type { CelList, CelValue } from '../value.ts'
import { celOptional, isList } from '../value.ts'

/** The lists extension library; `sortBy` is a macro. */
export const LISTS: readonly Overload[] = [
  overload('list(A).distinct(): list(A)', distinct),
  overload('list(A).first(): optional(A)', (_frame, list: CelList) => celOptional(list[0])),
  overload('list(A).last(): optional(A)', (_frame, list: CelList) => celOptional(list.at(-1))),
  overload('list(A).flatten(): list(dyn)', (frame, list: CelList) => flatten(frame, list, 1n)),
  overload('list(A).flatten(int): list(dyn)', flatten),
  overload('lists.range(int): list(int)', range),
  overload('list(A).reverse(): list(A)', (frame: Frame, list: CelList) =>
    spend(frame, list.length) ? exhausted() : list.toReversed(),
  ),
  overload('list(A).slice(int, int): list(A)', slice),
  ...['int', 'uint', 'double', 'bool', 'string', 'bytes', 'timestamp', 'duration'].map((type) =>
    overload(`list(${type}).sort(): list(${type})`, (frame, list: CelList) =>
      sortKeyed(
        frame,
        list.map((value) => ({ key: value, value })),
      ),
    ),
  ),
]

function distinct(frame: Frame, list: CelList): Operand {
  const kept: CelValue[] = []
  for (const item of list) {
    const found = listIncludes(frame, kept, item)
    if (isError(found)) return found
    if (found) continue
    // A value that does not equal itself (NaN) is kept once, as the reference does.
    const self = equal(frame, item, item)
    if (isError(self)) return self
    if (self || !kept.some((other) => Number.isNaN(other))) kept.push(item)
  }
  return kept
}

function flatten(frame: Frame, list: CelList, depth: bigint): Operand {
  if (depth < 0n) return celError('level must be non-negative')
  const flat: CelValue[] = []
  const levels = depth > BigInt(VALUE_DEPTH_MAX) ? VALUE_DEPTH_MAX : Number(depth)
  return flattenInto(frame, flat, list, levels) ?? flat
}

function flattenInto(
  frame: Frame,
  flat: CelValue[],
  list: CelList,
  levels: number,
): CelError | null {
  for (const item of list) {
    if (spend(frame, 1)) return exhausted()
    const stop = isList(item) && levels > 0 ? flattenInto(frame, flat, item, levels - 1) : null
    if (stop !== null) return stop
    if (!isList(item) || levels === 0) flat.push(item)
  }
  return null
}

function range(frame: Frame, size: bigint): Operand {
  if (size < 0n) return celError(`lists.range: size must be non-negative, got ${size}`)
  const length = size > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(size)
  return spend(frame, length) ? exhausted() : Array.from({ length }, (_, at) => BigInt(at))
}

function slice(frame: Frame, list: CelList, from: bigint, to: bigint): Operand {
  const what = `cannot slice(${from}, ${to})`
  if (from < 0n || to < 0n) return celError(`${what}, negative indexes not supported`)
  if (from > to) return celError(`${what}, start index must be less than or equal to end index`)
  if (BigInt(list.length) < to) return celError(`${what}, list is length ${list.length}`)
  return spend(frame, Number(to - from)) ? exhausted() : list.slice(Number(from), Number(to))
}
