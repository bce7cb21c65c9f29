import { invariant } from '../core/bug.ts'
import type { Closure, ClosureContext } from './closure.ts'
import { dispatch } from './dispatch.ts'
import type { Operand } from './operand.ts'
import { halted, isHalt, located } from './operand.ts'
import type { Overload } from './overload.ts'
import { isOptional } from './value.ts'
import { compileRegex, findsRegex } from './regex.ts'
import type { CallNode, Node } from './tree.ts'

export function closureOfCall(context: ClosureContext, node: CallNode): Closure {
  const reference = context.checked.references.get(node.id)
  invariant(reference?.kind === 'call', 'a checked call has a reference')
  const { overloads } = reference
  const args = reference.args.map((arg) => context.compile(context, arg))
  const { start, end } = node
  if (isFallback(overloads)) return closureOfFallback(node, overloads, args)
  const call: Closure = (frame) => {
    const operands: Operand[] = []
    for (const arg of args) operands.push(arg(frame))
    return located(dispatch(frame, overloads, operands), start, end)
  }
  if (overloads[0]?.name !== 'matches') return call
  return closureOfMatches(node, overloads, reference.args[1], args[0]) ?? call
}

/** `o.or(other)` and `o.orValue(other)`, whose argument only counts where there is no value. */
export const isFallback = (overloads: readonly Overload[]): boolean =>
  overloads[0]?.method === true && (overloads[0].name === 'or' || overloads[0].name === 'orValue')

/** The receiver when it decides a fallback by itself, else undefined. */
export function decidedFallback(receiver: Operand, name: string): Operand | undefined {
  if (isHalt(receiver)) return halted(receiver)
  if (!isOptional(receiver) || receiver.value === undefined) return undefined
  return name === 'or' ? receiver : receiver.value
}

function closureOfFallback(
  node: CallNode,
  overloads: readonly Overload[],
  args: readonly Closure[],
): Closure {
  const [receiver, other] = args
  invariant(receiver !== undefined && other !== undefined, 'a fallback has two operands')
  const { name, start, end } = node
  return (frame) => {
    const value = receiver(frame)
    return (
      decidedFallback(value, name) ??
      located(dispatch(frame, overloads, [value, other(frame)]), start, end)
    )
  }
}

/** A literal pattern is compiled once, with the expression. */
function closureOfMatches(
  node: CallNode,
  overloads: readonly Overload[],
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
    return located(dispatch(frame, overloads, [value, literal]), start, end)
  }
}
