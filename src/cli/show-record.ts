import type { Flat } from '../audit/flat.ts'
import type { Json } from '../core/json.ts'
import type { ShownRecord } from '../store/open-ledger.ts'
import type { Terminal } from './terminal.ts'

/** A value of a record for people; what was erased says so. */
export function textOf(value: Json): string {
  if (value === null) return '-'
  if (typeof value === 'string') return harmless(value)
  if (typeof value === 'object' && !Array.isArray(value) && 'erased' in value) return '(erased)'
  return JSON.stringify(value)
}

/** Agents choose some of this text: it must not move the cursor, colour the screen or reorder a line. */
const harmless = (text: string): string =>
  text.replace(
    // oxlint-disable-next-line no-control-regex -- control characters are what it removes
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** One record as one line: when, what was decided, who, what on what, and why. */
export function recordLine(terminal: Terminal, { index, record }: ShownRecord): string {
  const { colors } = terminal
  const time = colors.dim(record.timestamp.slice(11, 23))
  const mark = markOf(terminal, record)
  const who = textOf(record.principal)
  const what =
    record.action === null ? record.type : `${textOf(record.action)} ${resourceOf(record)}`
  const why = record.reason === null ? '' : colors.dim(` ${record.reason}`)
  return `${String(index).padStart(5)}  ${time}  ${mark}  ${who.padEnd(20)} ${what}${why}`
}

function markOf({ colors }: Terminal, record: Flat): string {
  if (record.type === 'outcome') return colors.dim(record.effect.padEnd(9))
  if (record.decision === 'allow') return colors.green('allow    ')
  if (record.decision === 'deny') return colors.red('deny     ')
  return colors.dim(record.effect.padEnd(9))
}

/** `<kind> <id>`, with the id only where it says more than the action does. */
export function resourceOf(record: Flat): string {
  const { resource } = record
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource)) return ''
  if ('erased' in resource) return '(erased)'
  const { kind, id } = resource as { readonly kind?: Json; readonly id?: Json }
  return `${textOf(kind ?? null)} ${textOf(id ?? null)}`
}
