import type { Result } from '../core/result.ts'
import { fail, ok } from '../core/result.ts'
import { assignable } from './assignable.ts'
import { checkCall, noOverload, resolve } from './check-call.ts'
import { checkComprehension } from './check-comprehension.ts'
import { checkIdentifier, checkSelect, fieldType } from './check-names.ts'
import { checkList, checkMap, checkMessage } from './check-aggregates.ts'
import type { Checker, Reference } from './checker.ts'
import { report, withLocals } from './checker.ts'
import type { CelDiagnostic } from './diagnostic.ts'
import type { CelEnvironment } from './environment.ts'
import type { ConditionalNode, IndexNode, Node, OptionalMapNode } from './tree.ts'
import type { CelType } from './type.ts'
import { DYN, optionalOf, scalar, typeText } from './type.ts'
import { join } from './assignable.ts'
import { kindOf } from './value.ts'

/** A tree whose names are resolved, with what every back end needs to run it. */
export type CheckedExpression = {
  readonly source: string
  readonly node: Node
  readonly type: CelType
  readonly references: ReadonlyMap<number, Reference>
  readonly types: ReadonlyMap<number, CelType>
  readonly slots: ReadonlyMap<number, readonly number[]>
  readonly slotCount: number
}

/**
 * Resolves every name and finds what can never work: unknown names and functions, operators and
 * calls on types that have no such form, and literals that cannot be read. Reports all it finds.
 */
export function checkExpression(
  source: string,
  node: Node,
  environment: CelEnvironment,
): Result<CheckedExpression, readonly [CelDiagnostic, ...CelDiagnostic[]]> {
  const checker: Checker = {
    source,
    environment,
    references: new Map(),
    types: new Map(),
    slots: new Map(),
    diagnostics: [],
    locals: [],
    slotCount: 0,
    checkNode,
  }
  const type = checkNode(checker, node)
  const [first, ...rest] = checker.diagnostics
  if (first !== undefined) return fail([first, ...rest])
  const { references, types, slots, slotCount } = checker
  return ok({ source, node, type, references, types, slots, slotCount })
}

function checkNode(checker: Checker, node: Node): CelType {
  const type = typeOfNode(checker, node)
  checker.types.set(node.id, type)
  return type
}

function typeOfNode(checker: Checker, node: Node): CelType {
  switch (node.kind) {
    case 'literal':
      return scalar(kindOf(node.value) as 'int')
    case 'identifier':
      return checkIdentifier(checker, node)
    case 'select':
      return checkSelect(checker, node)
    case 'has':
      fieldType(checker, node, checkNode(checker, node.operand))
      return scalar('bool')
    case 'index':
      return checkIndex(checker, node)
    case 'call':
      return checkCall(checker, node)
    case 'unary':
      return checkOperator(checker, node, node.operator, [node.operand])
    case 'binary':
      return checkOperator(checker, node, node.operator, [node.left, node.right])
    case 'logical':
      for (const term of node.terms) checkBool(checker, term, `\`${node.operator}\``)
      return scalar('bool')
    case 'conditional':
      return checkConditional(checker, node)
    case 'list':
      return checkList(checker, node)
    case 'map':
      return checkMap(checker, node)
    case 'message':
      return checkMessage(checker, node)
    case 'comprehension':
      return checkComprehension(checker, node)
    case 'bind':
      return withLocals(checker, node, [[node.name, checkNode(checker, node.value)]], () =>
        checkNode(checker, node.body),
      )
    case 'optionalMap':
      return checkOptionalMap(checker, node)
  }
}

function checkOperator(
  checker: Checker,
  node: Node,
  operator: string,
  operands: readonly Node[],
): CelType {
  const types = operands.map((operand) => checkNode(checker, operand))
  const forms = checker.environment.functions.get(operator) ?? []
  const fitting = forms.filter(({ parameters }) => parameters.length === types.length)
  const resolved = resolve(fitting, types)
  return resolved === null ? noOverload(checker, node, operator, fitting, types) : resolved.type
}

function checkBool(checker: Checker, node: Node, where: string): void {
  const type = checkNode(checker, node)
  if (type.kind === 'bool' || type.kind === 'dyn') return
  report(checker, node, {
    code: 'no_matching_overload',
    message: `${where} needs a bool, and this is of type ${typeText(type)}`,
  })
}

function checkConditional(checker: Checker, node: ConditionalNode): CelType {
  checkBool(checker, node.test, 'the test of `?:`')
  const positive = checkNode(checker, node.positive)
  const negative = checkNode(checker, node.negative)
  const type = join(positive, negative)
  if (type !== null) return type
  return report(checker, node, {
    code: 'no_matching_overload',
    message: `the sides of \`?:\` have types ${typeText(positive)} and ${typeText(negative)}`,
    hint: 'both must have one type; `dyn(x)` makes a value of any type',
  })
}

function checkIndex(checker: Checker, node: IndexNode): CelType {
  const operand = checkNode(checker, node.operand)
  const key = checkNode(checker, node.index)
  const type = elementType(checker, node, operand, key)
  if (!node.optional || type.kind === 'optional') return type
  // The reference knows nothing of `dyn[?k]`, so neither do we, lest a policy of its be refused.
  return operand.kind === 'dyn' ? DYN : optionalOf(type)
}

function elementType(checker: Checker, node: IndexNode, operand: CelType, key: CelType): CelType {
  if (operand.kind === 'dyn') return DYN
  if (operand.kind === 'optional')
    return optionalOf(elementType(checker, node, operand.element, key))
  if (operand.kind === 'map' && assignable(operand.key, key, new Map())) return operand.value
  const position = key.kind === 'int' || key.kind === 'dyn'
  if (operand.kind === 'list' && position) return operand.element
  if (operand.kind === 'hierarchy' && position) return scalar('string')
  return noOverload(checker, node, '[]', [], [operand, key])
}

function checkOptionalMap(checker: Checker, node: OptionalMapNode): CelType {
  const operand = checkNode(checker, node.operand)
  const element = operand.kind === 'optional' ? operand.element : DYN
  if (operand.kind !== 'optional' && operand.kind !== 'dyn') {
    return noOverload(checker, node, node.flat ? 'optFlatMap' : 'optMap', [], [operand])
  }
  const body = withLocals(checker, node, [[node.name, element]], () =>
    checkNode(checker, node.body),
  )
  if (!node.flat) return optionalOf(body)
  if (body.kind === 'optional' || body.kind === 'dyn') return body
  return noOverload(checker, node.body, 'optFlatMap', [], [body])
}
