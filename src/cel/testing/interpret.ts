import type { CheckedExpression } from '../check-expression.ts'
import { dispatch, unfit } from '../dispatch.ts'
import type { Frame } from '../frame.ts'
import type { Operand } from '../operand.ts'
import { celError, isError, isHalt, isPartial, isUnknown, UNKNOWN } from '../operand.ts'
import type { Node } from '../tree.ts'
import { keyError } from '../operator-error.ts'
import { typeNameOf } from '../type-name.ts'
import type { CelValue } from '../value.ts'
import {
  celOptional,
  isHierarchy,
  isList,
  isMap,
  isOptional,
  isUint,
  mapGet,
  messageTag,
} from '../value.ts'
import { naiveAggregate } from './naive-aggregate.ts'
import { naiveComprehension } from './naive-comprehension.ts'
import { naiveBinary, shownKey } from './naive-operators.ts'

/** Evaluates a node; what the parts of the interpreter share. */
export type Interpret = (node: Node) => Operand

/**
 * The meaning of the language written down a third time, for tests: no short cuts, nothing prepared,
 * every part of an expression evaluated before anything is decided. Slow and obvious on purpose.
 */
export function interpret(checked: CheckedExpression, frame: Frame): Operand {
  const interpretNode: Interpret = (node) => {
    const operand = meaning(node)
    return isError(operand) && operand.start < 0
      ? { ...operand, start: node.start, end: node.end }
      : operand
  }
  const setLocals = (owner: Node, values: readonly Operand[]): void => {
    for (const [at, slot] of (checked.slots.get(owner.id) ?? []).entries()) {
      frame.locals[slot] = values[at] ?? null
    }
  }
  const meaning = (node: Node): Operand => {
    const reference = checked.references.get(node.id)
    if (reference?.kind === 'local') return frame.locals[reference.slot] ?? null
    if (reference?.kind === 'constant') return reference.value
    if (reference?.kind === 'variable') return variable(frame, reference.name)
    switch (node.kind) {
      case 'literal':
        return node.value
      case 'identifier':
      case 'message':
        throw new Error('the checker lets none of these through')
      case 'select':
        return node.optional
          ? optionalEntry(interpretNode(node.operand), node.field)
          : field(interpretNode(node.operand), node.field)
      case 'has':
        return presence(interpretNode(node.operand), node.field)
      case 'index':
        return indexed(interpretNode(node.operand), interpretNode(node.index), node.optional)
      case 'call':
        if (reference?.kind !== 'call') throw new Error('the checker resolves every call')
        return call(frame, reference.overloads, reference.args, interpretNode)
      case 'unary':
        return unary(node.operator, interpretNode(node.operand))
      case 'binary':
        return naiveBinary(node.operator, interpretNode(node.left), interpretNode(node.right))
      case 'logical':
        return logical(node.operator === '||', node.terms.map(interpretNode))
      case 'conditional':
        return conditional(
          interpretNode(node.test),
          () => interpretNode(node.positive),
          () => interpretNode(node.negative),
          node.test,
        )
      case 'list':
      case 'map':
        return naiveAggregate(node, interpretNode)
      case 'comprehension':
        return naiveComprehension(node, interpretNode, setLocals)
      case 'bind':
        setLocals(node, [interpretNode(node.value)])
        return interpretNode(node.body)
      case 'optionalMap': {
        const operand = interpretNode(node.operand)
        if (isHalt(operand)) return isError(operand) ? operand : UNKNOWN
        if (!isOptional(operand)) return unfit('hasValue', [operand])
        if (operand.value === undefined) return operand
        setLocals(node, [operand.value])
        const result = interpretNode(node.body)
        if (isHalt(result)) return isError(result) ? result : UNKNOWN
        if (!node.flat) return celOptional(result)
        return isOptional(result) ? result : celError('no such overload')
      }
    }
  }
  return interpretNode(checked.node)
}

function variable(frame: Frame, name: string): Operand {
  if (!Object.hasOwn(frame.variables, name)) return celError(`no such attribute(s): ${name}`)
  const value = frame.variables[name]
  if (value === undefined) return celError(`no such attribute(s): ${name}`)
  return typeof value === 'function' ? value() : value
}

/** An entry of whatever may have entries; undefined when there is none of that name. */
function entry(owner: Operand, key: CelValue): Operand | undefined {
  if (isPartial(owner)) {
    const hidden = typeof key === 'string' ? owner.hidden.get(key) : undefined
    return hidden === undefined ? mapGet(owner.known, key) : hidden
  }
  return !isHalt(owner) && isMap(owner) ? mapGet(owner, key) : undefined
}

/** As `entry`, without the empty fields of a message. */
function present(owner: Operand, key: CelValue): Operand | undefined {
  const found = entry(owner, key)
  const known = isPartial(owner) ? owner.known : owner
  const isMessage = typeof known === 'object' && known !== null && messageTag in known
  if (!isMessage || found === undefined || isHalt(found)) return found
  return ['null', '""', '[]', '{}'].includes(JSON.stringify(found)) ? undefined : found
}

const missing = (key: CelValue): Operand => celError(`no such key: ${shownKey(key)}`)

