import { RE2JS } from 're2js'
import type { Result } from '../core/result.ts'
import { fail, ok } from '../core/result.ts'
import type { Frame } from './frame.ts'
import { exhausted, spend } from './frame.ts'
import { REGEX_LENGTH_MAX, REGEX_SEARCH_PER_STEP } from './limits.ts'
import type { CelError } from './operand.ts'
import { celError } from './operand.ts'

/** A compiled regular expression; matching takes time linear in the text, whatever the pattern. */
export type Regex = ReturnType<typeof RE2JS.compile>

/** Compiles RE2 syntax, or says why it cannot be. */
export function compileRegex(pattern: string): Result<Regex, string> {
  if (pattern.length > REGEX_LENGTH_MAX)
    return fail(`regular expression is longer than ${REGEX_LENGTH_MAX} characters`)
  try {
    return ok(RE2JS.compile(pattern))
  } catch (error) {
    return fail(error instanceof Error ? error.message : 'not a regular expression')
  }
}

/** Compiles a pattern that is only known now, which costs steps by its length. */
export function regexOf(frame: Frame, pattern: string): Regex | CelError {
  if (spend(frame, 8 + pattern.length)) return exhausted()
  const compiled = compileRegex(pattern)
  return compiled.ok ? compiled.value : celError(compiled.error)
}

/** Takes the steps for matching a text, of which so much work counts as one. */
export const spendRegex = (
  frame: Frame,
  regex: Regex,
  text: string,
  workPerStep: number,
): boolean => spend(frame, 1 + Math.floor((text.length * regex.programSize()) / workPerStep))

/** Whether the pattern is found anywhere in the text. */
export const findsRegex = (frame: Frame, regex: Regex, text: string): boolean | CelError =>
  spendRegex(frame, regex, text, REGEX_SEARCH_PER_STEP) ? exhausted() : regex.test(text)
