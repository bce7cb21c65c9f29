import type { Frame } from './frame.ts'
import type { CelError, Operand } from './operand.ts'
import { celError, halted, isHalt } from './operand.ts'
import type { Overload } from './overload.ts'
import type { CelType } from './type.ts'
import { typeNameOf } from './type-name.ts'
import type { CelKind, CelValue } from './value.ts'
import { kindOf } from './value.ts'

/** Calls the first overload whose parameters fit the values; an operand that halted halts the call. */
export function dispatch(
  frame: Frame,
  overloads: readonly Overload[],
  args: readonly Operand[],
): Operand {
  for (const arg of args) if (isHalt(arg)) return halted(arg)
  const values = args as readonly CelValue[]
  for (const candidate of overloads) {
    if (!allFit(candidate.parameters, values)) continue
    return values.length === 1
      ? candidate.run(frame, values[0] ?? null)
      : candidate.run(frame, ...values)
  }
  return unfit(overloads[0]?.name ?? '', values)
}

function allFit(parameters: readonly CelType[], values: readonly CelValue[]): boolean {
  for (let at = 0; at < parameters.length; at++) {
    const type = parameters[at]
    if (type !== undefined && !fits(type, values[at] ?? null)) return false
  }
  return true
}

/** Functions of the standard library whose message names no types, in the reference. */
const PLAIN: ReadonlySet<string> = new Set([
  'contains',
  'startsWith',
  'endsWith',
  'matches',
  'or',
  'orValue',
])

/** The error of a call whose values no overload takes, worded as the reference words it. */
export function unfit(name: string, values: readonly CelValue[]): CelError {
  if (PLAIN.has(name)) return celError('no such overload')
  if (name === 'size') return celError('no such overload: size')
  return celError(`no such overload: ${name}(${values.map(typeNameOf).join(', ')})`)
}

/** Whether the outer kind of a value is that of a type. */
export function fits(type: CelType, value: CelValue): boolean {
  if (type.kind === 'dyn' || type.kind === 'param') return true
  const kind: CelKind = kindOf(value)
  return kind === type.kind
}
