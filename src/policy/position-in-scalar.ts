import type { SourceFile } from './diagnostic.ts'
import { lineOf } from './diagnostic.ts'
import type { YamlScalar } from './yaml-node.ts'

/**
 * Where in the file a place inside a scalar's value stands. `line` and `column` count from 1 inside
 * the value. Exact for scalars on one line and for literal blocks; by line for folded ones.
 */
export function positionInScalar(
  file: SourceFile,
  scalar: YamlScalar,
  line: number,
  column: number,
): number {
  switch (scalar.style) {
    case 'plain':
      return line === 1 ? clamp(scalar, scalar.at + column - 1) : scalar.at
    case 'single_quoted':
      return line === 1
        ? clamp(scalar, skipUnits(file.text, scalar.at + 1, column - 1, quoteLength))
        : scalar.at
    case 'double_quoted':
      return line === 1
        ? clamp(scalar, skipUnits(file.text, scalar.at + 1, column - 1, escapeLength))
        : scalar.at
    case 'block':
      return positionInBlock(file, scalar, line, column)
  }
}

const clamp = (scalar: YamlScalar, at: number): number =>
  Math.min(at, Math.max(scalar.at, scalar.end - 1))

/** Walks `count` characters of the value, each as long in the file as `lengthAt` says. */
function skipUnits(
  text: string,
  start: number,
  count: number,
  lengthAt: (text: string, at: number) => number,
): number {
  let at = start
  for (let i = 0; i < count; i++) at += lengthAt(text, at)
  return at
}

const quoteLength = (text: string, at: number): number => (text.startsWith("''", at) ? 2 : 1)

const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

function escapeLength(text: string, at: number): number {
  if (text[at] !== '\\') return 1
  const letter = text[at + 1] ?? ''
  return 2 + (Object.hasOwn(HEX_DIGITS, letter) ? (HEX_DIGITS[letter] ?? 0) : 0)
}

function positionInBlock(
  file: SourceFile,
  scalar: YamlScalar,
  line: number,
  column: number,
): number {
  const header = lineOf(file, scalar.at)
  const start = file.lineStarts[header + line - 1]
  if (start === undefined) return scalar.at
  const end = file.lineStarts[header + line] ?? file.text.length
  return Math.min(start + blockIndent(file, header) + column - 1, end)
}

/** Spaces that the block takes off each line: those before its first line that is not blank. */
function blockIndent(file: SourceFile, header: number): number {
  const start = file.lineStarts[header] ?? file.text.length
  return /^(?:[ \t]*\r?\n)*( *)/.exec(file.text.slice(start))?.[1]?.length ?? 0
}
