import { compareAny } from './compare.ts'
import { equal, listIncludes } from './equality.ts'
import type { Frame } from './frame.ts'
import type { Operand } from './operand.ts'
import {
  halted,
  isError,
  isHalt,
  isPartial,
  isUnknown,
  noSuchOverload,
  partialGet,
  UNKNOWN,
} from './operand.ts'
import { operatorError } from './operator-error.ts'
import type { BinaryOperator } from './tree.ts'
import type { CelValue } from './value.ts'
import { isList, isMap, mapGet } from './value.ts'
import { arithmetic } from './arithmetic.ts'

/** Any binary operator on any two operands: the whole meaning, which fast paths only shorten. */
export function binary(
  frame: Frame,
  operator: BinaryOperator,
  left: Operand,
  right: Operand,
): Operand {
  if (operator === 'in') return contains(frame, left, right)
  if (isHalt(left)) return halted(left)
  if (isHalt(right)) return halted(right)
  switch (operator) {
    case '==':
      return equal(frame, left, right)
    case '!=': {
      const same = equal(frame, left, right)
      return isError(same) ? same : !same
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
      return ordered(frame, operator, left, right)
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(frame, operator, left, right)
  }
}

function ordered(
  frame: Frame,
  operator: '<' | '<=' | '>' | '>=',
  left: CelValue,
  right: CelValue,
): Operand {
  const order = compareAny(frame, left, right)
  if (typeof order !== 'number')
    return order.kind === 'limit' ? order : operatorError(operator, left)
  switch (operator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

/** `a in b`: an element of a list, or a key of a map. */
function contains(frame: Frame, item: Operand, collection: Operand): Operand {
  if (isHalt(item)) return halted(item)
  if (isPartial(collection)) {
    const entry = partialGet(collection, item)
    return entry !== undefined && isUnknown(entry) ? UNKNOWN : entry !== undefined
  }
  if (isHalt(collection)) return collection
  if (isList(collection)) return listIncludes(frame, collection, item)
  return isMap(collection) ? mapGet(collection, item) !== undefined : noSuchOverload()
}
