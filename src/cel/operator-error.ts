import type { CelError } from './operand.ts'
import { celError } from './operand.ts'
import type { BinaryOperator } from './tree.ts'
import type { CelKind, CelValue } from './value.ts'
import { kindOf } from './value.ts'

const ADDABLE: readonly CelKind[] = [
  'int',
  'uint',
  'double',
  'string',
  'bytes',
  'list',
  'timestamp',
  'duration',
]
const ORDERED: readonly CelKind[] = [
  'bool',
  'int',
  'uint',
  'double',
  'string',
  'bytes',
  'timestamp',
  'duration',
]
const NUMBERS: readonly CelKind[] = ['int', 'uint', 'double']

/** The kinds that have an operator at all, whatever stands on its right. */
const LEFT_KINDS: ReadonlyMap<BinaryOperator, readonly CelKind[]> = new Map([
  ['+', ADDABLE],
  ['-', [...NUMBERS, 'timestamp', 'duration']],
  ['*', NUMBERS],
  ['/', NUMBERS],
  ['%', ['int', 'uint']],
  ['<', ORDERED],
  ['<=', ORDERED],
  ['>', ORDERED],
  ['>=', ORDERED],
])

/** The error of an operator on values that have none, worded as the reference words it. */
export function operatorError(operator: BinaryOperator, left: CelValue): CelError {
  const known = LEFT_KINDS.get(operator)?.includes(kindOf(left)) ?? true
  return celError(known ? 'no such overload' : `no such overload: _${operator}_`)
}

/** What the reference calls the kinds in messages about loops and keys. */
const INNER_NAMES: Readonly<Partial<Record<CelKind, string>>> = {
  null: 'types.Null',
  bool: 'types.Bool',
  int: 'types.Int',
  uint: 'types.Uint',
  double: 'types.Double',
  string: 'types.String',
  bytes: 'types.Bytes',
  list: '*types.baseList',
  map: '*types.baseMap',
  timestamp: 'types.Timestamp',
  duration: 'types.Duration',
  type: '*types.Type',
  optional: '*types.Optional',
}

const innerName = (value: CelValue): string => INNER_NAMES[kindOf(value)] ?? kindOf(value)

/** The error of looping over what is neither a list nor a map. */
export const rangeError = (value: CelValue, variables: number): CelError =>
  celError(
    variables === 2
      ? `unsupported comprehension range type: ${innerName(value)}`
      : `got '${innerName(value)}', expected iterable type`,
  )

/** The error of a key that no list or map can have. */
export const keyError = (value: CelValue): CelError =>
  celError(`invalid qualifier type: ${innerName(value)}`)
