import type { Frame } from '../frame.ts'
import { exhausted, spend } from '../frame.ts'
import { celError, noSuchOverload } from '../operand.ts'
import type { Operand } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import type { CelList, CelOptional, CelValue } from '../value.ts'
import {
  celOptional,
  isBytes,
  isDuration,
  isList,
  isMap,
  isOptional,
  isUint,
  mapSize,
} from '../value.ts'

/** Optional values; `optMap`, `optFlatMap` and the `?` of fields and entries are syntax. */
export const OPTIONALS: readonly Overload[] = [
  overload('optional.of(A): optional(A)', (_frame, value: CelValue) => celOptional(value)),
  overload('optional.none(): optional(A)', () => celOptional(undefined)),
  overload('optional.ofNonZeroValue(A): optional(A)', (_frame, value: CelValue) =>
    celOptional(isZero(value) ? undefined : value),
  ),
  overload('optional(A).hasValue(): bool', (_frame, { value }: CelOptional) => value !== undefined),
  overload('optional(A).value(): A', (_frame, { value }: CelOptional) =>
    value === undefined ? celError('optional.none() dereference') : value,
  ),
  overload(
    'optional(A).or(optional(A)): optional(A)',
    (_frame, left: CelOptional, right: CelOptional) => (left.value === undefined ? right : left),
  ),
  overload('optional(A).orValue(A): A', (_frame, left: CelOptional, right: CelValue) =>
    left.value === undefined ? right : left.value,
  ),
  overload('optional.unwrap(list(optional(A))): list(A)', unwrap),
  overload('list(optional(A)).unwrapOpt(): list(A)', unwrap),
]

function unwrap(frame: Frame, list: CelList): Operand {
  if (spend(frame, list.length)) return exhausted()
  const values: CelValue[] = []
  for (const item of list) {
    if (!isOptional(item)) return noSuchOverload()
    if (item.value !== undefined) values.push(item.value)
  }
  return values
}

/** The value that a field of its type has when it was never set. */
function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true
  if (isUint(value)) return value.value === 0n
  if (isBytes(value)) return value.bytes.length === 0
  if (isDuration(value)) return value.nanos === 0n
  if (isList(value)) return value.length === 0
  return isMap(value) && mapSize(value) === 0
}
