import { invariant } from '../core/bug.ts'
import type { Closure, ClosureContext } from './closure.ts'
import { dispatch } from './dispatch.ts'
import type { Operand } from './operand.ts'
import { located } from './operand.ts'
import { compileRegex, findsRegex } from './regex.ts'
import type { CallNode, Node } from './tree.ts'

export function closureOfCall(context: ClosureContext, node: CallNode): Closure {
  const reference = context.checked.references.get(node.id)
  invariant(reference?.kind === 'call', 'a checked call has a reference')
  const { overloads } = reference
  const args = reference.args.map((arg) => context.compile(context, arg))
  const { start, end } = node
  const call: Closure = (frame) => {
    const operands: Operand[] = []
    for (const arg of args) operands.push(arg(frame))
    return located(dispatch(frame, overloads, operands), start, end)
  }
  if (overloads[0]?.name !== 'matches') return call
  return closureOfMatches(node, reference.args[1], args[0]) ?? call
}

/** A literal pattern is compiled once, with the expression. */
function closureOfMatches(
  node: CallNode,
  pattern: Node | undefined,
  text: Closure | undefined,
): Closure | null {
  if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string' || text === undefined)
    return null
  const regex = compileRegex(pattern.value)
  if (!regex.ok) return null
  const { start, end } = node
  const literal = pattern.value
  return (frame) => {
    const value = text(frame)
    if (typeof value === 'string') return located(findsRegex(frame, regex.value, value), start, end)
    return located(dispatch(frame, [], [value, literal]), start, end)
  }
}
