import type { Checker } from './checker.ts'
import { report, withLocals } from './checker.ts'
import type { ComprehensionNode, Node } from './tree.ts'
import type { CelType } from './type.ts'
import { DYN, listOf, mapOf, scalar, typeText } from './type.ts'

/** The types of a comprehension's variables come from its range, its own from the macro. */
export function checkComprehension(checker: Checker, node: ComprehensionNode): CelType {
  const range = checker.checkNode(checker, node.range)
  const { key, element, single } = rangeTypes(checker, node.range, range)
  const [first, second] = node.variables
  const locals: readonly (readonly [string, CelType])[] =
    second === undefined
      ? [[first, single]]
      : [
          [first, key],
          [second, element],
        ]
  return withLocals(checker, node, locals, () => {
    if (node.guard !== null) requireBool(checker, node.guard)
    const body = checker.checkNode(checker, node.body)
    return resultType(checker, node, { key, single, body })
  })
}

type RangeTypes = { readonly key: CelType; readonly element: CelType; readonly single: CelType }

function rangeTypes(checker: Checker, node: Node, type: CelType): RangeTypes {
  if (type.kind === 'list')
    return { key: scalar('int'), element: type.element, single: type.element }
  if (type.kind === 'map') return { key: type.key, element: type.value, single: type.key }
  if (type.kind !== 'dyn') {
    report(checker, node, {
      code: 'no_matching_overload',
      message: `a value of type ${typeText(type)} cannot be looped over`,
      hint: 'only lists and maps can',
    })
  }
  return { key: DYN, element: DYN, single: DYN }
}

function requireBool(checker: Checker, node: Node): void {
  requireBoolType(checker, node, checker.checkNode(checker, node))
}

function requireBoolType(checker: Checker, node: Node, type: CelType): void {
  if (type.kind === 'bool' || type.kind === 'dyn') return
  report(checker, node, {
    code: 'no_matching_overload',
    message: `a bool is needed here, and this is of type ${typeText(type)}`,
  })
}

function resultType(
  checker: Checker,
  node: ComprehensionNode,
  types: { readonly key: CelType; readonly single: CelType; readonly body: CelType },
): CelType {
  switch (node.macro) {
    case 'all':
    case 'exists':
    case 'existsOne':
      requireBoolType(checker, node.body, types.body)
      return scalar('bool')
    case 'filter':
      requireBoolType(checker, node.body, types.body)
      return listOf(types.single)
    case 'map':
    case 'transformList':
      return listOf(types.body)
    case 'transformMap':
      return mapOf(types.key, types.body)
    case 'transformMapEntry':
      if (types.body.kind === 'map') return types.body
      if (types.body.kind !== 'dyn') {
        report(checker, node.body, {
          code: 'no_matching_overload',
          message: `a map is needed here, and this is of type ${typeText(types.body)}`,
        })
      }
      return mapOf(DYN, DYN)
    case 'sortBy':
      return checker.types.get(node.range.id)?.kind === 'dyn' ? DYN : listOf(types.single)
  }
}
