import { constantList } from './closure-aggregates.ts'
import type { CodeWriter } from './code-writer.ts'
import { constant, hold, line, locatedCall, temporary } from './code-writer.ts'
import type { ListNode, MapNode } from './tree.ts'

export function writeList(writer: CodeWriter, node: ListNode): string {
  const values = constantList(node)
  if (values !== null) return constant(writer, values)
  const list = temporary(writer)
  const result = hold(writer, 'null')
  line(writer, `${result}_: {`)
  line(writer, `const ${list} = []`)
  for (const { value, optional } of node.elements) {
    const halt = hold(writer, `pushElement(${list}, ${writer.write(writer, value)}, ${optional})`)
    line(
      writer,
      `if (${halt} !== null) { ${result} = ${locatedCall(writer, node, halt)}; break ${result}_ }`,
    )
  }
  line(writer, `${result} = ${list}`)
  line(writer, '}')
  return result
}

export function writeMap(writer: CodeWriter, node: MapNode): string {
  const entries = temporary(writer)
  const result = hold(writer, 'null')
  line(writer, `${result}_: {`)
  line(writer, `const ${entries} = new Map()`)
  for (const { key, value, optional } of node.entries) {
    const at = hold(writer, writer.write(writer, key))
    const put = `putEntry(${entries}, ${at}, ${writer.write(writer, value)}, ${optional})`
    const halt = hold(writer, put)
    line(
      writer,
      `if (${halt} !== null) { ${result} = ${locatedCall(writer, node, halt)}; break ${result}_ }`,
    )
  }
  line(writer, `${result} = mapOf(${entries})`)
  line(writer, '}')
  return result
}
