import { constantList } from './closure-aggregates.ts'
import { literalNumber } from './closure-binary.ts'
import type { CodeWriter } from './code-writer.ts'
import { constant, hold, locatedCall } from './code-writer.ts'
import { constantSet } from './constant-set.ts'
import type { BinaryNode, BinaryOperator, Node } from './tree.ts'

/** Operators that mean the same on two doubles in JavaScript. */
const ON_DOUBLES: ReadonlyMap<BinaryOperator, string> = new Map([
  ['==', '==='],
  ['!=', '!=='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
  ['+', '+'],
  ['-', '-'],
  ['*', '*'],
  ['/', '/'],
])
const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(['==', '!=', '<', '<=', '>', '>='])

export function writeBinary(writer: CodeWriter, node: BinaryNode): string {
  if (node.operator === 'in') return writeIn(writer, node)
  const left = hold(writer, writer.write(writer, node.left))
  const right = hold(writer, writer.write(writer, node.right))
  const slow = locatedCall(writer, node, `binary(frame, '${node.operator}', ${left}, ${right})`)
  const fast = fastForm(writer, node, left, right)
  return hold(writer, fast === null ? slow : `${fast} : ${slow}`)
}

/** The test and the result of the short way, as the first two parts of `test ? result : slow`. */
function fastForm(
  writer: CodeWriter,
  node: BinaryNode,
  left: string,
  right: string,
): string | null {
  const sign = ON_DOUBLES.get(node.operator)
  if (sign === undefined) return null
  const limit = COMPARISONS.has(node.operator) ? literalNumber(node.right) : null
  if (limit !== null) {
    return `typeof ${left} === 'number' ? ${left} ${sign} ${constant(writer, limit)}`
  }
  if (node.operator === '==' || node.operator === '!=') {
    if (isText(node.right)) return `typeof ${left} === 'string' ? ${left} ${sign} ${right}`
    return `typeof ${left} === 'string' && ${left} === ${right} ? ${node.operator === '=='}`
  }
  return `typeof ${left} === 'number' && typeof ${right} === 'number' ? ${left} ${sign} ${right}`
}

const isText = (node: Node): boolean => node.kind === 'literal' && typeof node.value === 'string'

function writeIn(writer: CodeWriter, node: BinaryNode): string {
  const left = hold(writer, writer.write(writer, node.left))
  const list = node.right.kind === 'list' ? constantList(node.right) : null
  const set = list === null ? null : constantSet(list)
  if (set !== null) {
    const slow = `inConstantSet(${constant(writer, set)}, ${left})`
    const keys = constant(writer, set.keys)
    return hold(writer, `typeof ${left} === 'string' ? ${keys}.has(${left}) : ${slow}`)
  }
  const right = hold(writer, writer.write(writer, node.right))
  return hold(writer, locatedCall(writer, node, `binary(frame, 'in', ${left}, ${right})`))
}
