import type { Checker, Reference } from './checker.ts'
import { localNamed, report } from './checker.ts'
import type { IdentifierNode, Node, SelectNode } from './tree.ts'
import type { CelType } from './type.ts'
import { DYN, listOf, mapOf, optionalOf, scalar } from './type.ts'
import { celType } from './value.ts'

/** Types that expressions can name. */
const TYPE_NAMES: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ['bool', scalar('bool')],
  ['int', scalar('int')],
  ['uint', scalar('uint')],
  ['double', scalar('double')],
  ['string', scalar('string')],
  ['bytes', scalar('bytes')],
  ['list', listOf(DYN)],
  ['map', mapOf(DYN, DYN)],
  ['null_type', scalar('null')],
  ['type', { kind: 'type', element: DYN }],
  ['optional_type', optionalOf(DYN)],
  ['google.protobuf.Timestamp', scalar('timestamp')],
  ['google.protobuf.Duration', scalar('duration')],
  ['net.IP', scalar('ip')],
  ['net.CIDR', scalar('cidr')],
])

/** The dotted name that a node spells when its first part is no local variable, else null. */
export function dottedName(checker: Checker, node: Node): string | null {
  if (node.kind === 'identifier') {
    return !node.absolute && localNamed(checker, node.name) !== undefined ? null : node.name
  }
  if (node.kind !== 'select' || node.optional) return null
  const owner = dottedName(checker, node.operand)
  return owner === null ? null : `${owner}.${node.field}`
}

/** What a dotted name means by itself: a variable, or a type. */
function globalNamed(
  checker: Checker,
  name: string,
): { readonly reference: Reference; readonly type: CelType } | null {
  const variable = checker.environment.variables.get(name)
  if (variable !== undefined) return { reference: { kind: 'variable', name }, type: variable }
  const element = TYPE_NAMES.get(name)
  if (element === undefined) return null
  return { reference: { kind: 'constant', value: celType(name) }, type: { kind: 'type', element } }
}

export function checkIdentifier(checker: Checker, node: IdentifierNode): CelType {
  const local = node.absolute ? undefined : localNamed(checker, node.name)
  if (local !== undefined) {
    checker.references.set(node.id, { kind: 'local', slot: local.slot })
    return local.type
  }
  const found = globalNamed(checker, node.name)
  if (found !== null) {
    checker.references.set(node.id, found.reference)
    return found.type
  }
  const known = [...checker.environment.variables.keys()].map((name) => `\`${name}\``).join(', ')
  return report(checker, node, {
    code: 'unknown_identifier',
    message: `undeclared reference to \`${node.name}\``,
    hint: known === '' ? 'no variables are declared here' : `declared are ${known}`,
  })
}

/** `a.b`, which is a field, or a name with a dot in it. */
export function checkSelect(checker: Checker, node: SelectNode): CelType {
  const name = dottedName(checker, node)
  const found = name === null ? null : globalNamed(checker, name)
  if (found !== null) {
    checker.references.set(node.id, found.reference)
    return found.type
  }
  const type = fieldType(checker, node, checker.checkNode(checker, node.operand))
  return node.optional && type.kind !== 'optional' ? optionalOf(type) : type
}

/** The type of a field of a value of this type. */
export function fieldType(checker: Checker, node: Node, type: CelType): CelType {
  if (type.kind === 'dyn') return DYN
  if (type.kind === 'map') return type.value
  if (type.kind === 'optional') return optionalOf(fieldType(checker, node, type.element))
  return report(checker, node, {
    code: 'no_matching_overload',
    message: `a value of type ${type.kind} has no fields`,
  })
}
