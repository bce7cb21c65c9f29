import type { Frame } from './frame.ts'
import { exhausted, spend, spendText } from './frame.ts'
import { VALUE_DEPTH_MAX } from './limits.ts'
import type { CelError } from './operand.ts'
import { limitError } from './operand.ts'
import type { CelMap, CelObject, CelTagged, CelValue } from './value.ts'
import { celTag, isMap, isUint, mapGet, mapPairs, mapSize, tagOf } from './value.ts'

/**
 * `a == b`: numbers by value across their types, lists and maps by content, and values of different
 * kinds are not equal (which is not an error). NaN equals nothing.
 */
export function equal(frame: Frame, left: CelValue, right: CelValue): boolean | CelError {
  return equalAt(frame, left, right, 0)
}

function equalAt(frame: Frame, left: CelValue, right: CelValue, depth: number): boolean | CelError {
  if (typeof left !== 'object' || left === null) return equalScalar(frame, left, right)
  if (typeof right !== 'object' || right === null) return equalScalar(frame, right, left)
  if (depth > VALUE_DEPTH_MAX) return limitError('value is nested too deeply')
  if (Array.isArray(left)) {
    return Array.isArray(right) && equalLists(frame, left, right, depth)
  }
  if (isMap(left)) return isMap(right) && equalMaps(frame, left, right, depth)
  return equalTagged(frame, left as CelTagged, right, depth)
}

function equalScalar(frame: Frame, left: CelValue, right: CelValue): boolean | CelError {
  if (left === right) return true
  if (typeof left === 'string') {
    if (typeof right !== 'string' || left.length !== right.length) return false
    return spendText(frame, left.length) ? exhausted() : false
  }
  const a = numeric(left)
  const b = numeric(right)
  return a !== undefined && b !== undefined && sameNumber(a, b)
}

/** Numbers of two types meet as doubles, as in the reference: ints beyond 2^53 lose digits. */
const sameNumber = (a: number | bigint, b: number | bigint): boolean =>
  typeof a === typeof b ? a === b : Number(a) === Number(b)

/** A number as what JavaScript compares exactly across number and bigint. */
function numeric(value: CelValue): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  return isUint(value) ? value.value : undefined
}

function equalLists(
  frame: Frame,
  left: readonly CelValue[],
  right: readonly CelValue[],
  depth: number,
): boolean | CelError {
  if (left.length !== right.length) return false
  for (const [at, item] of left.entries()) {
    if (spend(frame, 1)) return exhausted()
    const same = equalAt(frame, item, right[at] ?? null, depth + 1)
    if (same !== true) return same
  }
  return true
}

function equalMaps(
  frame: Frame,
  left: CelMap | CelObject,
  right: CelMap | CelObject,
  depth: number,
): boolean | CelError {
  if (mapSize(left) !== mapSize(right)) return false
  for (const [key, value] of mapPairs(left)) {
    if (spend(frame, 1)) return exhausted()
    const other = mapGet(right, key)
    if (other === undefined) return false
    const same = equalAt(frame, value, other, depth + 1)
    if (same !== true) return same
  }
  return true
}

function equalTagged(
  frame: Frame,
  left: CelTagged,
  right: CelValue & object,
  depth: number,
): boolean | CelError {
  if (tagOf(right) !== left[celTag]) return false
  switch (left[celTag]) {
    case 'uint':
      return left.value === (right as typeof left).value
    case 'bytes':
      return equalBytes(frame, left.bytes, (right as typeof left).bytes)
    case 'timestamp':
    case 'duration':
      return left.nanos === (right as typeof left).nanos
    case 'type':
    case 'trust_domain':
      return left.name === (right as typeof left).name
    case 'optional': {
      const other = (right as typeof left).value
      if (left.value === undefined || other === undefined) return left.value === other
      return equalAt(frame, left.value, other, depth + 1)
    }
    case 'hierarchy':
      return equalLists(frame, left.parts, (right as typeof left).parts, depth)
    case 'spiffe_id': {
      const other = right as typeof left
      return left.trustDomain === other.trustDomain && left.path === other.path
    }
    case 'ip':
      return (
        left.family === (right as typeof left).family && left.bits === (right as typeof left).bits
      )
    case 'cidr': {
      const other = right as typeof left
      return (
        left.family === other.family && left.bits === other.bits && left.length === other.length
      )
    }
    case 'spiffe_matcher':
      return left === right
    case 'map':
      return false
  }
}

function equalBytes(frame: Frame, left: Uint8Array, right: Uint8Array): boolean | CelError {
  if (left.length !== right.length) return false
  if (spendText(frame, left.length)) return exhausted()
  return left.every((octet, at) => octet === right[at])
}

/** Whether a list has an element equal to the value. */
export function listIncludes(
  frame: Frame,
  list: readonly CelValue[],
  value: CelValue,
): boolean | CelError {
  for (const item of list) {
    if (spend(frame, 1)) return exhausted()
    const same = equal(frame, item, value)
    if (same !== false) return same
  }
  return false
}
