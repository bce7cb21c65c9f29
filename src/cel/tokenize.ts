import { celDiagnostic, ParseFailure } from './diagnostic.ts'
import { stringToken } from './string-token.ts'
import type { Token } from './token.ts'
import type { CelValue } from './value.ts'
import { celUint } from './value.ts'

const SPACE = /(?:[\t\n\f\r ]|\/\/[^\n]*)+/y
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y
const QUOTED_IDENTIFIER = /`([A-Za-z0-9_.\-/ ]+)`/y
const STRING_START = /(?:[rR][bB]?|[bB][rR]?)?(?:"""|'''|"|')/y
const NUMBER =
  /0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+\.[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|[0-9]+[uU]?/y
const SYMBOL = /==|!=|<=|>=|&&|\|\||[-+*/%!<>?:.,()[\]{}]/y

/** Splits an expression into tokens; throws a `ParseFailure` at the first that is none. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = []
  let at = skipSpace(source, 0)
  while (at < source.length) {
    const token = tokenAt(source, at)
    tokens.push(token)
    at = skipSpace(source, token.end)
  }
  tokens.push({ kind: 'end', start: source.length, end: source.length })
  return tokens
}

/** The position is set before every use, so that a pattern remembers nothing from one to the next. */
function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(source)
}

const skipSpace = (source: string, at: number): number =>
  at + (matchAt(SPACE, source, at)?.[0].length ?? 0)

function tokenAt(source: string, start: number): Token {
  const opening = matchAt(STRING_START, source, start)
  if (opening !== null) return stringToken(source, start, opening[0])
  const name = matchAt(IDENTIFIER, source, start)?.[0]
  if (name !== undefined) {
    return { kind: 'identifier', name, quoted: false, start, end: start + name.length }
  }
  const quoted = matchAt(QUOTED_IDENTIFIER, source, start)
  if (quoted?.[1] !== undefined) {
    const end = start + quoted[0].length
    return { kind: 'identifier', name: quoted[1], quoted: true, start, end }
  }
  const text = matchAt(NUMBER, source, start)?.[0]
  if (text !== undefined) return numberToken(source, start, text)
  const symbol = matchAt(SYMBOL, source, start)?.[0]
  if (symbol !== undefined) return { kind: 'symbol', symbol, start, end: start + symbol.length }
  throw new ParseFailure(unexpectedCharacter(source, start))
}

function unexpectedCharacter(source: string, start: number): ReturnType<typeof celDiagnostic> {
  const character = String.fromCodePoint(source.codePointAt(start) ?? 0)
  return celDiagnostic(
    source,
    { start, end: start + character.length },
    {
      code: 'syntax',
      message: `unexpected character \`${character}\``,
      ...hintFor(character),
    },
  )
}

function hintFor(character: string): { readonly hint?: string } {
  if (character === '=') return { hint: 'equality is written `==`' }
  if (character === '&') return { hint: 'logical and is written `&&`' }
  if (character === '|') return { hint: 'logical or is written `||`' }
  return {}
}

function numberToken(source: string, start: number, text: string): Token {
  const end = start + text.length
  const next = matchAt(IDENTIFIER, source, end)
  if (next !== null) {
    const span = { start, end: end + next[0].length }
    const message = `\`${source.slice(span.start, span.end)}\` is not a number`
    throw new ParseFailure(celDiagnostic(source, span, { code: 'syntax', message }))
  }
  return { kind: 'number', text, form: numberForm(text), start, end }
}

function numberForm(text: string): 'int' | 'uint' | 'double' {
  if (/[uU]$/.test(text)) return 'uint'
  return /^0[xX]/.test(text) || /^[0-9]+$/.test(text) ? 'int' : 'double'
}

/** The value of a number token, negated or not; undefined when it is out of the range of its type. */
export function numberValue(
  token: Extract<Token, { readonly kind: 'number' }>,
  negative: boolean,
): CelValue | undefined {
  switch (token.form) {
    case 'double': {
      const value = Number(token.text)
      if (!Number.isFinite(value)) return undefined
      return negative ? -value : value
    }
    case 'uint': {
      const value = BigInt(token.text.slice(0, -1))
      return negative || BigInt.asUintN(64, value) !== value ? undefined : celUint(value)
    }
    case 'int': {
      const value = negative ? -BigInt(token.text) : BigInt(token.text)
      return BigInt.asIntN(64, value) === value ? value : undefined
    }
  }
}
