import { listIncludes } from '../equality.ts'
import type { Frame } from '../frame.ts'
import type { Operand } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import type { CelList } from '../value.ts'

/** The sets extension library: lists as sets. */
export const SETS: readonly Overload[] = [
  overload('sets.contains(list(A), list(A)): bool', contains),
  overload('sets.equivalent(list(A), list(A)): bool', (frame, left: CelList, right: CelList) => {
    const forth = contains(frame, left, right)
    return forth === true ? contains(frame, right, left) : forth
  }),
  overload('sets.intersects(list(A), list(A)): bool', intersects),
]

function contains(frame: Frame, list: CelList, part: CelList): Operand {
  for (const item of part) {
    const found = listIncludes(frame, list, item)
    if (found !== true) return found
  }
  return true
}

function intersects(frame: Frame, left: CelList, right: CelList): Operand {
  for (const item of left) {
    const found = listIncludes(frame, right, item)
    if (found !== false) return found
  }
  return false
}
