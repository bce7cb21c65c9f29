import { Bug } from './bug.ts'
import type { Json } from './json.ts'

/** Nesting beyond this is a bug of ours: what we read is bounded at 64, and we wrap it a few times. */
export const CANONICAL_DEPTH_MAX: number = 128

/**
 * Writes a value as canonical JSON (RFC 8785): no white space, members sorted by the UTF-16 code
 * units of their names, strings with the fewest escapes, numbers as ECMAScript prints them. Equal
 * values give equal text, which is what digests and commitments are made of.
 *
 * Values come from the strict reader or from us, so a lone surrogate, a number that is not finite,
 * an absent member or nesting beyond `CANONICAL_DEPTH_MAX` is a `Bug`.
 */
export const canonicalJson = (value: Json): string => write(value, 0)

/** A string as canonical JSON (RFC 8785 §3.2.2.2). */
export function canonicalString(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new Bug('canonical json of a lone surrogate')
  return JSON.stringify(text)
}

/** Anything but printable ASCII without quote and backslash; such text is its own canonical form. */
const NEEDS_CARE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/

function write(value: Json, depth: number): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value)
    case 'number':
      if (!Number.isFinite(value)) throw new Bug('canonical json of a number that is not finite')
      return String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth >= CANONICAL_DEPTH_MAX) throw new Bug('canonical json nested too deep')
      return Array.isArray(value)
        ? writeArray(value as readonly Json[], depth + 1)
        : writeObject(value as { readonly [key: string]: Json }, depth + 1)
    case 'undefined':
    case 'bigint':
    case 'function':
    case 'symbol':
      // The types rule these out; a cast somewhere did not.
      throw new Bug(`canonical json of ${typeof value}`)
  }
}

function writeArray(values: readonly Json[], depth: number): string {
  let text = '['
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ','
    text += write(values[i] as Json, depth)
  }
  return `${text}]`
}

function writeObject(object: { readonly [key: string]: Json }, depth: number): string {
  const keys = Object.keys(object)
  if (!isSorted(keys)) keys.sort()
  let text = '{'
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    if (i > 0) text += ','
    text += `${canonicalString(key)}:${write(object[key] as Json, depth)}`
  }
  return `${text}}`
}

/** Our own objects are mostly written in order; comparing is cheaper than sorting again. */
function isSorted(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] as string) > (keys[i] as string)) return false
  }
  return true
}
