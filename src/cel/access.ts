import type { CelPartial, Operand } from './operand.ts'
import {
  celError,
  halted,
  isHalt,
  isPartial,
  isUnknown,
  noSuchOverload,
  partialGet,
  UNKNOWN,
} from './operand.ts'
import { typeNameOf } from './type-name.ts'
import type { CelValue } from './value.ts'
import {
  celOptional,
  isHierarchy,
  isList,
  isMap,
  isOptional,
  mapGet,
  mapKey,
} from './value.ts'

/** `a.b`. On an optional it reads inside and answers an optional. */
export function select(operand: Operand, field: string): Operand {
  if (isPartial(operand)) return partialGet(operand, field) ?? noSuchKey(field)
  if (isHalt(operand)) return operand
  if (isOptional(operand)) return selectOptional(operand, field)
  if (typeof operand !== 'object' || operand === null) return noSuchKey(field)
  if (isList(operand)) return listNeedsInt()
  if (!isMap(operand)) return noSuchKey(field)
  return mapGet(operand, field) ?? noSuchKey(field)
}

/** `a.?b` and `a[?b]`: optional of the entry, or `optional.none()` when there is none. */
export function selectOptional(operand: Operand, key: CelValue): Operand {
  if (isPartial(operand)) return optionalEntry(partialGet(operand, key))
  if (isHalt(operand)) return operand
  const inner = isOptional(operand) ? operand.value : operand
  if (inner === undefined) return operand
  if (isMap(inner)) return optionalEntry(mapGet(inner, key))
  if (isList(inner)) {
    const at = listPosition(key)
    return at === undefined ? unsupportedIndex(key) : optionalEntry(inner[at])
  }
  return celOptional(undefined)
}

function optionalEntry(entry: Operand | undefined): Operand {
  if (entry === undefined) return celOptional(undefined)
  return isHalt(entry) ? halted(entry) : celOptional(entry)
}

/** `a[b]`. */
export function index(operand: Operand, key: Operand): Operand {
  if (isPartial(operand)) return indexPartial(operand, key)
  if (isHalt(operand)) return operand
  if (isHalt(key)) return halted(key)
  if (isOptional(operand)) return selectOptional(operand, key)
  if (isList(operand)) return indexList(operand, key)
  if (isMap(operand)) return mapGet(operand, key) ?? missingKey(key)
  if (isHierarchy(operand)) return indexHierarchy(operand.parts, key)
  return missingKey(key)
}

function indexHierarchy(parts: readonly string[], key: CelValue): Operand {
  const at = listPosition(key)
  return (at === undefined ? undefined : parts[at]) ?? celError('index out of range')
}

function indexPartial(operand: CelPartial, key: Operand): Operand {
  if (isHalt(key)) return halted(key)
  return partialGet(operand, key) ?? missingKey(key)
}

function missingKey(key: CelValue): Operand {
  if (typeof key !== 'number' && mapKey(key) === undefined) return noSuchOverload()
  return noSuchKey(typeof key === 'object' ? String(mapKey(key)) : String(key))
}

function indexList(list: readonly CelValue[], key: CelValue): Operand {
  const at = listPosition(key)
  if (at === undefined) return unsupportedIndex(key)
  return list[at] ?? (at in list ? null : celError(`index out of bounds: ${at}`))
}

const unsupportedIndex = (key: CelValue): Operand =>
  typeof key === 'number'
    ? celError(`unsupported index value ${key} in list`)
    : celError(`unsupported index type '${typeNameOf(key)}' in list`)

/** A position in a list from an int, a uint or a whole double. */
function listPosition(key: CelValue): number | undefined {
  const at = mapKey(key)
  return typeof at === 'bigint' ? Number(at) : undefined
}

const noSuchKey = (field: string): Operand => celError(`no such key: ${field}`)

const listNeedsInt = (): Operand => unsupportedIndex('')

/** `has(a.b)`: whether a map has the entry; a value without fields has none. */
export function hasField(operand: Operand, field: string): Operand {
  if (isPartial(operand)) {
    const entry = partialGet(operand, field)
    return entry !== undefined && isUnknown(entry) ? UNKNOWN : entry !== undefined
  }
  if (isHalt(operand)) return operand
  if (isOptional(operand))
    return operand.value === undefined ? false : hasField(operand.value, field)
  if (isList(operand)) return listNeedsInt()
  if (typeof operand !== 'object' || operand === null) return false
  return isMap(operand) && mapGet(operand, field) !== undefined
}
