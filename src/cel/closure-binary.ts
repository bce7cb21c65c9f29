import type { Closure, ClosureContext } from './closure.ts'
import { constantList } from './closure-aggregates.ts'
import { constantSet, inConstantSet } from './constant-set.ts'
import { located } from './operand.ts'
import { binary } from './binary-operator.ts'
import type { BinaryNode, Node } from './tree.ts'

/** A binary operator, shortened where one side is a literal. */
export function closureOfBinary(context: ClosureContext, node: BinaryNode): Closure {
  if (node.operator === 'in') return closureOfIn(context, node)
  const right = literalNumber(node.right)
  if (right !== null) return closureOnNumber(context, node, right)
  if ((node.operator === '==' || node.operator === '!=') && node.right.kind === 'literal') {
    const { value } = node.right
    if (typeof value === 'string') return closureOnText(context, node, value)
  }
  return closureOfAny(context, node)
}

function closureOfAny(context: ClosureContext, node: BinaryNode): Closure {
  const left = context.compile(context, node.left)
  const right = context.compile(context, node.right)
  const { operator, start, end } = node
  return (frame) => located(binary(frame, operator, left(frame), right(frame)), start, end)
}

/** A literal number that a double can be compared with exactly. */
export function literalNumber(node: Node): number | null {
  if (node.kind !== 'literal') return null
  const { value } = node
  if (typeof value === 'number') return value
  if (typeof value !== 'bigint') return null
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : null
}

/** Comparisons of a double with a literal, which is what conditions on JSON numbers are. */
function closureOnNumber(context: ClosureContext, node: BinaryNode, limit: number): Closure {
  const any = closureOfAny(context, node)
  const left = context.compile(context, node.left)
  const right = node.right.kind === 'literal' ? node.right.value : null
  const { operator, start, end } = node
  const holds = comparisonOf(operator, limit)
  if (holds === null) return any
  return (frame) => {
    const value = left(frame)
    if (typeof value === 'number') return holds(value)
    return located(binary(frame, operator, value, right), start, end)
  }
}

function comparisonOf(
  operator: BinaryNode['operator'],
  limit: number,
): ((value: number) => boolean) | null {
  switch (operator) {
    case '==':
      return (value) => value === limit
    case '!=':
      return (value) => value !== limit
    case '<':
      return (value) => value < limit
    case '<=':
      return (value) => value <= limit
    case '>':
      return (value) => value > limit
    case '>=':
      return (value) => value >= limit
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case 'in':
      return null
  }
}

/** Equality with a literal text; its cost is bounded by the text of the expression. */
function closureOnText(context: ClosureContext, node: BinaryNode, text: string): Closure {
  const left = context.compile(context, node.left)
  const { operator, start, end } = node
  const same = operator === '=='
  return (frame) => {
    const value = left(frame)
    if (typeof value === 'string') return (value === text) === same
    return located(binary(frame, operator, value, text), start, end)
  }
}

/** Membership in a list that is written out is looked up instead of searched. */
function closureOfIn(context: ClosureContext, node: BinaryNode): Closure {
  const list = node.right.kind === 'list' ? constantList(node.right) : null
  const set = list === null ? null : constantSet(list)
  if (set === null) return closureOfAny(context, node)
  const left = context.compile(context, node.left)
  return (frame) => inConstantSet(set, left(frame))
}
