import type { CelPartial, Operand } from './operand.ts'
import { celError, halted, isHalt, isPartial, isUnknown, partialGet, UNKNOWN } from './operand.ts'
import { keyError } from './operator-error.ts'
import { typeNameOf } from './type-name.ts'
import type { CelMap, CelObject, CelOptional, CelValue } from './value.ts'
import {
  celOptional,
  isHierarchy,
  isList,
  isMap,
  isOptional,
  isUint,
  isUnset,
  mapGet,
  mapKey,
} from './value.ts'

/** `a.b`. On an optional it reads inside and answers an optional. */
export function select(operand: Operand, field: string): Operand {
  if (isPartial(operand)) return found(partialGet(operand, field), field)
  if (isHalt(operand)) return operand
  if (isOptional(operand)) return selectInside(operand, field)
  if (typeof operand !== 'object' || operand === null) return noSuchKey(field)
  if (isList(operand)) return listNeedsInt()
  if (!isMap(operand)) return noSuchKey(field)
  return found(mapGet(operand, field), field)
}

/** `a.?b` and `a[?b]`: optional of the entry, or `optional.none()` when there is none. */
export function selectOptional(operand: Operand, key: CelValue): Operand {
  if (isPartial(operand)) return optionalEntry(setIn(operand.known, partialGet(operand, key)))
  if (isHalt(operand)) return operand
  const inner = isOptional(operand) ? operand.value : operand
  if (inner === undefined) return operand
  if (typeof key === 'object' && !isUint(key)) return keyError(key)
  if (isMap(inner)) return optionalEntry(setIn(inner, mapGet(inner, key)))
  if (isList(inner)) {
    const at = listPosition(key)
    return at === undefined ? unsupportedIndex(key) : optionalEntry(inner[at])
  }
  return celOptional(undefined)
}

/** `o.b` on an optional: nothing in nothing, but a value inside must have fields. */
function selectInside(operand: CelOptional, field: string): Operand {
  const { value } = operand
  if (value === undefined) return operand
  return isMap(value) || isOptional(value) ? selectOptional(value, field) : select(value, field)
}

/** An entry, which may be null, or the error that there is none. */
const found = (entry: Operand | undefined, key: CelValue): Operand =>
  entry === undefined ? missingKey(key) : entry

/** An entry of a map; undefined when it counts as absent. */
const setIn = (owner: CelMap | CelObject, entry: Operand | undefined): Operand | undefined =>
  entry === undefined || isHalt(entry) || !isUnset(owner, entry) ? entry : undefined

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
  if (isMap(operand)) return found(mapGet(operand, key), key)
  if (isHierarchy(operand)) return indexHierarchy(operand.parts, key)
  return missingKey(key)
}

function indexHierarchy(parts: readonly string[], key: CelValue): Operand {
  const at = listPosition(key)
  return (at === undefined ? undefined : parts[at]) ?? celError('index out of range')
}

function indexPartial(operand: CelPartial, key: Operand): Operand {
  if (isHalt(key)) return halted(key)
  return found(partialGet(operand, key), key)
}

function missingKey(key: CelValue): Operand {
  if (typeof key === 'object' && !isUint(key)) return keyError(key)
  return noSuchKey(isUint(key) ? String(key.value) : String(key))
}

function indexList(list: readonly CelValue[], key: CelValue): Operand {
  const at = listPosition(key)
  if (at === undefined) return unsupportedIndex(key)
  return list[at] ?? (at in list ? null : celError(`index out of bounds: ${at}`))
}

function unsupportedIndex(key: CelValue): Operand {
  if (typeof key === 'number') return celError(`unsupported index value ${key} in list`)
  if (typeof key === 'object') return keyError(key)
  return celError(`unsupported index type '${typeNameOf(key)}' in list`)
}

/** A position in a list from an int, a uint or a whole double. */
function listPosition(key: CelValue): number | undefined {
  const at = mapKey(key)
  return typeof at === 'bigint' ? Number(at) : undefined
}

const noSuchKey = (field: string): Operand => celError(`no such key: ${field}`)

const listNeedsInt = (): Operand => unsupportedIndex('')

/** `has(a.b)`: whether a map has the entry, or a message one that is not empty; else false. */
export function hasField(operand: Operand, field: string): Operand {
  if (isPartial(operand)) {
    const entry = setIn(operand.known, partialGet(operand, field))
    return entry !== undefined && isUnknown(entry) ? UNKNOWN : entry !== undefined
  }
  if (isHalt(operand)) return operand
  if (isOptional(operand))
    return operand.value === undefined ? false : hasField(operand.value, field)
  if (isList(operand)) return listNeedsInt()
  if (typeof operand !== 'object' || operand === null) return false
  return isMap(operand) && setIn(operand, mapGet(operand, field)) !== undefined
}
