import { isTest } from './source-file.ts'
import type { SourceFile } from './source-file.ts'

/**
 * Codes that nothing returns yet, with the issue that brings them. The list only gets shorter: a
 * code that is used must leave it.
 */
export const RESERVED_CODES: ReadonlyMap<string, `#${number}`> = new Map([
  ['approval_mismatch', '#4'],
  ['budget_exhausted', '#4'],
  ['clock_unreliable', '#4'],
  ['delegation_exceeded', '#4'],
])

const HOME = 'src/core/reason.ts'

/** Every code is returned somewhere, or reserved. A `case` only speaks about a code, it makes none. */
export function checkReasons(
  codes: readonly string[],
  reserved: ReadonlyMap<string, `#${number}`>,
  files: readonly SourceFile[],
): readonly string[] {
  const sources = files.filter(
    ({ path }) => path.startsWith('src/') && path !== HOME && !isTest(path),
  )
  const isMade = (code: string): boolean => {
    const literal = new RegExp(`(?<!case )['"]${code}['"]`)
    return sources.some(({ text }) => literal.test(text))
  }
  return [
    ...codes
      .filter((code) => !isMade(code) && !reserved.has(code))
      .map((code) => `${HOME}: \`${code}\` is never returned; use it or reserve it with its issue`),
    ...[...reserved.keys()]
      .filter((code) => isMade(code) || !codes.includes(code))
      .map(
        (code) =>
          `test/tidy/check-reasons.ts: \`${code}\` is no longer reserved, take it off the list`,
      ),
  ]
}
