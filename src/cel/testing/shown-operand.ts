import type { Operand } from '../operand.ts'
import { isError, isHalt } from '../operand.ts'
import { typeNameOf } from '../type-name.ts'
import type { CelValue } from '../value.ts'
import {
  isBytes,
  isDuration,
  isList,
  isMap,
  isOptional,
  isTimestamp,
  isTypeValue,
  isUint,
  mapPairs,
} from '../value.ts'

/** An operand as a text that differs whenever anything about it does, the order of a map's entries aside. */
export function shownOperand(operand: Operand): string {
  if (isError(operand))
    return `error ${operand.kind} ${operand.message} at ${operand.start}-${operand.end}`
  return isHalt(operand) ? 'unknown' : shownValue(operand)
}

function shownValue(value: CelValue): string {
  if (isList(value)) return `[${value.map(shownValue).join(', ')}]`
  if (isMap(value)) {
    const pairs = mapPairs(value).map(([key, item]) => `${shownValue(key)}: ${shownValue(item)}`)
    return `{${pairs.toSorted().join(', ')}}`
  }
  if (isOptional(value))
    return `optional(${value.value === undefined ? '' : shownValue(value.value)})`
  if (isUint(value)) return `${value.value}u`
  if (isBytes(value)) return `bytes(${value.bytes.join(' ')})`
  if (isTimestamp(value) || isDuration(value)) return `${typeNameOf(value)}(${value.nanos})`
  if (isTypeValue(value)) return `type(${value.name})`
  if (typeof value === 'object' && value !== null) {
    return `${typeNameOf(value)} ${JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item))}`
  }
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  return JSON.stringify(value)
}
