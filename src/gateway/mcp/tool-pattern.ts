import { RE2JS } from 're2js'

/**
 * What ajv asks of a regular expression. It keeps patterns by their text form, so two that look
 * alike would be taken for one.
 */
export type Pattern = {
  readonly test: (text: string) => boolean
  readonly toString: () => string
}

/**
 * The pattern that zod 4 writes for an email address. It looks ahead, which a linear engine cannot;
 * on texts up to `EMAIL_LENGTH_MAX` the engine of JavaScript takes microseconds for it.
 */
const ZOD_EMAIL =
  "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$"

/** Longer is no address (RFC 5321 §4.5.3.1). */
const EMAIL_LENGTH_MAX = 320

/** A pattern longer than this is not what a person wrote about one argument. */
export const PATTERN_LENGTH_MAX: number = 4096

/**
 * Compiles a `pattern` of a tool's schema for an engine whose time is linear in the text: pattern
 * and text both come from strangers. Throws for what that engine cannot do (look-around,
 * back-references); the tool then cannot be called.
 */
export function compilePattern(source: string): Pattern {
  const toString = (): string => `/${source}/u`
  if (source === ZOD_EMAIL) {
    const email = new RegExp(source, 'u')
    return { test: (text) => text.length <= EMAIL_LENGTH_MAX && email.test(text), toString }
  }
  if (source.length > PATTERN_LENGTH_MAX) throw new Error('the pattern is too long')
  const compiled = RE2JS.compile(RE2JS.translateRegExp(source))
  return { test: (text) => compiled.test(text), toString }
}
