const SURROGATE = /[\ud800-\udfff]/

/** How many code points a text has: the language counts these, JavaScript counts UTF-16 units. */
export function codePointCount(text: string): number {
  if (!SURROGATE.test(text)) return text.length
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** The code points of a text, so that positions mean what the language says they mean. */
export const codePointsOf = (text: string): readonly string[] =>
  SURROGATE.test(text) ? Array.from(text) : text.split('')
