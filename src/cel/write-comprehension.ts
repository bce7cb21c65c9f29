import { invariant } from '../core/bug.ts'
import type { CodeWriter } from './code-writer.ts'
import { constant, hold, line, locatedCall, temporary, writeFunction } from './code-writer.ts'
import type { ComprehensionNode } from './tree.ts'

/** The parts of a loop are functions over the frame, declared once per program. */
export function writeComprehension(writer: CodeWriter, node: ComprehensionNode): string {
  const range = hold(writer, writer.write(writer, node.range))
  const slots = writer.checked.slots.get(node.id)
  invariant(slots !== undefined, 'a comprehension has slots')
  const guard = node.guard === null ? 'null' : writeFunction(writer, node.guard)
  const body = writeFunction(writer, node.body)
  const loop = temporary(writer)
  const parts = `macro: ${constant(writer, node.macro)}, slots: ${constant(writer, slots)}, guard: ${guard}, body: ${body}`
  writer.declarations.push(`const ${loop} = { ${parts} }`)
  const slow = locatedCall(writer, node, `comprehend(frame, ${loop}, ${range})`)
  const [slot, second] = slots
  const decisive = node.macro === 'all' ? false : node.macro === 'exists' ? true : null
  if (decisive === null || slot === undefined || second !== undefined) return hold(writer, slow)
  return writeQuantifier(writer, node, { range, slot, body, decisive, slow })
}

/** `all` and `exists` over the elements of a list, the loop that most conditions need. */
function writeQuantifier(
  writer: CodeWriter,
  node: ComprehensionNode,
  parts: {
    readonly range: string
    readonly slot: number
    readonly body: string
    readonly decisive: boolean
    readonly slow: string
  },
): string {
  const { range, slot, body, decisive, slow } = parts
  const result = hold(writer, String(!decisive))
  const seen = hold(writer, 'null')
  const at = temporary(writer)
  const value = temporary(writer)
  line(writer, `if (isArray(${range})) {`)
  line(writer, `for (let ${at} = 0; ${at} < ${range}.length; ${at} += 1) {`)
  line(writer, `frame.locals[${slot}] = ${range}[${at}] ?? null`)
  line(writer, `if (spend(frame, 1)) { ${result} = exhausted(); ${seen} = null; break }`)
  line(writer, `const ${value} = ${body}(frame)`)
  line(writer, `if (${value} === ${decisive}) { ${result} = ${decisive}; ${seen} = null; break }`)
  line(writer, `if (${value} !== ${!decisive}) ${seen} = undecided(${seen}, ${value})`)
  line(writer, '}')
  line(writer, `if (${seen} !== null) ${result} = ${seen}`)
  line(
    writer,
    `if (typeof ${result} !== 'boolean') ${result} = ${locatedCall(writer, node, result)}`,
  )
  line(writer, `} else ${result} = ${slow}`)
  return result
}
