import { hasField, index, select, selectOptional } from './access.ts'
import { negate } from './arithmetic.ts'
import { readVariable } from './closure-access.ts'
import { pushElement, putEntry } from './closure-aggregates.ts'
import { decidedFallback } from './closure-call.ts'
import { comprehend } from './comprehension.ts'
import { inConstantSet } from './constant-set.ts'
import { dispatch, unfit } from './dispatch.ts'
import { exhausted, spend } from './frame.ts'
import { eitherWay, not, undecided } from './logic.ts'
import type { Operand } from './operand.ts'
import { halted, isHalt, isUnknown, located, noSuchOverload } from './operand.ts'
import { findsRegex } from './regex.ts'
import { binary } from './binary-operator.ts'
import type { Span } from './tree.ts'
import { celOptional, celTag, isOptional } from './value.ts'

const at = (operand: Operand, { start, end }: Span): Operand => located(operand, start, end)

/** What a test that is neither true nor false makes of `?:`. */
const choose = (test: Operand, positive: Operand, negative: Operand, span: Span): Operand => {
  if (!isHalt(test)) return at(noSuchOverload(), span)
  return isUnknown(test) ? eitherWay(positive, negative) : test
}

/** A map from the entries that generated code has put together. */
const mapOf = (entries: Parameters<typeof putEntry>[0]): Operand => ({ [celTag]: 'map', entries })

const minus = (operand: Operand): Operand => (isHalt(operand) ? halted(operand) : negate(operand))

const optionalIndex = (owner: Operand, key: Operand): Operand => {
  if (!isHalt(key)) return selectOptional(owner, key)
  return isHalt(owner) ? halted(owner) : halted(key)
}

/** What `optMap` and `optFlatMap` make of their body's result. */
const wrapped = (result: Operand, flat: boolean, span: Span): Operand => {
  if (isHalt(result)) return halted(result)
  if (!flat) return celOptional(result)
  return isOptional(result) ? result : at(noSuchOverload(), span)
}

/** What an operand that is no optional with a value makes of `optMap`; undefined when it has one. */
const unmapped = (operand: Operand, span: Span): Operand | undefined => {
  if (isHalt(operand)) return halted(operand)
  if (!isOptional(operand)) return at(unfit('hasValue', [operand]), span)
  return operand.value === undefined ? operand : undefined
}

/** Everything that generated code may call. It sees nothing else of the program. */
export const CODE_KIT: Readonly<Record<string, unknown>> = {
  at,
  binary,
  choose,
  comprehend,
  decidedFallback,
  dispatch,
  exhausted,
  findsRegex,
  halted,
  hasField,
  inConstantSet,
  index,
  isArray: Array.isArray,
  isUnknown,
  mapOf,
  minus,
  not,
  optionalIndex,
  pushElement,
  putEntry,
  readVariable,
  select,
  selectOptional,
  spend,
  tag: celTag,
  undecided,
  unmapped,
  wrapped,
}
