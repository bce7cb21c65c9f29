import type { Json } from '../core/json.ts'
import { compareText } from './compare.ts'

/**
 * JSON text with keys in order and `<`, `>`, `&` escaped, as Go writes it. The depth of the value was
 * bounded when it became JSON.
 */
export function sortedJson(json: Json): string {
  if (typeof json !== 'object' || json === null) return escapeMarkup(JSON.stringify(json))
  if (Array.isArray(json)) return `[${json.map(sortedJson).join(',')}]`
  const pairs = Object.entries(json)
    .toSorted(([left], [right]) => compareText(left, right))
    .map(([key, value]) => `${escapeMarkup(JSON.stringify(key))}:${sortedJson(value)}`)
  return `{${pairs.join(',')}}`
}

const escapeMarkup = (text: string): string =>
  text.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
