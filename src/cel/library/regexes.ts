import type { Frame } from '../frame.ts'
import { exhausted, spend, spendText } from '../frame.ts'
import { REGEX_EXTRACT_PER_STEP } from '../limits.ts'
import type { CelError, Operand } from '../operand.ts'
import { celError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import type { Regex } from '../regex.ts'
import { regexOf, spendRegex } from '../regex.ts'
import { celOptional } from '../value.ts'

/** The regex extension library. */
export const REGEXES: readonly Overload[] = [
  overload('regex.extract(string, string): optional(string)', extract),
  overload('regex.extractAll(string, string): list(string)', extractAll),
  overload('regex.replace(string, string, string): string', (frame, text, pattern, by) =>
    replace(frame, text, pattern, by, -1n),
  ),
  overload('regex.replace(string, string, string, int): string', replace),
]

/** The compiled pattern with its text's steps taken; at most one group where one is extracted. */
function prepare(
  frame: Frame,
  text: string,
  pattern: string,
  groupsMax: number,
): { readonly regex: Regex } | { readonly error: CelError } {
  const regex = regexOf(frame, pattern)
  if (!('matcher' in regex)) return { error: regex }
  if (spendRegex(frame, regex, text, REGEX_EXTRACT_PER_STEP)) return { error: exhausted() }
  if (regex.groupCount() > groupsMax) {
    return {
      error: celError(
        `regular expression has more than one capturing group: ${JSON.stringify(pattern)}`,
      ),
    }
  }
  return { regex }
}

function extract(frame: Frame, text: string, pattern: string): Operand {
  const prepared = prepare(frame, text, pattern, 1)
  if ('error' in prepared) return prepared.error
  const matcher = prepared.regex.matcher(text)
  if (!matcher.find()) return celOptional(undefined)
  const found = matcher.group(prepared.regex.groupCount())
  return celOptional(found ?? undefined)
}

function extractAll(frame: Frame, text: string, pattern: string): Operand {
  const prepared = prepare(frame, text, pattern, 1)
  if ('error' in prepared) return prepared.error
  const matcher = prepared.regex.matcher(text)
  const all: string[] = []
  while (matcher.find()) {
    if (spend(frame, 1)) return exhausted()
    const found = matcher.group(prepared.regex.groupCount())
    if (found !== null) all.push(found)
  }
  return all
}

function replace(frame: Frame, text: string, pattern: string, by: string, limit: bigint): Operand {
  const prepared = prepare(frame, text, pattern, Number.POSITIVE_INFINITY)
  if ('error' in prepared) return prepared.error
  const pieces = replacementOf(by, prepared.regex.groupCount())
  if (!Array.isArray(pieces)) return pieces
  const matcher = prepared.regex.matcher(text)
  let made = ''
  let at = 0
  let rounds = limit < 0n ? Number.POSITIVE_INFINITY : Number(limit)
  for (; rounds > 0 && matcher.find(); rounds -= 1) {
    const written = pieces
      .map((piece) => (typeof piece === 'string' ? piece : (matcher.group(piece) ?? '')))
      .join('')
    if (spendText(frame, written.length)) return exhausted()
    made += text.slice(at, matcher.start()) + written
    at = matcher.end()
  }
  return made + text.slice(at)
}

/** A replacement as texts and numbers of groups: `\1` is a group, `\\` a backslash. */
function replacementOf(by: string, groups: number): readonly (string | number)[] | CelError {
  const pieces: (string | number)[] = []
  for (const [piece] of by.matchAll(/[^\\]+|\\[\s\S]?/g)) {
    if (!piece.startsWith('\\')) pieces.push(piece)
    else if (piece === '\\\\') pieces.push('\\')
    else if (/^\\\d$/.test(piece)) pieces.push(Number(piece[1]))
    else return celError(`invalid replacement string: '${by}' \\ must be followed by a digit or \\`)
  }
  const missing = pieces.find((piece) => typeof piece === 'number' && piece > groups)
  if (missing === undefined) return pieces
  return celError(
    `replacement string references group ${missing} but regex has only ${groups} group(s)`,
  )
}
