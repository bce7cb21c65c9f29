import type { Closure, ClosureContext } from './closure.ts'
import type { CelHalt, Operand } from './operand.ts'
import { celError, halted, isHalt, located, noSuchOverload } from './operand.ts'
import type { ListNode, MapNode } from './tree.ts'
import type { CelMapKey, CelValue } from './value.ts'
import { celTag, isOptional, mapKey } from './value.ts'

/** Puts an element into a list that is being made; an optional one is put in when it is there. */
export function pushElement(list: CelValue[], element: Operand, optional: boolean): CelHalt | null {
  if (isHalt(element)) return halted(element)
  if (!optional) list.push(element)
  else if (!isOptional(element)) return noSuchOverload()
  else if (element.value !== undefined) list.push(element.value)
  return null
}

type Entries = Map<CelMapKey, { readonly key: CelValue; readonly value: CelValue }>

/** Puts an entry into a map that is being made; the same key twice is an error. */
export function putEntry(
  entries: Entries,
  key: Operand,
  value: Operand,
  optional: boolean,
): CelHalt | null {
  if (isHalt(key)) return halted(key)
  if (isHalt(value)) return halted(value)
  const at = typeof key === 'number' ? undefined : mapKey(key)
  if (at === undefined) return celError('unsupported key type')
  if (entries.has(at)) return celError(`insert failed: key ${String(at)} already exists`)
  if (!optional) entries.set(at, { key, value })
  else if (!isOptional(value)) return noSuchOverload()
  else if (value.value !== undefined) entries.set(at, { key, value: value.value })
  return null
}

export function closureOfList(context: ClosureContext, node: ListNode): Closure {
  const elements = node.elements.map(({ value, optional }) => ({
    compute: context.compile(context, value),
    optional,
  }))
  const { start, end } = node
  const make: Closure = (frame) => {
    const list: CelValue[] = []
    for (const { compute, optional } of elements) {
      const halt = pushElement(list, compute(frame), optional)
      if (halt !== null) return located(halt, start, end)
    }
    return list
  }
  const constant = constantList(node)
  return constant === null ? make : () => constant
}

/** The list itself when it is written out of literals only. */
export function constantList(node: ListNode): readonly CelValue[] | null {
  const values: CelValue[] = []
  for (const { value, optional } of node.elements) {
    if (value.kind !== 'literal' || optional) return null
    values.push(value.value)
  }
  return values
}

export function closureOfMap(context: ClosureContext, node: MapNode): Closure {
  const pairs = node.entries.map(({ key, value, optional }) => ({
    key: context.compile(context, key),
    value: context.compile(context, value),
    optional,
  }))
  const { start, end } = node
  return (frame) => {
    const entries: Entries = new Map()
    for (const { key, value, optional } of pairs) {
      const halt = putEntry(entries, key(frame), value(frame), optional)
      if (halt !== null) return located(halt, start, end)
    }
    return { [celTag]: 'map', entries }
  }
}
