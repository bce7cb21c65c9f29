/** Where something stands in a text; both count from 1, columns in characters. */
export type Position = { readonly line: number; readonly column: number }

/** Names of members and numbers of entries, from the outermost value inwards. */
export type JsonPath = readonly (string | number)[]

/**
 * Finds the value at a path in a text that was read as JSON, or the key that leads to it. Only
 * for messages: reading keeps no positions, so that a request without mistakes does not pay for them.
 */
export function locateJson(text: string, path: JsonPath, part: 'key' | 'value'): Position {
  let at = space(text, 0)
  for (const [depth, step] of path.entries()) {
    const found = typeof step === 'number' ? entryAt(text, at, step) : memberAt(text, at, step)
    if (found === null) break
    at = part === 'key' && depth === path.length - 1 ? found.key : found.value
  }
  const before = text.slice(0, at)
  const line = before.split('\n')
  return { line: line.length, column: charactersOf(line.at(-1) ?? '') + 1 }
}

/** Characters of Unicode, of which some take two units of a JavaScript text. */
function charactersOf(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return count
}

type Found = { readonly key: number; readonly value: number }

function memberAt(text: string, object: number, name: string): Found | null {
  let at = space(text, object + 1)
  while (text[at] === '"') {
    const end = skipString(text, at)
    const value = space(text, space(text, end) + 1)
    if (JSON.parse(text.slice(at, end)) === name) return { key: at, value }
    at = nextItem(text, value)
  }
  return null
}

function entryAt(text: string, array: number, index: number): Found {
  let at = space(text, array + 1)
  for (let i = 0; i < index; i++) at = nextItem(text, at)
  return { key: at, value: at }
}

/** Over a value and the comma behind it. */
const nextItem = (text: string, value: number): number =>
  space(text, space(text, skipValue(text, value)) + 1)

function skipValue(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '"') at = skipString(text, at) - 1
    else if (char === '{' || char === '[') depth++
    else if ((char === '}' || char === ']') && depth > 0) depth--
    else if (depth === 0 && ',}] \t\r\n'.includes(char)) return at
    if (depth === 0 && '"}]'.includes(char)) return at + 1
  }
  return text.length
}

/** To behind the closing quote. */
function skipString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function space(text: string, start: number): number {
  let at = start
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++
  return at
}
