import { parseExpression } from '../cel/parse-expression.ts'
import type { BinaryOperator, Node } from '../cel/tree.ts'
import type { Json } from '../core/json.ts'
import type { CompiledCondition } from '../policy/release.ts'
import { plainExpression } from './denial-message.ts'

/** A comparison of one argument with a literal, as a rule has it. */
export type ArgumentComparison = {
  /** Below `R.attr.args`. */
  readonly path: readonly string[]
  /** The comparison as the caller can read it, for example `args.amount <= 500`. */
  readonly text: string
  /** A value for which it holds. */
  readonly value: Json
  readonly holds: (value: Json | undefined) => boolean
}

/**
 * The comparisons that must all hold for the condition to: the terms of `all` and `&&` that compare
 * an argument with a literal, and of `any` and `||` the first such term. Other terms are left out:
 * whoever uses the answer tries it.
 */
export function argumentComparisons(condition: CompiledCondition): readonly ArgumentComparison[] {
  switch (condition.kind) {
    case 'expr': {
      const { source } = condition.expression
      const parsed = parseExpression(source)
      return parsed.ok ? comparisonsIn(source, parsed.value) : []
    }
    case 'all':
      return condition.of.flatMap(argumentComparisons)
    case 'any':
      return condition.of.map(argumentComparisons).find((found) => found.length > 0) ?? []
    case 'none':
      return []
  }
}

function comparisonsIn(source: string, node: Node): readonly ArgumentComparison[] {
  if (node.kind === 'logical') {
    const found = node.terms.map((term) => comparisonsIn(source, term))
    return node.operator === '&&' ? found.flat() : (found.find((one) => one.length > 0) ?? [])
  }
  if (node.kind !== 'binary') return []
  const text = plainExpression(source.slice(node.start, node.end))
  const forward = comparisonOf(node.left, node.operator, node.right, text)
  const mirrored = MIRRORED[node.operator]
  const found =
    forward ?? (mirrored === undefined ? null : comparisonOf(node.right, mirrored, node.left, text))
  return found === null ? [] : [found]
}

const MIRRORED: { readonly [operator in BinaryOperator]?: BinaryOperator } = {
  '==': '==',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

function comparisonOf(
  left: Node,
  operator: BinaryOperator,
  right: Node,
  text: string,
): ArgumentComparison | null {
  const path = argumentPath(left)
  if (path === null) return null
  if (operator === 'in') {
    const values: readonly (Json | undefined)[] =
      right.kind === 'list' ? right.elements.map((element) => literalOf(element.value)) : []
    const [value] = values
    if (value === undefined || values.includes(undefined)) return null
    return { path, text, value, holds: (given) => given !== undefined && values.includes(given) }
  }
  const literal = literalOf(right)
  if (literal === undefined) return null
  if (operator === '==') return { path, text, value: literal, holds: (given) => given === literal }
  return typeof literal === 'number' ? boundOf(path, operator, literal, text) : null
}

function boundOf(
  path: readonly string[],
  operator: BinaryOperator,
  bound: number,
  text: string,
): ArgumentComparison | null {
  const numeric = (test: (value: number) => boolean) => (given: Json | undefined) =>
    typeof given === 'number' && test(given)
  switch (operator) {
    case '<=':
      return { path, text, value: bound, holds: numeric((given) => given <= bound) }
    case '>=':
      return { path, text, value: bound, holds: numeric((given) => given >= bound) }
    case '<':
      return { path, text, value: bound - 1, holds: numeric((given) => given < bound) }
    case '>':
      return { path, text, value: bound + 1, holds: numeric((given) => given > bound) }
    case '==':
    case '!=':
    case 'in':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return null
  }
}

/** A literal that JSON has too; an integer of CEL as a number. */
function literalOf(node: Node): string | number | boolean | undefined {
  if (node.kind === 'unary' && node.operator === '-') {
    const value = literalOf(node.operand)
    return typeof value === 'number' ? -value : undefined
  }
  if (node.kind !== 'literal') return undefined
  const { value } = node
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined
}

const ARGUMENTS = [
  ['R', 'attr', 'args'],
  ['request', 'resource', 'attr', 'args'],
]

/** The path below `R.attr.args` that the node reads, or null. */
function argumentPath(node: Node): readonly string[] | null {
  const path = dottedPath(node)
  if (path === null) return null
  const root = ARGUMENTS.find(
    (prefix) => path.length > prefix.length && prefix.every((field, i) => path[i] === field),
  )
  return root === undefined ? null : path.slice(root.length)
}

function dottedPath(node: Node): readonly string[] | null {
  if (node.kind === 'identifier') return [node.name]
  if (node.kind === 'select' && !node.optional) {
    const owner = dottedPath(node.operand)
    return owner === null ? null : [...owner, node.field]
  }
  if (
    node.kind !== 'index' ||
    node.index.kind !== 'literal' ||
    typeof node.index.value !== 'string'
  )
    return null
  const owner = dottedPath(node.operand)
  return owner === null ? null : [...owner, node.index.value]
}
