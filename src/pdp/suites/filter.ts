import type { Result } from '../../core/result.ts'
import { fail, ok } from '../../core/result.ts'
import type { NameMatcher } from '../../policy/release.ts'
import { compileGlob, isPattern } from '../../policy/glob.ts'
import { matchesName, nameMatcher } from '../../policy/match-names.ts'

const DIMENSIONS = ['suite', 'test', 'principal', 'resource', 'action'] as const

/** What a filter can name. */
export type Dimension = (typeof DIMENSIONS)[number]

/** What to run: names and patterns by dimension; one that is absent leaves nothing out. */
export type SuiteFilter = ReadonlyMap<Dimension, NameMatcher>

/** Runs everything. */
export const NO_FILTER: SuiteFilter = new Map()

/**
 * Reads `suite=a,b*;test=c;principal=d;resource=e;action=f`. Dimensions all have to match, of the
 * names of one dimension any. Fails with a sentence.
 */
export function parseFilter(text: string): Result<SuiteFilter, string> {
  const globs = new Map<Dimension, string[]>()
  for (const part of text.split(';').map((one) => one.trim())) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const dimension = DIMENSIONS.find((name) => name === part.slice(0, equals).trim().toLowerCase())
    if (equals === -1 || dimension === undefined)
      return fail(`\`${part}\` is no filter: write one of ${DIMENSIONS.join('=, ')}= and names`)
    const names = part
      .slice(equals + 1)
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
    const broken = names.find((name) => isPattern(name) && compileGlob(name) === null)
    if (broken !== undefined) return fail(`\`${broken}\` is no pattern: a bracket is left open`)
    if (names.length > 0) globs.set(dimension, [...(globs.get(dimension) ?? []), ...names])
  }
  if (globs.size === 0) return fail('a filter names at least one thing to run')
  return ok(new Map([...globs].map(([dimension, names]) => [dimension, nameMatcher(names)])))
}

/** Whether the filter lets a name of a dimension pass. */
export function passes(filter: SuiteFilter, dimension: Dimension, name: string): boolean {
  const matcher = filter.get(dimension)
  return matcher === undefined || matchesName(matcher, name)
}
