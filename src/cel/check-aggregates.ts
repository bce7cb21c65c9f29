import { join } from './assignable.ts'
import type { Checker } from './checker.ts'
import { report } from './checker.ts'
import type { ListNode, MapNode, MessageNode, Node } from './tree.ts'
import type { CelType } from './type.ts'
import { DYN, listOf, mapOf, typeText } from './type.ts'

/** The type of an entry; an optional one holds what is inside of its value. */
function entryType(checker: Checker, node: Node, optional: boolean): CelType {
  const type = checker.checkNode(checker, node)
  if (!optional || type.kind === 'dyn') return type
  if (type.kind === 'optional') return type.element
  return report(checker, node, {
    code: 'no_matching_overload',
    message: `an entry with \`?\` needs an optional, and this is of type ${typeText(type)}`,
  })
}

/** One type when all have it; values of several types make a list or map of anything. */
const common = (types: readonly CelType[]): CelType =>
  types.reduce<CelType | null>(
    (so, type) => (so === null ? type : (join(so, type) ?? DYN)),
    null,
  ) ?? DYN

export const checkList = (checker: Checker, node: ListNode): CelType =>
  listOf(common(node.elements.map(({ value, optional }) => entryType(checker, value, optional))))

const KEY_KINDS: ReadonlySet<CelType['kind']> = new Set(['dyn', 'string', 'int', 'uint', 'bool'])

export function checkMap(checker: Checker, node: MapNode): CelType {
  const keys: CelType[] = []
  const values: CelType[] = []
  for (const { key, value, optional } of node.entries) {
    const type = checker.checkNode(checker, key)
    if (!KEY_KINDS.has(type.kind)) {
      report(checker, key, {
        code: 'no_matching_overload',
        message: `a value of type ${typeText(type)} cannot be the key of a map`,
        hint: 'keys are strings, ints, uints or bools',
      })
    }
    keys.push(type)
    values.push(entryType(checker, value, optional))
  }
  return mapOf(common(keys), common(values))
}

/** Messages of protobuf are not part of the language that policies see. */
export function checkMessage(checker: Checker, node: MessageNode): CelType {
  for (const { value } of node.fields) checker.checkNode(checker, value)
  return report(checker, node, {
    code: 'unknown_type',
    message: `\`${node.type}\` is not a type that can be made here`,
    hint: 'a map is written `{"key": value}`',
  })
}
