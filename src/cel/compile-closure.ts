import { negate } from './arithmetic.ts'
import type { CheckedExpression } from './check-expression.ts'
import { closureOfBinary } from './closure-binary.ts'
import { closureOfList, closureOfMap } from './closure-aggregates.ts'
import type { Closure, ClosureContext } from './closure.ts'
import { closureOfCall } from './closure-call.ts'
import { closureOfConditional, closureOfLogical } from './closure-logic.ts'
import { closureOfHas, closureOfIndex, closureOfName, closureOfSelect } from './closure-access.ts'
import { unfit } from './dispatch.ts'
import { comprehend } from './comprehension.ts'
import { not } from './logic.ts'
import { celError, halted, isHalt, located, noSuchOverload } from './operand.ts'
import type { BindNode, ComprehensionNode, Node, OptionalMapNode, UnaryNode } from './tree.ts'
import { celOptional, isOptional } from './value.ts'

/** Turns a checked expression into a function; every node becomes a closure over its parts. */
export const compileClosure = (checked: CheckedExpression): Closure =>
  compileNode({ checked, compile: compileNode }, checked.node)

function compileNode(context: ClosureContext, node: Node): Closure {
  switch (node.kind) {
    case 'literal': {
      const { value } = node
      return () => value
    }
    case 'identifier':
      return closureOfName(context, node)
    case 'select':
      return closureOfSelect(context, node)
    case 'has':
      return closureOfHas(context, node)
    case 'index':
      return closureOfIndex(context, node)
    case 'call':
      return closureOfCall(context, node)
    case 'unary':
      return closureOfUnary(context, node)
    case 'binary':
      return closureOfBinary(context, node)
    case 'logical':
      return closureOfLogical(context, node)
    case 'conditional':
      return closureOfConditional(context, node)
    case 'list':
      return closureOfList(context, node)
    case 'map':
      return closureOfMap(context, node)
    case 'message':
      return () => located(celError(`unknown type: ${node.type}`), node.start, node.end)
    case 'comprehension':
      return closureOfComprehension(context, node)
    case 'bind':
      return closureOfBind(context, node)
    case 'optionalMap':
      return closureOfOptionalMap(context, node)
  }
}

function closureOfUnary(context: ClosureContext, node: UnaryNode): Closure {
  const operand = context.compile(context, node.operand)
  const { start, end } = node
  if (node.operator === '!') {
    return (frame) => {
      const value = operand(frame)
      return typeof value === 'boolean' ? !value : located(not(value), start, end)
    }
  }
  return (frame) => {
    const value = operand(frame)
    return isHalt(value) ? halted(value) : located(negate(value), start, end)
  }
}

function closureOfComprehension(context: ClosureContext, node: ComprehensionNode): Closure {
  const range = context.compile(context, node.range)
  const [first = 0, second] = context.checked.slots.get(node.id) ?? []
  const slots = second === undefined ? ([first] as const) : ([first, second] as const)
  const guard = node.guard === null ? null : context.compile(context, node.guard)
  const loop = { macro: node.macro, slots, guard, body: context.compile(context, node.body) }
  const { start, end } = node
  return (frame) => located(comprehend(frame, loop, range(frame)), start, end)
}

function closureOfBind(context: ClosureContext, node: BindNode): Closure {
  const value = context.compile(context, node.value)
  const body = context.compile(context, node.body)
  const [slot = 0] = context.checked.slots.get(node.id) ?? []
  return (frame) => {
    frame.locals[slot] = value(frame)
    return body(frame)
  }
}

function closureOfOptionalMap(context: ClosureContext, node: OptionalMapNode): Closure {
  const operand = context.compile(context, node.operand)
  const body = context.compile(context, node.body)
  const [slot = 0] = context.checked.slots.get(node.id) ?? []
  const { start, end, flat } = node
  return (frame) => {
    const value = operand(frame)
    if (isHalt(value)) return halted(value)
    if (!isOptional(value)) return located(unfit('hasValue', [value]), start, end)
    if (value.value === undefined) return value
    frame.locals[slot] = value.value
    const result = body(frame)
    if (isHalt(result)) return halted(result)
    if (!flat) return celOptional(result)
    return isOptional(result) ? result : located(noSuchOverload(), start, end)
  }
}
