import { invariant } from '../core/bug.ts'
import { isFallback } from './closure-call.ts'
import type { CodeWriter } from './code-writer.ts'
import { constant, hold, line, locatedCall } from './code-writer.ts'
import type { Overload } from './overload.ts'
import { compileRegex } from './regex.ts'
import type { CallNode, Node } from './tree.ts'

export function writeCall(writer: CodeWriter, node: CallNode): string {
  const reference = writer.checked.references.get(node.id)
  invariant(reference?.kind === 'call', 'a checked call has a reference')
  const { overloads, args } = reference
  const forms = constant(writer, overloads)
  if (isFallback(overloads)) return writeFallback(writer, node, forms, args)
  const operands = args.map((arg) => hold(writer, writer.write(writer, arg)))
  const slow = locatedCall(writer, node, `dispatch(frame, ${forms}, [${operands.join(', ')}])`)
  const fast =
    matchesForm(writer, node, overloads, operands) ?? textForm(writer, node, overloads, operands)
  return hold(writer, fast === null ? slow : `${fast} : ${slow}`)
}

/** A literal pattern is compiled once, with the expression. */
function matchesForm(
  writer: CodeWriter,
  node: CallNode,
  overloads: readonly Overload[],
  operands: readonly string[],
): string | null {
  if (overloads[0]?.name !== 'matches') return null
  const pattern = node.args.at(-1)
  if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string') return null
  const regex = compileRegex(pattern.value)
  if (!regex.ok) return null
  const call = `findsRegex(frame, ${constant(writer, regex.value)}, ${operands[0]})`
  return `typeof ${operands[0]} === 'string' ? ${locatedCall(writer, node, call)}`
}

/** A function of texts only is called without looking for its overload. */
function textForm(
  writer: CodeWriter,
  node: CallNode,
  overloads: readonly Overload[],
  operands: readonly string[],
): string | null {
  const [only, ...others] = overloads
  if (only === undefined || others.length > 0 || operands.length === 0) return null
  if (only.parameters.some(({ kind }) => kind !== 'string')) return null
  const tests = operands.map((operand) => `typeof ${operand} === 'string'`).join(' && ')
  const call = `${constant(writer, only.run)}(frame, ${operands.join(', ')})`
  return `${tests} ? ${locatedCall(writer, node, call)}`
}

function writeFallback(
  writer: CodeWriter,
  node: CallNode,
  forms: string,
  args: readonly Node[],
): string {
  const [receiver, other] = args
  invariant(receiver !== undefined && other !== undefined, 'a fallback has two operands')
  const value = hold(writer, writer.write(writer, receiver))
  const result = hold(writer, `decidedFallback(${value}, ${constant(writer, node.name)})`)
  line(writer, `if (${result} === undefined) {`)
  const call = `dispatch(frame, ${forms}, [${value}, ${writer.write(writer, other)}])`
  line(writer, `${result} = ${locatedCall(writer, node, call)}`)
  line(writer, '}')
  return result
}
