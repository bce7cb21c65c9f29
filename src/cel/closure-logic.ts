import type { Closure, ClosureContext } from './closure.ts'
import type { Undecided } from './logic.ts'
import { eitherWay, undecided } from './logic.ts'
import { isHalt, isUnknown, located, noSuchOverload } from './operand.ts'
import type { ConditionalNode, LogicalNode } from './tree.ts'

export function closureOfLogical(context: ClosureContext, node: LogicalNode): Closure {
  const terms = node.terms.map((term) => context.compile(context, term))
  const decisive = node.operator === '||'
  const { start, end } = node
  return (frame) => {
    let seen: Undecided = null
    for (const term of terms) {
      const value = term(frame)
      if (value === decisive) return decisive
      if (value !== !decisive) seen = undecided(seen, value)
    }
    return seen === null ? !decisive : located(seen, start, end)
  }
}

export function closureOfConditional(context: ClosureContext, node: ConditionalNode): Closure {
  const test = context.compile(context, node.test)
  const positive = context.compile(context, node.positive)
  const negative = context.compile(context, node.negative)
  const { start, end } = node.test
  return (frame) => {
    const chosen = test(frame)
    if (chosen === true) return positive(frame)
    if (chosen === false) return negative(frame)
    if (!isHalt(chosen)) return located(noSuchOverload(), start, end)
    return isUnknown(chosen) ? eitherWay(positive(frame), negative(frame)) : chosen
  }
}
