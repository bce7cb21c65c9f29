import type { Operand } from '../operand.ts'
import { celError, isError, isHalt, UNKNOWN } from '../operand.ts'
import type { ListNode, MapNode, Node } from '../tree.ts'
import type { CelValue } from '../value.ts'
import { celMap, isOptional, isUint } from '../value.ts'
import { same, shownKey } from './naive-operators.ts'

/** Lists and maps, entry by entry. */
export function naiveAggregate(
  node: ListNode | MapNode,
  interpretNode: (node: Node) => Operand,
): Operand {
  if (node.kind === 'list') {
    const values: CelValue[] = []
    for (const { value, optional } of node.elements) {
      const item = interpretNode(value)
      if (isHalt(item)) return isError(item) ? item : UNKNOWN
      if (optional && !isOptional(item)) return celError('no such overload')
      if (!optional) values.push(item)
      else if (isOptional(item) && item.value !== undefined) values.push(item.value)
    }
    return values
  }
  const pairs: (readonly [CelValue, CelValue])[] = []
  for (const { key, value, optional } of node.entries) {
    const [name, item] = [interpretNode(key), interpretNode(value)]
    if (isHalt(name)) return isError(name) ? name : UNKNOWN
    if (isHalt(item)) return isError(item) ? item : UNKNOWN
    if (!['string', 'boolean', 'bigint'].includes(typeof name) && !isUint(name))
      return celError('unsupported key type')
    if (pairs.some(([other]) => same(other, name))) {
      return celError(`insert failed: key ${shownKey(name)} already exists`)
    }
    if (optional && !isOptional(item)) return celError('no such overload')
    if (!optional) pairs.push([name, item])
    else if (isOptional(item) && item.value !== undefined) pairs.push([name, item.value])
  }
  return celMap(pairs)
}
