import type { Operand } from '../operand.ts'
import { celError, isError, isHalt, isPartial, isUnknown, UNKNOWN } from '../operand.ts'
import { operatorError } from '../operator-error.ts'
import type { BinaryOperator } from '../tree.ts'
import type { CelValue } from '../value.ts'
import {
  celBytes,
  celDuration,
  celTimestamp,
  celUint,
  isBytes,
  isDuration,
  isList,
  isMap,
  isOptional,
  isTimestamp,
  isTypeValue,
  isUint,
  kindOf,
  mapGet,
  mapPairs,
} from '../value.ts'

/** Binary operators, case by case. */
export function naiveBinary(operator: BinaryOperator, left: Operand, right: Operand): Operand {
  if (isHalt(left)) return isError(left) ? left : UNKNOWN
  if (operator === 'in') return member(left, right)
  if (isHalt(right)) return isError(right) ? right : UNKNOWN
  if (operator === '==') return same(left, right)
  if (operator === '!=') return !same(left, right)
  if (['<', '<=', '>', '>='].includes(operator)) return ordered(operator, left, right)
  return computed(operator, left, right)
}

function member(item: CelValue, among: Operand): Operand {
  if (isPartial(among)) {
    const hidden = typeof item === 'string' ? among.hidden.get(item) : undefined
    return hidden === undefined ? mapGet(among.known, item) !== undefined : UNKNOWN
  }
  if (isHalt(among)) return isUnknown(among) ? UNKNOWN : among
  if (isList(among)) return among.some((other) => same(item, other))
  return isMap(among) ? mapGet(among, item) !== undefined : celError('no such overload')
}

/** A key as messages show it. */
export function shownKey(key: CelValue): string {
  if (isUint(key)) return String(key.value)
  return typeof key === 'object' ? '' : String(key)
}

const double = (value: CelValue): number | undefined => {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return isUint(value) ? Number(value.value) : undefined
}

const whole = (value: CelValue): bigint | undefined => {
  if (typeof value === 'bigint') return value
  return isUint(value) ? value.value : undefined
}

/** Equality by kind; numbers by value. */
export function same(left: CelValue, right: CelValue): boolean {
  const [a, b] = [whole(left), whole(right)]
  if (a !== undefined && b !== undefined) return a === b
  const [c, d] = [double(left), double(right)]
  if (c !== undefined && d !== undefined) return c === d
  if (kindOf(left) !== kindOf(right)) return false
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, at) => same(item, right[at] ?? null))
  }
  if (isMap(left) && isMap(right)) {
    const pairs = mapPairs(left)
    return (
      pairs.length === mapPairs(right).length &&
      pairs.every(([key, value]) => {
        const other = mapGet(right, key)
        return other !== undefined && same(value, other)
      })
    )
  }
  if (isBytes(left) && isBytes(right)) return left.bytes.join(' ') === right.bytes.join(' ')
  if (isTimestamp(left) && isTimestamp(right)) return left.nanos === right.nanos
  if (isDuration(left) && isDuration(right)) return left.nanos === right.nanos
  if (isTypeValue(left) && isTypeValue(right)) return left.name === right.name
  if (isOptional(left) && isOptional(right)) {
    if (left.value === undefined || right.value === undefined) return left.value === right.value
    return same(left.value, right.value)
  }
  return left === right
}

function ordered(operator: BinaryOperator, left: CelValue, right: CelValue): Operand {
  const order = orderOf(left, right)
  if (order === null) return operatorError(operator, left)
  if (operator === '<') return order < 0
  if (operator === '<=') return order <= 0
  return operator === '>' ? order > 0 : order >= 0
}

const difference = (left: bigint, right: bigint): number =>
  left === right ? 0 : left < right ? -1 : 1

