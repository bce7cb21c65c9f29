import { Bug } from '../core/bug.ts'
import { compileGlob, isPattern } from './glob.ts'
import type { NameMatcher } from './release.ts'

/** Compiles names and patterns that were checked when they were read. */
export function nameMatcher(texts: readonly string[]): NameMatcher {
  const patterns = texts.filter(isPattern).map((text) => {
    const glob = compileGlob(text)
    if (glob === null) throw new Bug(`unchecked pattern ${text}`)
    return glob.matches
  })
  return {
    any: texts.some((text) => text === '*' || text === '**'),
    names: new Set(texts.filter((text) => !isPattern(text))),
    patterns,
  }
}

/** Whether a name is among the literal ones or matches a pattern. */
export function matchesName(matcher: NameMatcher, text: string): boolean {
  if (matcher.any || matcher.names.has(text)) return true
  for (const matches of matcher.patterns) if (matches(text)) return true
  return false
}

/** Whether one of the names matches. */
export function matchesAny(matcher: NameMatcher, texts: readonly string[]): boolean {
  for (const text of texts) if (matchesName(matcher, text)) return true
  return false
}
