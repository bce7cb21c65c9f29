/** One element of a pattern: any run of characters within a segment, any one, or one of a class. */
type GlobPart =
  | { readonly kind: 'run' }
  | { readonly kind: 'one'; readonly accepts: (character: string) => boolean }

/**
 * Whether a path matches a glob of Go's `filepath.Match`: `*` and `?` stop at `/`, `[a-z]`, `[^x]`.
 * Null when the pattern cannot be read. Takes time in the product of the lengths at most.
 */
export function matchGlob(pattern: string, path: string): boolean | null {
  const parts = parseGlob(pattern)
  if (parts === null) return null
  const text = Array.from(path)
  let states = new Set(skipRuns(parts, 0))
  for (const character of text) {
    const next = new Set<number>()
    for (const at of states) {
      const part = parts[at]
      if (part === undefined) continue
      if (part.kind === 'run' && character !== '/') next.add(at)
      if (part.kind === 'one' && part.accepts(character))
        for (const to of skipRuns(parts, at + 1)) next.add(to)
      if (part.kind === 'run' && character !== '/')
        for (const to of skipRuns(parts, at)) next.add(to)
    }
    states = next
  }
  return states.has(parts.length)
}

/** The positions that are reached without reading anything. */
function skipRuns(parts: readonly GlobPart[], at: number): readonly number[] {
  const reached = [at]
  for (let next = at; parts[next]?.kind === 'run'; next += 1) reached.push(next + 1)
  return reached
}

function parseGlob(pattern: string): readonly GlobPart[] | null {
  const characters = Array.from(pattern)
  const parts: GlobPart[] = []
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? ''
    if (character === '*') parts.push({ kind: 'run' })
    else if (character === '?') parts.push({ kind: 'one', accepts: (other) => other !== '/' })
    else if (character === '[') {
      const parsed = parseClass(characters, at + 1)
      if (parsed === null) return null
      parts.push(parsed.part)
      at = parsed.last
    } else parts.push({ kind: 'one', accepts: (other) => other === character })
  }
  return parts
}

function parseClass(
  characters: readonly string[],
  start: number,
): { readonly part: GlobPart; readonly last: number } | null {
  const negated = characters[start] === '^'
  const ranges: (readonly [number, number])[] = []
  let at = negated ? start + 1 : start
  while (characters[at] !== ']' || ranges.length === 0) {
    const low = characters[at]?.codePointAt(0)
    if (low === undefined || characters[at] === '-' || characters[at] === ']') return null
    const ranged = characters[at + 1] === '-'
    const high = ranged ? characters[at + 2]?.codePointAt(0) : low
    if (high === undefined || (ranged && characters[at + 2] === ']')) return null
    ranges.push([low, high])
    at += ranged ? 3 : 1
  }
  const within = (code: number): boolean =>
    ranges.some(([low, high]) => low <= code && code <= high)
  const accepts = (character: string): boolean => within(character.codePointAt(0) ?? -1) !== negated
  return { part: { kind: 'one', accepts }, last: at }
}
