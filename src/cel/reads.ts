import type { CheckedExpression } from './check-expression.ts'
import type { Node } from './tree.ts'

/**
 * The dotted paths that an expression reads from its variables, each once, in the order of first
 * use: `['R', 'attr', 'amount']`. A path ends where a step is computed, or where a value is used whole.
 */
export function readsOf(checked: CheckedExpression): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>()
  visit(checked, checked.node, (path) => {
    const key = JSON.stringify(path)
    if (!found.has(key)) found.set(key, path)
  })
  return [...found.values()]
}

function visit(
  checked: CheckedExpression,
  node: Node,
  add: (path: readonly string[]) => void,
): void {
  const path = pathOf(checked, node)
  if (path !== null) {
    add(path)
    return
  }
  for (const child of childrenOf(checked, node)) visit(checked, child, add)
}

/** The path that a node spells from a variable on, or null when it spells none. */
function pathOf(checked: CheckedExpression, node: Node): readonly string[] | null {
  const reference = checked.references.get(node.id)
  if (reference?.kind === 'variable') return [reference.name]
  if (node.kind === 'select' || node.kind === 'has') {
    const owner = pathOf(checked, node.operand)
    return owner === null ? null : [...owner, node.field]
  }
  if (node.kind !== 'index' || node.index.kind !== 'literal') return null
  const owner = pathOf(checked, node.operand)
  const key = node.index.value
  return owner === null || typeof key !== 'string' ? null : [...owner, key]
}

/** The nodes below a node, in the order in which they are evaluated. */
function childrenOf(checked: CheckedExpression, node: Node): readonly Node[] {
  switch (node.kind) {
    case 'literal':
    case 'identifier':
      return []
    case 'select':
    case 'has':
    case 'unary':
      return [node.operand]
    case 'index':
      return [node.operand, node.index]
    case 'call': {
      const reference = checked.references.get(node.id)
      return reference?.kind === 'call' ? reference.args : node.args
    }
    case 'binary':
      return [node.left, node.right]
    case 'logical':
      return node.terms
    case 'conditional':
      return [node.test, node.positive, node.negative]
    case 'list':
      return node.elements.map(({ value }) => value)
    case 'map':
      return node.entries.flatMap(({ key, value }) => [key, value])
    case 'message':
      return node.fields.map(({ value }) => value)
    case 'comprehension':
      return node.guard === null ? [node.range, node.body] : [node.range, node.guard, node.body]
    case 'bind':
      return [node.value, node.body]
    case 'optionalMap':
      return [node.operand, node.body]
  }
}