function field(owner: Operand, name: string): Operand {
  if (isHalt(owner) && !isPartial(owner)) return owner
  if (!isHalt(owner) && isList(owner)) return celError("unsupported index type 'string' in list")
  if (!isHalt(owner) && isOptional(owner)) {
    if (owner.value === undefined) return owner
    if (isMap(owner.value) || isOptional(owner.value)) return optionalEntry(owner.value, name)
    return field(owner.value, name)
  }
  const found = entry(owner, name)
  return found === undefined ? missing(name) : found
}

function optionalEntry(owner: Operand, key: CelValue): Operand {
  if (isHalt(owner) && !isPartial(owner)) return owner
  const inner = !isHalt(owner) && isOptional(owner) ? owner.value : owner
  if (inner === undefined) return owner
  if (!isPartial(inner) && typeof key === 'object' && !isUint(key)) return keyError(key)
  if (!isHalt(inner) && isList(inner)) {
    const found = listItem(inner, key)
    return isError(found)
      ? found.message.startsWith('index')
        ? celOptional(undefined)
        : found
      : celOptional(found as CelValue)
  }
  const found = present(inner, key)
  if (found === undefined) return celOptional(undefined)
  return isHalt(found) ? UNKNOWN : celOptional(found)
}

function listItem(list: readonly CelValue[], key: CelValue): Operand {
  const number = isUint(key) ? Number(key.value) : typeof key === 'bigint' ? Number(key) : key
  if (typeof key === 'object' && !isUint(key)) return keyError(key)
  if (typeof number !== 'number') {
    return celError(`unsupported index type '${typeNameOf(key)}' in list`)
  }
  if (!Number.isInteger(number)) return celError(`unsupported index value ${number} in list`)
  return number >= 0 && number < list.length
    ? (list[number] ?? null)
    : celError(`index out of bounds: ${number}`)
}

function indexed(owner: Operand, key: Operand, optional: boolean): Operand {
  if (isHalt(owner) && !isPartial(owner)) return owner
  if (isHalt(key))
    return isPartial(owner) && isError(key) && optional ? UNKNOWN : isError(key) ? key : UNKNOWN
  if (optional || (!isHalt(owner) && isOptional(owner))) return optionalEntry(owner, key)
  if (!isHalt(owner) && isList(owner)) return listItem(owner, key)
  if (!isHalt(owner) && isHierarchy(owner)) {
    const found = listItem(owner.parts, key)
    return isError(found) ? celError('index out of range') : found
  }
  const found = entry(owner, key)
  if (found !== undefined) return found
  return typeof key === 'object' && !isUint(key) ? keyError(key) : missing(key)
}

function presence(owner: Operand, name: string): Operand {
  if (isHalt(owner) && !isPartial(owner)) return owner
  if (!isHalt(owner) && isList(owner)) return celError("unsupported index type 'string' in list")
  if (!isHalt(owner) && isOptional(owner))
    return owner.value === undefined ? false : presence(owner.value, name)
  const found = present(owner, name)
  return found !== undefined && isUnknown(found) ? UNKNOWN : found !== undefined
}

function call(
  frame: Frame,
  overloads: Parameters<typeof dispatch>[1],
  args: readonly Node[],
  interpretNode: Interpret,
): Operand {
  const name = overloads[0]?.method === true ? overloads[0].name : ''
  if (name === 'or' || name === 'orValue') {
    const [receiver, other] = args.map((arg) => () => interpretNode(arg))
    const value = receiver?.() ?? null
    if (isHalt(value)) return isError(value) ? value : UNKNOWN
    if (isOptional(value) && value.value !== undefined) return name === 'or' ? value : value.value
    return dispatch(frame, overloads, [value, other?.() ?? null])
  }
  return dispatch(frame, overloads, args.map(interpretNode))
}

function unary(operator: '!' | '-', operand: Operand): Operand {
  if (isHalt(operand)) return isError(operand) ? operand : UNKNOWN
  if (operator === '!')
    return typeof operand === 'boolean' ? !operand : celError('no such overload')
  if (typeof operand === 'number') return -operand
  if (typeof operand !== 'bigint') return celError('no such overload')
  return operand === -(2n ** 63n) ? celError('integer overflow') : -operand
}

/** Decided by any deciding term; else unknown by any unknown; else the first error; else not. */
function logical(decisive: boolean, terms: readonly Operand[]): Operand {
  if (terms.some((term) => term === decisive)) return decisive
  if (terms.some((term) => isUnknown(term))) return UNKNOWN
  const odd = terms.find((term) => typeof term !== 'boolean')
  if (odd === undefined) return !decisive
  return isError(odd) ? odd : celError('no such overload')
}

function conditional(
  test: Operand,
  positive: () => Operand,
  negative: () => Operand,
  at: Node,
): Operand {
  if (test === true) return positive()
  if (test === false) return negative()
  if (isError(test)) return test
  if (!isUnknown(test)) return { ...celError('no such overload'), start: at.start, end: at.end }
  const [left, right] = [positive(), negative()]
  return typeof left === 'boolean' && left === right ? left : UNKNOWN
}
