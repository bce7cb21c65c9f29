import type { Frame } from './frame.ts'
import { exhausted, spendText } from './frame.ts'
import type { CelError } from './operand.ts'
import { noSuchOverload } from './operand.ts'
import type { CelValue } from './value.ts'
import { isBytes, isDuration, isTimestamp, isUint } from './value.ts'

/** Negative, zero, positive, or NaN when nothing can be said (a comparison with NaN is false). */
export type Order = number

/**
 * The order of two values: numbers across their types, texts by code points, bytes, booleans (false
 * first), timestamps, durations. Anything else has no order and is an error.
 */
export function compare(frame: Frame, left: CelValue, right: CelValue): Order | CelError {
  const a = comparable(left)
  const b = comparable(right)
  if (a === undefined || b === undefined) return noSuchOverload()
  if (typeof a === 'string' && typeof b === 'string') {
    if (spendText(frame, Math.min(a.length, b.length))) return exhausted()
    return compareText(a, b)
  }
  if (typeof a === 'boolean' || typeof b === 'boolean') {
    return typeof a === typeof b ? Number(a) - Number(b) : noSuchOverload()
  }
  if (typeof a === 'string' || typeof b === 'string') return noSuchOverload()
  if (typeof a === typeof b) return compareNumbers(a, b)
  return compareNumbers(Number(a), Number(b))
}

/** Two numbers of one type; of two types they meet as doubles, as in the reference. */
const compareNumbers = (a: number | bigint, b: number | bigint): Order =>
  a < b ? -1 : a > b ? 1 : a >= b ? 0 : Number.NaN

function comparable(value: CelValue): string | number | bigint | boolean | undefined {
  if (value === null || typeof value === 'object') return isUint(value) ? value.value : undefined
  return value
}

/** Timestamps, durations and bytes: kinds whose order holds only among themselves. */
export function compareAny(frame: Frame, left: CelValue, right: CelValue): Order | CelError {
  if (isTimestamp(left) && isTimestamp(right)) return sign(left.nanos - right.nanos)
  if (isDuration(left) && isDuration(right)) return sign(left.nanos - right.nanos)
  if (isBytes(left) && isBytes(right)) {
    if (spendText(frame, Math.min(left.bytes.length, right.bytes.length))) return exhausted()
    return compareBytes(left.bytes, right.bytes)
  }
  return compare(frame, left, right)
}

const sign = (difference: bigint): Order => (difference < 0n ? -1 : difference > 0n ? 1 : 0)

function compareBytes(left: Uint8Array, right: Uint8Array): Order {
  const shared = Math.min(left.length, right.length)
  for (let at = 0; at < shared; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Order by code point, which differs from UTF-16 order where surrogates meet U+E000 and above. */
export function compareText(left: string, right: string): Order {
  if (left === right) return 0
  const shared = Math.min(left.length, right.length)
  for (let at = 0; at < shared; at += 1) {
    const a = left.charCodeAt(at)
    const b = right.charCodeAt(at)
    if (a !== b) return codePointRank(a) - codePointRank(b)
  }
  return left.length - right.length
}

const codePointRank = (unit: number): number =>
  unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