function orderOf(left: CelValue, right: CelValue): number | null {
  const [a, b] = [whole(left), whole(right)]
  if (a !== undefined && b !== undefined) return difference(a, b)
  const [c, d] = [double(left), double(right)]
  // Infinities are subtracted from themselves only when they are equal.
  if (c !== undefined && d !== undefined) return c === d ? 0 : c - d
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right)
  if (typeof left === 'string' && typeof right === 'string')
    return orderOfLists(points(left), points(right))
  if (isBytes(left) && isBytes(right)) return orderOfLists([...left.bytes], [...right.bytes])
  if (isTimestamp(left) && isTimestamp(right)) return difference(left.nanos, right.nanos)
  return isDuration(left) && isDuration(right) ? difference(left.nanos, right.nanos) : null
}

const points = (text: string): readonly number[] =>
  Array.from(text, (character) => {
    const point = character.codePointAt(0) ?? 0
    // A lone surrogate has no place among characters; it stands where the compiler puts it.
    return point >= 0xd800 && point <= 0xdfff ? point + 0x10000 : point
  })

function orderOfLists(left: readonly number[], right: readonly number[]): number {
  for (let at = 0; ; at += 1) {
    const [a, b] = [left[at], right[at]]
    if (a === undefined || b === undefined) return left.length - right.length
    if (a !== b) return a - b
  }
}

const INT_MIN = -(2n ** 63n)
const INT_MAX = 2n ** 63n - 1n

const int = (value: bigint): Operand =>
  value < INT_MIN || value > INT_MAX ? celError('integer overflow') : value
const uint = (value: bigint): Operand =>
  value < 0n || value >= 2n ** 64n ? celError('unsigned integer overflow') : celUint(value)
const span = (nanos: bigint): Operand =>
  nanos < INT_MIN || nanos > INT_MAX ? celError('integer overflow') : celDuration(nanos)
const instant = (nanos: bigint): Operand =>
  nanos < -62_135_596_800_000_000_000n || nanos > 253_402_300_799_999_999_999n
    ? celError('timestamp overflow')
    : celTimestamp(nanos)

function computed(operator: BinaryOperator, left: CelValue, right: CelValue): Operand {
  if (typeof left === 'number' && typeof right === 'number') {
    if (operator === '%') return operatorError(operator, left)
    return operator === '+'
      ? left + right
      : operator === '-'
        ? left - right
        : operator === '*'
          ? left * right
          : left / right
  }
  if (typeof left === 'bigint' && typeof right === 'bigint')
    return onWhole(operator, left, right, int)
  if (isUint(left) && isUint(right)) return onWhole(operator, left.value, right.value, uint)
  if (operator === '+') return added(left, right)
  if (operator !== '-') return operatorError(operator, left)
  if (isTimestamp(left) && isTimestamp(right)) return span(left.nanos - right.nanos)
  if (isTimestamp(left) && isDuration(right)) return instant(left.nanos - right.nanos)
  return isDuration(left) && isDuration(right)
    ? span(left.nanos - right.nanos)
    : operatorError('-', left)
}

function onWhole(
  operator: BinaryOperator,
  left: bigint,
  right: bigint,
  make: (value: bigint) => Operand,
): Operand {
  if (operator === '+') return make(left + right)
  if (operator === '-') return make(left - right)
  if (operator === '*') return make(left * right)
  if (right === 0n) return celError(operator === '/' ? 'division by zero' : 'modulus by zero')
  if (left === INT_MIN && right === -1n) return celError('integer overflow')
  return make(operator === '/' ? left / right : left % right)
}

function added(left: CelValue, right: CelValue): Operand {
  if (typeof left === 'string' && typeof right === 'string') return `${left}${right}`
  if (isList(left) && isList(right)) return left.concat(right)
  if (isBytes(left) && isBytes(right))
    return celBytes(Uint8Array.from([...left.bytes, ...right.bytes]))
  if (isTimestamp(left) && isDuration(right)) return instant(left.nanos + right.nanos)
  if (isDuration(left) && isTimestamp(right)) return instant(left.nanos + right.nanos)
  return isDuration(left) && isDuration(right)
    ? span(left.nanos + right.nanos)
    : operatorError('+', left)
}
