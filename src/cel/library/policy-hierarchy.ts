import type { Frame } from '../frame.ts'
import { exhausted, spend, spendText } from '../frame.ts'
import type { Operand } from '../operand.ts'
import { celError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import { codePointsOf } from '../code-points.ts'
import type { CelHierarchy, CelList } from '../value.ts'
import { celTag } from '../value.ts'

type Parts = readonly string[]

const hierarchy = (parts: Parts): CelHierarchy => ({ [celTag]: 'hierarchy', parts })

const startsWith = (path: Parts, start: Parts): boolean =>
  start.length <= path.length && start.every((part, at) => part === path[at])

const isAncestor = (above: Parts, below: Parts): boolean =>
  above.length < below.length && startsWith(below, above)

const isParent = (above: Parts, below: Parts): boolean =>
  above.length + 1 === below.length && startsWith(below, above)

const compareTwo = (name: string, run: (left: Parts, right: Parts) => boolean): Overload =>
  overload(
    `hierarchy.${name}(hierarchy): bool`,
    (frame: Frame, left: CelHierarchy, right: CelHierarchy) =>
      spend(frame, Math.min(left.parts.length, right.parts.length))
        ? exhausted()
        : run(left.parts, right.parts),
  )

/** Dotted paths such as `org.team.project`, and who stands above whom. */
export const POLICY_HIERARCHY: readonly Overload[] = [
  overload('hierarchy(string): hierarchy', (frame, text: string) => fromText(frame, text, '.')),
  overload('hierarchy(string, string): hierarchy', fromText),
  overload('hierarchy(list(string)): hierarchy', fromList),
  compareTwo('ancestorOf', isAncestor),
  compareTwo('descendentOf', (left, right) => isAncestor(right, left)),
  compareTwo('immediateParentOf', isParent),
  compareTwo('immediateChildOf', (left, right) => isParent(right, left)),
  compareTwo('overlaps', (left, right) => startsWith(left, right) || startsWith(right, left)),
  compareTwo(
    'siblingOf',
    (left, right) => left.length === right.length && startsWith(right, left.slice(0, -1)),
  ),
  overload('hierarchy.commonAncestors(hierarchy): hierarchy', commonAncestors),
  overload('hierarchy.size(): int', (_frame, { parts }: CelHierarchy) => BigInt(parts.length)),
]

function fromText(frame: Frame, text: string, delimiter: string): Operand {
  if (spendText(frame, text.length)) return exhausted()
  const parts = delimiter === '' ? codePointsOf(text) : text.split(delimiter)
  return spend(frame, parts.length) ? exhausted() : hierarchy(parts)
}

function fromList(frame: Frame, list: CelList): Operand {
  if (spend(frame, list.length)) return exhausted()
  const parts: string[] = []
  for (const item of list) {
    if (typeof item !== 'string') return celError('no such overload: hierarchy(list)')
    parts.push(item)
  }
  return hierarchy(parts)
}

/** The levels that both share; of two equal paths, all but the last. */
function commonAncestors(frame: Frame, left: CelHierarchy, right: CelHierarchy): Operand {
  const shorter = Math.min(left.parts.length, right.parts.length)
  if (spend(frame, shorter)) return exhausted()
  const most = left.parts.length === right.parts.length ? shorter - 1 : shorter
  let shared = 0
  while (shared < most && left.parts[shared] === right.parts[shared]) shared += 1
  return hierarchy(left.parts.slice(0, shared))
}
