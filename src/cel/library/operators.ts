import { binary } from '../binary-operator.ts'
import { negate } from '../arithmetic.ts'
import { not } from '../logic.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import type { BinaryOperator } from '../tree.ts'

const on = (operator: BinaryOperator, forms: readonly string[]): readonly Overload[] =>
  forms.map((form) => {
    const [parameters = '', result = ''] = form.split(' -> ')
    return overload(`${operator}(${parameters}): ${result}`, (frame, left, right) =>
      binary(frame, operator, left, right),
    )
  })

const NUMBERS = ['int', 'uint', 'double']
const ORDERED = [
  ...NUMBERS.flatMap((left) => NUMBERS.map((right) => `${left}, ${right} -> bool`)),
  ...['bool', 'string', 'bytes', 'timestamp', 'duration'].map((type) => `${type}, ${type} -> bool`),
]
const closed = (types: readonly string[]): readonly string[] =>
  types.map((type) => `${type}, ${type} -> ${type}`)

/**
 * The types that operators take, for the checker; the back ends compute operators by themselves.
 * Numbers of different types can be ordered but not compared for equality, which is an error that is
 * found before anything runs (`1 == 1.0`), while values of unknown type compare by value.
 */
export const OPERATORS: readonly Overload[] = [
  ...on('+', [
    ...closed([...NUMBERS, 'string', 'bytes', 'list(A)', 'duration']),
    'timestamp, duration -> timestamp',
    'duration, timestamp -> timestamp',
  ]),
  ...on('-', [
    ...closed([...NUMBERS, 'duration']),
    'timestamp, timestamp -> duration',
    'timestamp, duration -> timestamp',
  ]),
  ...on('*', closed(NUMBERS)),
  ...on('/', closed(NUMBERS)),
  ...on('%', closed(['int', 'uint'])),
  ...on('==', ['A, A -> bool']),
  ...on('!=', ['A, A -> bool']),
  ...on('<', ORDERED),
  ...on('<=', ORDERED),
  ...on('>', ORDERED),
  ...on('>=', ORDERED),
  ...on('in', ['A, list(A) -> bool', 'A, map(A, B) -> bool']),
  overload('!(bool): bool', (_frame, value) => not(value)),
  ...['int', 'double'].map((type) =>
    overload(`-(${type}): ${type}`, (_frame, value) => negate(value)),
  ),
]
