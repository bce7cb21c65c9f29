import { celDiagnostic, ParseFailure } from './diagnostic.ts'
import type { Token } from './token.ts'
import { encodeUtf8 } from './utf8.ts'
import { celBytes } from './value.ts'

type Piece = { readonly text: string; readonly bytes: readonly number[]; readonly end: number }

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\u0007'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ['?', '?'],
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
])

/** The string or bytes literal that starts at `start` with these prefix letters and quotes. */
export function stringToken(source: string, start: number, opening: string): Token {
  const quotes = opening.replace(/^[rRbB]+/, '')
  const prefix = opening.slice(0, opening.length - quotes.length).toLowerCase()
  const raw = prefix.includes('r')
  const isBytes = prefix.includes('b')
  const texts: string[] = []
  const octets: number[] = []
  let at = start + opening.length
  while (!source.startsWith(quotes, at)) {
    const character = source[at]
    if (character === undefined || (quotes.length === 1 && /[\r\n]/.test(character))) {
      throw failure(
        source,
        start,
        at,
        'unterminated string',
        'a string ends on its line, or use triple quotes',
      )
    }
    const piece =
      character === '\\' && !raw ? escapeAt(source, at, isBytes) : plainAt(source, at, isBytes)
    texts.push(piece.text)
    octets.push(...piece.bytes)
    at = piece.end
  }
  const value = isBytes ? celBytes(Uint8Array.from(octets)) : texts.join('')
  return { kind: 'text', value, start, end: at + quotes.length }
}

function plainAt(source: string, at: number, isBytes: boolean): Piece {
  const text = String.fromCodePoint(source.codePointAt(at) ?? 0)
  return { text, bytes: isBytes ? [...encodeUtf8(text)] : [], end: at + text.length }
}

function escapeAt(source: string, at: number, isBytes: boolean): Piece {
  const letter = source[at + 1] ?? ''
  const simple = SIMPLE_ESCAPES.get(letter)
  if (simple !== undefined) return { text: simple, bytes: [simple.charCodeAt(0)], end: at + 2 }
  const digits = escapeDigits(source, at, letter)
  if (digits === null || (isBytes && /[uU]/.test(letter))) throw badEscape(source, at)
  const code = Number.parseInt(digits.text, digits.base)
  if (isBytes && code <= 255) return { text: '', bytes: [code], end: digits.end }
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw badEscape(source, at)
  return { text: String.fromCodePoint(code), bytes: [], end: digits.end }
}

type Digits = { readonly text: string; readonly base: 8 | 16; readonly end: number }

function escapeDigits(source: string, at: number, letter: string): Digits | null {
  if (/[0-3]/.test(letter)) {
    const text = source.slice(at + 1, at + 4)
    return /^[0-3][0-7]{2}$/.test(text) ? { text, base: 8, end: at + 4 } : null
  }
  const length =
    new Map([
      ['x', 2],
      ['X', 2],
      ['u', 4],
      ['U', 8],
    ]).get(letter) ?? 0
  const text = source.slice(at + 2, at + 2 + length)
  return length > 0 && text.length === length && /^[0-9a-fA-F]+$/.test(text)
    ? { text, base: 16, end: at + 2 + length }
    : null
}

const badEscape = (source: string, at: number): ParseFailure =>
  failure(
    source,
    at,
    at + 2,
    'invalid escape sequence',
    'write a backslash as `\\\\`, or use a raw string: r"..."',
  )

const failure = (
  source: string,
  start: number,
  end: number,
  message: string,
  hint: string,
): ParseFailure =>
  new ParseFailure(celDiagnostic(source, { start, end }, { code: 'syntax', message, hint }))
