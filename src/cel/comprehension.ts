import type { Frame } from './frame.ts'
import { exhausted, spend } from './frame.ts'
import type { Undecided } from './logic.ts'
import { undecided } from './logic.ts'
import type { CelError, CelUnknown, Operand } from './operand.ts'
import { celError, halted, isHalt, noSuchOverload } from './operand.ts'
import type { ComprehensionMacro } from './tree.ts'
import { rangeError } from './operator-error.ts'
import { sortKeyed } from './sort-keyed.ts'
import type { CelList, CelMapKey, CelValue } from './value.ts'
import { celTag, isList, isMap, mapKey, mapPairs } from './value.ts'

/** A comprehension as a back end prepared it: where its variables go, and how to compute its parts. */
export type Loop = {
  readonly macro: ComprehensionMacro
  readonly slots: readonly [number] | readonly [number, number]
  readonly guard: ((frame: Frame) => Operand) | null
  readonly body: (frame: Frame) => Operand
}

/** What is looped over: a list as it is, a map as its pairs. */
type Range =
  | { readonly list: CelList; readonly pairs: null; readonly size: number }
  | { readonly list: null; readonly pairs: readonly Pair[]; readonly size: number }
type Pair = readonly [CelValue, CelValue]

/** Runs a comprehension over a list or a map; each round costs a step. */
export function comprehend(frame: Frame, loop: Loop, operand: Operand): Operand {
  if (isHalt(operand)) return halted(operand)
  const range = rangeOf(operand)
  if (range === null) return rangeError(operand, loop.slots.length)
  switch (loop.macro) {
    case 'all':
      return quantify(frame, loop, range, false)
    case 'exists':
      return quantify(frame, loop, range, true)
    case 'existsOne':
      return existsOne(frame, loop, range)
    case 'map':
    case 'filter':
    case 'transformList':
      return makeList(frame, loop, range)
    case 'sortBy':
      return isList(operand) ? sortBy(frame, loop, operand, range) : noSuchOverload()
    case 'transformMap':
    case 'transformMapEntry':
      return makeMap(frame, loop, range)
  }
}

function rangeOf(value: CelValue): Range | null {
  if (isList(value)) return { list: value, pairs: null, size: value.length }
  if (!isMap(value)) return null
  const pairs = mapPairs(value)
  return { list: null, pairs, size: pairs.length }
}

const keyAt = (range: Range, at: number): CelValue =>
  range.pairs === null ? BigInt(at) : (range.pairs[at]?.[0] ?? null)

const valueAt = (range: Range, at: number): CelValue =>
  range.pairs === null ? (range.list[at] ?? null) : (range.pairs[at]?.[1] ?? null)

/** Sets the variables for a round: with one, the element of a list or the key of a map. */
function enter(frame: Frame, loop: Loop, range: Range, at: number): CelError | null {
  const [first, second] = loop.slots
  if (second === undefined) {
    frame.locals[first] = range.pairs === null ? (range.list[at] ?? null) : keyAt(range, at)
  } else {
    frame.locals[first] = keyAt(range, at)
    frame.locals[second] = valueAt(range, at)
  }
  return spend(frame, 1) ? exhausted() : null
}

/** `all` stops at the first false, `exists` at the first true; errors lose to either. */
function quantify(frame: Frame, loop: Loop, range: Range, decisive: boolean): Operand {
  let seen: Undecided = null
  for (let at = 0; at < range.size; at += 1) {
    const stop = enter(frame, loop, range, at)
    if (stop !== null) return stop
    const result = loop.body(frame)
    if (result === decisive) return decisive
    if (result !== !decisive) seen = undecided(seen, result)
  }
  return seen ?? !decisive
}

/** Looks at every element, and any error ends it. */
function existsOne(frame: Frame, loop: Loop, range: Range): Operand {
  let found = 0
  for (let at = 0; at < range.size; at += 1) {
    const chosen = enter(frame, loop, range, at) ?? truth(loop.body(frame))
    if (typeof chosen !== 'boolean') return chosen
    if (chosen) found += 1
  }
  return found === 1
}

const truth = (operand: Operand): boolean | CelError | CelUnknown => {
  if (typeof operand === 'boolean') return operand
  return isHalt(operand) ? halted(operand) : noSuchOverload()
}

const guarded = (frame: Frame, loop: Loop): boolean | CelError | CelUnknown =>
  loop.guard === null ? true : truth(loop.guard(frame))

function makeList(frame: Frame, loop: Loop, range: Range): Operand {
  const made: CelValue[] = []
  for (let at = 0; at < range.size; at += 1) {
    const chosen = enter(frame, loop, range, at) ?? guarded(frame, loop)
    if (typeof chosen !== 'boolean') return chosen
    if (!chosen) continue
    const result = loop.body(frame)
    if (isHalt(result)) return halted(result)
    if (loop.macro !== 'filter') made.push(result)
    else if (result === true)
      made.push(range.pairs === null ? valueAt(range, at) : keyAt(range, at))
    else if (result !== false) return noSuchOverload()
  }
  return made
}

function makeMap(frame: Frame, loop: Loop, range: Range): Operand {
  const made = new Map<CelMapKey, { readonly key: CelValue; readonly value: CelValue }>()
  for (let at = 0; at < range.size; at += 1) {
    const chosen = enter(frame, loop, range, at) ?? guarded(frame, loop)
    if (typeof chosen !== 'boolean') return chosen
    if (!chosen) continue
    const result = loop.body(frame)
    if (isHalt(result)) return halted(result)
    const pairs = entriesOf(loop.macro, keyAt(range, at), result)
    if (pairs === null) return noSuchOverload()
    for (const [key, value] of pairs) {
      const held = mapKey(key)
      if (held === undefined) return celError('unsupported key type')
      if (made.has(held)) return celError(`insert failed: key ${String(held)} already exists`)
      made.set(held, { key, value })
    }
  }
  return { [celTag]: 'map', entries: made }
}

const entriesOf = (
  macro: ComprehensionMacro,
  key: CelValue,
  result: CelValue,
): readonly Pair[] | null => {
  if (macro === 'transformMap') return [[key, result]]
  return isMap(result) ? mapPairs(result) : null
}

/** Sorts by a key computed for each element; elements with equal keys keep their order. */
function sortBy(frame: Frame, loop: Loop, list: CelList, range: Range): Operand {
  const keyed: { readonly key: CelValue; readonly value: CelValue }[] = []
  for (let at = 0; at < range.size; at += 1) {
    const stop = enter(frame, loop, range, at)
    if (stop !== null) return stop
    const key = loop.body(frame)
    if (isHalt(key)) return halted(key)
    keyed.push({ key, value: list[at] ?? null })
  }
  return sortKeyed(frame, keyed)
}
