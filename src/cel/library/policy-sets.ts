import { listIncludes } from '../equality.ts'
import type { Frame } from '../frame.ts'
import type { Operand } from '../operand.ts'
import { isError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { bothForms } from '../overload.ts'
import type { CelList, CelValue } from '../value.ts'

const onLists = (
  names: readonly string[],
  result: string,
  run: (frame: Frame, left: CelList, right: CelList) => Operand,
): readonly Overload[] =>
  names.flatMap((name) => bothForms(name, ['list(A)', 'list(A)'], result, run))

/** What Cerbos offers on lists as sets; elements are equal as `==` says. */
export const POLICY_SETS: readonly Overload[] = [
  ...onLists(['hasIntersection', 'has_intersection'], 'bool', hasIntersection),
  ...onLists(['intersect'], 'list(A)', intersect),
  ...onLists(['isSubset', 'is_subset'], 'bool', isSubset),
  ...onLists(['except'], 'list(A)', except),
]

function hasIntersection(frame: Frame, left: CelList, right: CelList): Operand {
  for (const item of left) {
    const found = listIncludes(frame, right, item)
    if (found !== false) return found
  }
  return false
}

/** In the order of the shorter list; of two equally long ones, in that of the left. */
function intersect(frame: Frame, left: CelList, right: CelList): Operand {
  const [from, among] = left.length <= right.length ? [left, right] : [right, left]
  return keep(frame, from, among, true)
}

function except(frame: Frame, left: CelList, right: CelList): Operand {
  return keep(frame, left, right, false)
}

function keep(frame: Frame, from: CelList, among: CelList, wanted: boolean): Operand {
  const kept: CelValue[] = []
  for (const item of from) {
    const found = listIncludes(frame, among, item)
    if (isError(found)) return found
    if (found === wanted) kept.push(item)
  }
  return kept
}

function isSubset(frame: Frame, left: CelList, right: CelList): Operand {
  for (const item of left) {
    const found = listIncludes(frame, right, item)
    if (found !== true) return found
  }
  return true
}
