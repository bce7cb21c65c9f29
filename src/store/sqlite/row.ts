import type { SQLOutputValue } from 'node:sqlite'
import { invariant } from '../../core/bug.ts'

/** A row as the driver returns it. */
export type Row = Readonly<Record<string, SQLOutputValue>>

// The tables are STRICT, so a column that has another type than the one asked for is our mistake.

export function textOf(row: Row, column: string): string {
  const value = row[column]
  invariant(typeof value === 'string', `column ${column} holds text`)
  return value
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column)
}

export function wholeOf(row: Row, column: string): number {
  const value = row[column]
  invariant(typeof value === 'number', `column ${column} holds a number`)
  return value
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column]
  invariant(value instanceof Uint8Array, `column ${column} holds bytes`)
  return value
}
