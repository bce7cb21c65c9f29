import { invariant } from '../core/bug.ts'
import { hasField, index, select, selectOptional } from './access.ts'
import type { Closure, ClosureContext } from './closure.ts'
import type { Frame } from './frame.ts'
import type { Operand } from './operand.ts'
import { celError, halted, isHalt, located } from './operand.ts'
import type { HasNode, IdentifierNode, IndexNode, SelectNode } from './tree.ts'
import type { CelObject } from './value.ts'
import { tagOf } from './value.ts'

/** A local variable, a variable of the activation, or the name of a type. */
export function closureOfName(context: ClosureContext, node: IdentifierNode | SelectNode): Closure {
  const reference = context.checked.references.get(node.id)
  invariant(reference !== undefined && reference.kind !== 'call', 'a checked name has a reference')
  const { start, end } = node
  switch (reference.kind) {
    case 'local': {
      const { slot } = reference
      return (frame) => frame.locals[slot] ?? null
    }
    case 'constant': {
      const { value } = reference
      return () => value
    }
    case 'variable': {
      const { name } = reference
      return (frame) => {
        const value = readVariable(frame, name)
        return typeof value === 'object' ? located(value, start, end) : value
      }
    }
  }
}

/** The value of a variable; an error when the activation has none of that name. */
export function readVariable(frame: Frame, name: string): Operand {
  const value = Object.hasOwn(frame.variables, name) ? frame.variables[name] : undefined
  if (typeof value === 'function') return value()
  return value === undefined ? celError(`no such attribute(s): ${name}`) : value
}

export function closureOfSelect(context: ClosureContext, node: SelectNode): Closure {
  if (context.checked.references.has(node.id)) return closureOfName(context, node)
  const operand = context.compile(context, node.operand)
  const { field, start, end } = node
  if (node.optional) return (frame) => located(selectOptional(operand(frame), field), start, end)
  return (frame) => {
    const owner = operand(frame)
    const object = plainObject(owner)
    if (object !== null && Object.hasOwn(object, field)) {
      const value = object[field]
      if (value !== undefined) return value
    }
    return located(select(owner, field), start, end)
  }
}

/** A JSON object, which is the owner of most fields that conditions read. */
const plainObject = (value: Operand): CelObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && tagOf(value) === undefined
    ? (value as CelObject)
    : null

export function closureOfHas(context: ClosureContext, node: HasNode): Closure {
  const operand = context.compile(context, node.operand)
  const { field, start, end } = node
  return (frame) => located(hasField(operand(frame), field), start, end)
}

export function closureOfIndex(context: ClosureContext, node: IndexNode): Closure {
  const operand = context.compile(context, node.operand)
  const key = context.compile(context, node.index)
  const { start, end } = node
  if (!node.optional) return (frame) => located(index(operand(frame), key(frame)), start, end)
  return (frame) => {
    const owner = operand(frame)
    const at = key(frame)
    if (isHalt(at)) return isHalt(owner) ? halted(owner) : halted(at)
    return located(selectOptional(owner, at), start, end)
  }
}
