import type { Variables } from './frame.ts'
import type { CelPartial, CelUnknown, Operand } from './operand.ts'
import { isHalt, partialMap, UNKNOWN } from './operand.ts'
import { isMap } from './value.ts'

/**
 * The same variables with some paths unknown: `[['R', 'attr', 'args']]` hides everything under
 * `R.attr.args`, and what reads it, or uses `R` or `R.attr` whole, becomes unknown. A path through
 * something that is no map hides that whole thing.
 */
export function markUnknown(
  variables: Variables,
  paths: readonly (readonly string[])[],
): Variables {
  const marked: { [name: string]: Variables[string] } = Object.assign(
    Object.create(null),
    variables,
  )
  for (const [name, ...rest] of paths) {
    if (name === undefined) continue
    const value = Object.hasOwn(marked, name) ? marked[name] : undefined
    marked[name] = hide(typeof value === 'function' ? value() : value, rest)
  }
  return marked
}

function hide(operand: Operand | undefined, path: readonly string[]): CelUnknown | CelPartial {
  const [field, ...rest] = path
  if (field === undefined || operand === undefined) return UNKNOWN
  const partial = asPartial(operand)
  if (partial === null) return UNKNOWN
  const before = partial.hidden.get(field)
  const known = isMap(partial.known) ? (partial.known as { readonly [key: string]: Operand }) : {}
  const inner = before ?? (Object.hasOwn(known, field) ? known[field] : undefined)
  return partialMap(partial.known, new Map([...partial.hidden, [field, hide(inner, rest)]]))
}

function asPartial(operand: Operand): CelPartial | null {
  if (!isHalt(operand)) return isMap(operand) ? partialMap(operand, new Map()) : null
  return 'hidden' in operand ? operand : null
}
