import { invariant } from '../core/bug.ts'
import type { CheckedExpression } from './check-expression.ts'
import { writeBinary } from './write-binary.ts'
import { writeList, writeMap } from './write-aggregates.ts'
import { writeHas, writeIndex, writeName, writeSelect } from './write-access.ts'
import { writeCall } from './write-call.ts'
import { writeComprehension } from './write-comprehension.ts'
import type { CodeWriter } from './code-writer.ts'
import { constant, hold, line, locatedCall, temporary, writeFunction } from './code-writer.ts'
import { celError } from './operand.ts'
import type {
  BindNode,
  ConditionalNode,
  LiteralNode,
  LogicalNode,
  Node,
  OptionalMapNode,
  UnaryNode,
} from './tree.ts'

/** A program as JavaScript: the text depends on the shape alone, the constants on the values. */
export type GeneratedCode = { readonly text: string; readonly constants: readonly unknown[] }

/**
 * Writes a checked expression as a function of JavaScript. The text declares the function `run` over
 * the names of `CODE_KIT` and the constants `c0`, `c1`, ...
 */
export function generateCode(checked: CheckedExpression): GeneratedCode {
  const writer: CodeWriter = {
    checked,
    constants: [],
    declarations: [],
    lines: [],
    temporaries: 0,
    write: writeNode,
  }
  const run = writeFunction(writer, checked.node)
  return { text: [...writer.declarations, `return ${run}`].join('\n'), constants: writer.constants }
}

function writeNode(writer: CodeWriter, node: Node): string {
  switch (node.kind) {
    case 'literal':
      return writeLiteral(writer, node)
    case 'identifier':
      return writeName(writer, node)
    case 'select':
      return writeSelect(writer, node)
    case 'has':
      return writeHas(writer, node)
    case 'index':
      return writeIndex(writer, node)
    case 'call':
      return writeCall(writer, node)
    case 'unary':
      return writeUnary(writer, node)
    case 'binary':
      return writeBinary(writer, node)
    case 'logical':
      return writeLogical(writer, node)
    case 'conditional':
      return writeConditional(writer, node)
    case 'list':
      return writeList(writer, node)
    case 'map':
      return writeMap(writer, node)
    case 'message':
      return constant(writer, {
        ...celError(`unknown type: ${node.type}`),
        start: node.start,
        end: node.end,
      })
    case 'comprehension':
      return writeComprehension(writer, node)
    case 'bind':
      return writeBind(writer, node)
    case 'optionalMap':
      return writeOptionalMap(writer, node)
  }
}

function writeLiteral(writer: CodeWriter, { value }: LiteralNode): string {
  return value === null || typeof value === 'boolean' ? String(value) : constant(writer, value)
}

function writeUnary(writer: CodeWriter, node: UnaryNode): string {
  const operand = hold(writer, writer.write(writer, node.operand))
  if (node.operator === '!') {
    const slow = locatedCall(writer, node, `not(${operand})`)
    return hold(writer, `typeof ${operand} === 'boolean' ? !${operand} : ${slow}`)
  }
  return hold(writer, locatedCall(writer, node, `minus(${operand})`))
}

function writeLogical(writer: CodeWriter, node: LogicalNode): string {
  const decisive = node.operator === '||'
  const result = temporary(writer)
  const seen = temporary(writer)
  line(writer, `let ${result} = ${decisive}`)
  line(writer, `${result}_: {`)
  line(writer, `let ${seen} = null`)
  for (const term of node.terms) {
    const value = hold(writer, writer.write(writer, term))
    line(writer, `if (${value} === ${decisive}) break ${result}_`)
    line(writer, `if (${value} !== ${!decisive}) ${seen} = undecided(${seen}, ${value})`)
  }
  line(writer, `${result} = ${seen} === null ? ${!decisive} : ${locatedCall(writer, node, seen)}`)
  line(writer, '}')
  return result
}

function writeConditional(writer: CodeWriter, node: ConditionalNode): string {
  const test = hold(writer, writer.write(writer, node.test))
  const positive = temporary(writer)
  const negative = temporary(writer)
  line(writer, `let ${positive} = null, ${negative} = null`)
  for (const [side, branch, decides] of [
    [positive, node.positive, true],
    [negative, node.negative, false],
  ] as const) {
    line(writer, `if (${test} === ${decides} || (${test} !== ${!decides} && isUnknown(${test}))) {`)
    line(writer, `${side} = ${writer.write(writer, branch)}`)
    line(writer, '}')
  }
  const { start, end } = node.test
  const odd = `choose(${test}, ${positive}, ${negative}, ${constant(writer, { start, end })})`
  return hold(writer, `${test} === true ? ${positive} : ${test} === false ? ${negative} : ${odd}`)
}

function writeBind(writer: CodeWriter, node: BindNode): string {
  const value = writer.write(writer, node.value)
  line(writer, `frame.locals[${slotOf(writer, node)}] = ${value}`)
  return writer.write(writer, node.body)
}

function writeOptionalMap(writer: CodeWriter, node: OptionalMapNode): string {
  const operand = hold(writer, writer.write(writer, node.operand))
  const span = constant(writer, { start: node.start, end: node.end })
  const result = hold(writer, `unmapped(${operand}, ${span})`)
  line(writer, `if (${result} === undefined) {`)
  line(writer, `frame.locals[${slotOf(writer, node)}] = ${operand}.value`)
  line(writer, `${result} = wrapped(${writer.write(writer, node.body)}, ${node.flat}, ${span})`)
  line(writer, '}')
  return result
}

function slotOf(writer: CodeWriter, node: Node): number {
  const [slot] = writer.checked.slots.get(node.id) ?? []
  invariant(slot !== undefined, 'a node with a variable has a slot')
  return slot
}
