import type { Frame } from './frame.ts'
import type { Operand } from './operand.ts'
import { parseSignature } from './signature.ts'
import type { CelType } from './type.ts'
import type { CelValue } from './value.ts'

/**
 * One form of a function: the types it takes, and how it computes. A method's receiver is its first
 * parameter. `run` gets values whose outer kinds fit the parameters; elements of lists may be anything.
 */
export type Overload = {
  readonly name: string
  readonly method: boolean
  readonly parameters: readonly CelType[]
  readonly result: CelType
  readonly run: (frame: Frame, ...args: CelValue[]) => Operand
}

/**
 * Declares an overload by its signature: `size(string): int` is a function, `string.size(): int` a
 * method, and names with dots (`math.abs(int): int`) are functions too when no type has that name.
 */
export function overload(
  signature: string,
  run: (frame: Frame, ...args: never[]) => Operand,
): Overload {
  return { ...parseSignature(signature), run: run as Overload['run'] }
}

/** The same behaviour as a function `f(a, b)` and as a method `a.f(b)`. */
export const bothForms = (
  name: string,
  parameters: readonly string[],
  result: string,
  run: (frame: Frame, ...args: never[]) => Operand,
): readonly Overload[] => [
  overload(`${name}(${parameters.join(', ')}): ${result}`, run),
  overload(`${parameters[0]}.${name}(${parameters.slice(1).join(', ')}): ${result}`, run),
]
