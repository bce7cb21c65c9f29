import type { Overload } from './overload.ts'
import type { CelType } from './type.ts'
import { DYN } from './type.ts'

/** What an expression may name: variables with their types, and functions by name. */
export type CelEnvironment = {
  readonly variables: ReadonlyMap<string, CelType>
  readonly functions: ReadonlyMap<string, readonly Overload[]>
}

/** An environment of variables over libraries of functions. */
export function celEnvironment(
  variables: Iterable<readonly [string, CelType]>,
  libraries: readonly (readonly Overload[])[],
): CelEnvironment {
  const functions = new Map<string, Overload[]>()
  for (const overload of libraries.flat()) {
    const known = functions.get(overload.name)
    if (known === undefined) functions.set(overload.name, [overload])
    else known.push(overload)
  }
  return { variables: new Map(variables), functions }
}

/** Variables whose values may be anything. */
export const dynamicVariables = (
  names: readonly string[],
): readonly (readonly [string, CelType])[] => names.map((name) => [name, DYN])
