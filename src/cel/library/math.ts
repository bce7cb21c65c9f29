import { intOf } from '../arithmetic.ts'
import { compareAny } from '../compare.ts'
import type { Frame } from '../frame.ts'
import { exhausted, spend } from '../frame.ts'
import type { Operand } from '../operand.ts'
import { celError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import { typeNameOf } from '../type-name.ts'
import type { CelList, CelUint, CelValue } from '../value.ts'
import { celUint, isUint } from '../value.ts'

const onDouble = (name: string, run: (value: number) => Operand, result = 'double'): Overload =>
  overload(`math.${name}(double): ${result}`, (_frame, value: number) => run(value))

/** Halves go away from zero, as in the reference; JavaScript rounds them up. */
const round = (value: number): number => Math.sign(value) * Math.round(Math.abs(value))

const bits = (name: string, run: (left: bigint, right: bigint) => bigint): readonly Overload[] => [
  overload(`math.${name}(int, int): int`, (_frame, left: bigint, right: bigint) =>
    BigInt.asIntN(64, run(left, right)),
  ),
  overload(`math.${name}(uint, uint): uint`, (_frame, left: CelUint, right: CelUint) =>
    celUint(BigInt.asUintN(64, run(left.value, right.value))),
  ),
]

/** Shifts by 64 or more leave nothing; a shift to the right fills with zeros, for ints too. */
const shift = (name: string, run: (value: bigint, by: bigint) => bigint): readonly Overload[] => [
  overload(
    `math.${name}(int, int): int`,
    (_frame, value: bigint, by: bigint) =>
      shifted(name, by, () => BigInt.asIntN(64, run(BigInt.asUintN(64, value), by))) ?? 0n,
  ),
  overload(
    `math.${name}(uint, int): uint`,
    (_frame, value: CelUint, by: bigint) =>
      shifted(name, by, () => celUint(BigInt.asUintN(64, run(value.value, by)))) ?? celUint(0n),
  ),
]

function shifted(name: string, by: bigint, run: () => Operand): Operand | null {
  if (by < 0n) return celError(`math.${name}() negative offset: ${by}`)
  return by >= 64n ? null : run()
}

const extreme = (name: 'greatest' | 'least'): readonly Overload[] => [
  ...['int', 'uint', 'double'].map((type) =>
    overload(`math.${name}(${type}): ${type}`, (_frame, value: CelValue) => value),
  ),
  ...['int', 'uint', 'double', 'dyn'].map((type) =>
    overload(`math.${name}(list(${type})): ${type}`, (frame, list: CelList) =>
      extremeOf(frame, name, list),
    ),
  ),
]

const isNumber = (value: CelValue): boolean =>
  typeof value === 'number' || typeof value === 'bigint' || isUint(value)

function extremeOf(frame: Frame, name: 'greatest' | 'least', list: CelList): Operand {
  if (spend(frame, list.length)) return exhausted()
  const wrong = list.find((value) => !isNumber(value))
  if (wrong !== undefined)
    return celError(
      `no such overload: math.@${name === 'least' ? 'min' : 'max'}(${list.map(typeNameOf).join(', ')})`,
    )
  let [best] = list
  if (best === undefined) return celError(`math.${name}(list) argument must not be empty`)
  for (const value of list.slice(1)) {
    const order = compareAny(frame, value, best)
    if (typeof order !== 'number') return order
    if (name === 'greatest' ? order > 0 : order < 0) best = value
  }
  return best
}

/** The math extension library. `greatest` and `least` of several arguments are lists by then. */
export const MATH: readonly Overload[] = [
  ...extreme('greatest'),
  ...extreme('least'),
  onDouble('ceil', Math.ceil),
  onDouble('floor', Math.floor),
  onDouble('round', round),
  onDouble('trunc', Math.trunc),
  onDouble('isNaN', Number.isNaN, 'bool'),
  onDouble('isFinite', Number.isFinite, 'bool'),
  onDouble('isInf', (value) => Math.abs(value) === Number.POSITIVE_INFINITY, 'bool'),
  onDouble('abs', Math.abs),
  overload('math.abs(int): int', (_frame, value: bigint) => intOf(value < 0n ? -value : value)),
  overload('math.abs(uint): uint', (_frame, value: CelUint) => value),
  onDouble('sign', Math.sign),
  overload('math.sign(int): int', (_frame, value: bigint) =>
    value < 0n ? -1n : value > 0n ? 1n : 0n,
  ),
  overload('math.sign(uint): uint', (_frame, value: CelUint) =>
    value.value > 0n ? celUint(1n) : value,
  ),
  onDouble('sqrt', Math.sqrt),
  overload('math.sqrt(int): double', (_frame, value: bigint) => Math.sqrt(Number(value))),
  overload('math.sqrt(uint): double', (_frame, value: CelUint) => Math.sqrt(Number(value.value))),
  ...bits('bitAnd', (left, right) => left & right),
  ...bits('bitOr', (left, right) => left | right),
  ...bits('bitXor', (left, right) => left ^ right),
  overload('math.bitNot(int): int', (_frame, value: bigint) => ~value),
  overload('math.bitNot(uint): uint', (_frame, value: CelUint) =>
    celUint(BigInt.asUintN(64, ~value.value)),
  ),
  ...shift('bitShiftLeft', (value, by) => value << by),
  ...shift('bitShiftRight', (value, by) => value >> by),
]
