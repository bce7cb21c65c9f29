/**
 * Patterns over names of which `:` separates the parts: `*` stops at `:`, `**` crosses it, and a
 * lone `*` means `**`. A text is a pattern only if it contains `*`; then `?` stands for one
 * character of a part, `[ab]`, `[!ab]` and `[a-z]` for one of a set, `{a,b}` for alternatives, and
 * `\` takes the next character literally.
 */
export type Glob = { readonly pattern: string; readonly matches: (text: string) => boolean }

/** Whether a name stands for others: only `*` makes a pattern. */
export const isPattern = (text: string): boolean => text.includes('*')

/** Null when the pattern is malformed (an open bracket or brace). */
export function compileGlob(pattern: string): Glob | null {
  if (pattern === '*' || pattern === '**') return { pattern, matches: () => true }
  const prefix = simplePrefix(pattern)
  if (prefix !== null) {
    return {
      pattern,
      matches: (text) => text.startsWith(prefix) && !text.includes(':', prefix.length),
    }
  }
  const parts = parseParts(pattern)
  return parts === null ? null : { pattern, matches: (text) => matchParts(parts, text) }
}

/** `view:*` and the like, which nearly all patterns are. */
function simplePrefix(pattern: string): string | null {
  const prefix = pattern.slice(0, -1)
  return pattern.endsWith('*') && !/[*?[\]{}\\]/.test(prefix) ? prefix : null
}

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'any_across' }
  | { readonly kind: 'one' }
  | {
      readonly kind: 'set'
      readonly negated: boolean
      readonly ranges: readonly (readonly [string, string])[]
    }
  | { readonly kind: 'alternatives'; readonly options: readonly (readonly Part[])[] }

type Cursor = { readonly text: string; at: number }

function parseParts(pattern: string): readonly Part[] | null {
  const cursor: Cursor = { text: pattern, at: 0 }
  const parts = parseSequence(cursor, false)
  return parts !== null && cursor.at === pattern.length ? parts : null
}

function parseSequence(cursor: Cursor, inBraces: boolean): readonly Part[] | null {
  const parts: Part[] = []
  while (cursor.at < cursor.text.length) {
    const character = cursor.text[cursor.at] ?? ''
    if (inBraces && (character === ',' || character === '}')) return parts
    const part = parsePart(cursor, character)
    if (part === null) return null
    parts.push(part)
  }
  return inBraces ? null : parts
}

function parsePart(cursor: Cursor, character: string): Part | null {
  switch (character) {
    case '*': {
      const across = cursor.text[cursor.at + 1] === '*'
      while (cursor.text[cursor.at] === '*') cursor.at++
      return { kind: across ? 'any_across' : 'any' }
    }
    case '?':
      cursor.at++
      return { kind: 'one' }
    case '[':
      return parseSet(cursor)
    case '{':
      return parseAlternatives(cursor)
    case '\\':
      cursor.at += 2
      return cursor.at > cursor.text.length
        ? null
        : { kind: 'text', text: cursor.text[cursor.at - 1] ?? '' }
    default:
      cursor.at++
      return { kind: 'text', text: character }
  }
}

function parseSet(cursor: Cursor): Part | null {
  const end = cursor.text.indexOf(']', cursor.at)
  if (end === -1) return null
  let inside = cursor.text.slice(cursor.at + 1, end)
  cursor.at = end + 1
  const negated = inside.startsWith('!')
  if (negated) inside = inside.slice(1)
  if (inside === '') return null
  const range = /^(.)-(.)$/su.exec(inside)
  const ranges: (readonly [string, string])[] =
    range === null
      ? Array.from(inside, (one) => [one, one] as const)
      : [[range[1] ?? '', range[2] ?? '']]
  return { kind: 'set', negated, ranges }
}

function parseAlternatives(cursor: Cursor): Part | null {
  const options: (readonly Part[])[] = []
  do {
    cursor.at++
    const option = parseSequence(cursor, true)
    if (option === null) return null
    options.push(option)
  } while (cursor.text[cursor.at] === ',')
  if (cursor.text[cursor.at] !== '}') return null
  cursor.at++
  return { kind: 'alternatives', options }
}

/**
 * Runs the pattern over all positions at once: the set of places in `text` that each part can end
 * at. Time is bounded by pattern times text, whatever the pattern.
 */
function matchParts(parts: readonly Part[], text: string): boolean {
  return advance(parts, text, new Set([0])).has(text.length)
}

function advance(
  parts: readonly Part[],
  text: string,
  starts: ReadonlySet<number>,
): ReadonlySet<number> {
  let current = starts
  for (const part of parts) {
    if (current.size === 0) return current
    current = step(part, text, current)
  }
  return current
}

function step(part: Part, text: string, starts: ReadonlySet<number>): ReadonlySet<number> {
  const ends = new Set<number>()
  switch (part.kind) {
    case 'any':
    case 'any_across':
      for (const start of starts) {
        for (let end = start; end <= text.length; end++) {
          if (end > start && (ends.has(end) || (part.kind === 'any' && text[end - 1] === ':')))
            break
          ends.add(end)
        }
      }
      return ends
    case 'alternatives':
      for (const option of part.options)
        for (const end of advance(option, text, starts)) ends.add(end)
      return ends
    case 'text':
      for (const start of starts)
        if (text.startsWith(part.text, start)) ends.add(start + part.text.length)
      return ends
    case 'one':
    case 'set':
      for (const start of starts) {
        const point = text.codePointAt(start)
        if (point === undefined) continue
        const character = String.fromCodePoint(point)
        if (takes(part, character)) ends.add(start + character.length)
      }
      return ends
  }
}

function takes(part: Extract<Part, { kind: 'one' | 'set' }>, character: string): boolean {
  if (part.kind === 'one') return character !== ':'
  const inside = part.ranges.some(([low, high]) => character >= low && character <= high)
  return inside !== part.negated
}
