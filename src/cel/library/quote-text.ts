const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\u0007', String.raw`\a`],
  ['\b', String.raw`\b`],
  ['\f', String.raw`\f`],
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
  ['\v', String.raw`\v`],
  ['\\', '\\\\'],
  ['"', String.raw`\"`],
])

/** A text as a literal of the language; what is no character becomes U+FFFD. */
export const quoteText = (text: string): string =>
  `"${Array.from(text.toWellFormed(), (character) => ESCAPES.get(character) ?? character).join('')}"`
