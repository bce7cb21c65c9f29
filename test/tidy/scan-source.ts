export type Comment = { readonly line: number; readonly text: string }

/** A source file split into what runs and what is said about it. */
export type Scanned = {
  /** The text with comments, and the insides of strings and regular expressions, made blank. */
  readonly code: string
  readonly comments: readonly Comment[]
}

const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")|(?<word>[\w$]+)|(?<space>\s+)|(?<other>[\s\S])/y
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const TEMPLATE = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|throw|await|yield))$/

/** Positions and line breaks stay where they are, so that findings can name a line. */
export function scanSource(text: string): Scanned {
  const comments: Comment[] = []
  // One entry per open `${`: how many braces are open inside it.
  const templates: number[] = []
  let code = ''
  let last = ''
  let at = 0

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  const keep = (taken: string, shown: string): void => {
    code += shown
    at += taken.length
    if (taken.trim() !== '') last = taken
  }
  const template = (): void => {
    const inside = take(TEMPLATE)?.[0] ?? ''
    keep(inside, blank(inside))
    const opens = text.startsWith('${', at)
    if (opens) templates.push(0)
    keep(text.slice(at, at + (opens ? 2 : 1)), text.slice(at, at + (opens ? 2 : 1)))
    last = opens ? '{' : ')'
  }

  while (at < text.length) {
    const regex = text[at] === '/' && BEFORE_REGEX.test(last) ? take(REGEX) : null
    const token = take(TOKEN)
    const { comment, string, other } = token?.groups ?? {}
    if (comment !== undefined) {
      comments.push({ line: lineAt(text, at), text: comment })
      code += blank(comment)
      at += comment.length
    } else if (regex !== null) {
      keep(regex[0], `/${blank(regex[0].slice(2))}/`)
      last = ')'
    } else if (string !== undefined) {
      keep(string, `${string[0] ?? ''}${blank(string.slice(2))}${string[0] ?? ''}`)
    } else if (other === '`') {
      keep('`', '`')
      template()
    } else if (other === '}' && templates.at(-1) === 0) {
      templates.pop()
      keep('}', '}')
      template()
    } else {
      const open = templates.length - 1
      if (other === '{' && open >= 0) templates[open] = (templates[open] ?? 0) + 1
      if (other === '}' && open >= 0) templates[open] = (templates[open] ?? 0) - 1
      keep(token?.[0] ?? '', token?.[0] ?? '')
    }
  }
  return { code, comments }
}

/** The line of a position, counted from one. */
export const lineAt = (text: string, position: number): number =>
  text.slice(0, position).split('\n').length

const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ')
