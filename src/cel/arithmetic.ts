import type { Frame } from './frame.ts'
import { exhausted, spend, spendText } from './frame.ts'
import type { Operand } from './operand.ts'
import { celError, noSuchOverload } from './operand.ts'
import { durationOf, timestampOf } from './time-range.ts'
import { operatorError } from './operator-error.ts'
import type { BinaryOperator } from './tree.ts'
import type { CelBytes, CelValue } from './value.ts'
import { celBytes, celUint, isBytes, isDuration, isList, isTimestamp, isUint } from './value.ts'

export type ArithmeticOperator = Extract<BinaryOperator, '+' | '-' | '*' | '/' | '%'>

/**
 * `a + b` and its kin on values of one type: ints and uints within 64 bits (leaving them is an
 * error), doubles as IEEE 754, texts, bytes and lists joined, timestamps and durations.
 */
export function arithmetic(
  frame: Frame,
  operator: ArithmeticOperator,
  left: CelValue,
  right: CelValue,
): Operand {
  if (typeof left === 'number' && typeof right === 'number') return onDoubles(operator, left, right)
  if (typeof left === 'bigint' && typeof right === 'bigint') return onInts(operator, left, right)
  if (isUint(left) && isUint(right)) return onUints(operator, left.value, right.value)
  if (operator === '+') return add(frame, left, right)
  if (operator === '-') return subtract(left, right)
  return operatorError(operator, left)
}

function onDoubles(operator: ArithmeticOperator, left: number, right: number): Operand {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return operatorError(operator, left)
  }
}

/** The value as an int, or an overflow. */
export const intOf = (value: bigint): Operand =>
  BigInt.asIntN(64, value) === value ? value : celError('integer overflow')

/** The value as a uint, or an overflow. */
export const uintOf = (value: bigint): Operand =>
  BigInt.asUintN(64, value) === value ? celUint(value) : celError('unsigned integer overflow')

function onInts(operator: ArithmeticOperator, left: bigint, right: bigint): Operand {
  switch (operator) {
    case '+':
      return intOf(left + right)
    case '-':
      return intOf(left - right)
    case '*':
      return intOf(left * right)
    case '/':
      return right === 0n ? celError('division by zero') : intOf(left / right)
    case '%':
      // The reference overflows here too, because the quotient does.
      if (right === -1n && left === -(2n ** 63n)) return celError('integer overflow')
      return right === 0n ? celError('modulus by zero') : left % right
  }
}

function onUints(operator: ArithmeticOperator, left: bigint, right: bigint): Operand {
  switch (operator) {
    case '+':
      return uintOf(left + right)
    case '-':
      return uintOf(left - right)
    case '*':
      return uintOf(left * right)
    case '/':
      return right === 0n ? celError('division by zero') : uintOf(left / right)
    case '%':
      return right === 0n ? celError('modulus by zero') : uintOf(left % right)
  }
}

function add(frame: Frame, left: CelValue, right: CelValue): Operand {
  if (typeof left === 'string' && typeof right === 'string') {
    return spendText(frame, left.length + right.length) ? exhausted() : left + right
  }
  if (isList(left) && isList(right)) {
    return spend(frame, 1 + left.length + right.length) ? exhausted() : [...left, ...right]
  }
  if (isBytes(left) && isBytes(right)) return joinBytes(frame, left, right)
  if (isTimestamp(left) && isDuration(right)) return timestampOf(left.nanos + right.nanos)
  if (isDuration(left) && isTimestamp(right)) return timestampOf(left.nanos + right.nanos)
  if (isDuration(left) && isDuration(right)) return durationOf(left.nanos + right.nanos)
  return operatorError('+', left)
}

function joinBytes(frame: Frame, left: CelBytes, right: CelBytes): Operand {
  const length = left.bytes.length + right.bytes.length
  if (spendText(frame, length)) return exhausted()
  const joined = new Uint8Array(length)
  joined.set(left.bytes)
  joined.set(right.bytes, left.bytes.length)
  return celBytes(joined)
}

function subtract(left: CelValue, right: CelValue): Operand {
  if (isTimestamp(left) && isTimestamp(right)) return durationOf(left.nanos - right.nanos)
  if (isTimestamp(left) && isDuration(right)) return timestampOf(left.nanos - right.nanos)
  if (isDuration(left) && isDuration(right)) return durationOf(left.nanos - right.nanos)
  return operatorError('-', left)
}

/** `-a` on ints and doubles. */
export function negate(value: CelValue): Operand {
  if (typeof value === 'number') return -value
  return typeof value === 'bigint' ? intOf(-value) : noSuchOverload()
}
