import { codePointsOf } from '../code-points.ts'
import type { Frame } from '../frame.ts'
import { exhausted, spend, spendText } from '../frame.ts'
import type { Operand } from '../operand.ts'
import { celError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import type { CelList } from '../value.ts'
import { formatText } from './format-text.ts'
import { quoteText } from './quote-text.ts'

const outOfRange = (at: bigint): Operand => celError(`index out of range: ${at}`)

/** A text function whose work is that of reading its text once. */
const reading =
  (run: (text: string) => Operand) =>
  (frame: Frame, text: string): Operand =>
    spendText(frame, text.length) ? exhausted() : run(text)

/** The Unicode white space that `trim` removes. */
const SURROUNDING_SPACE =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g

/** The strings extension library. Positions count code points. */
export const STRINGS: readonly Overload[] = [
  overload('string.charAt(int): string', charAt),
  overload('string.indexOf(string): int', (frame, text, part) => indexOf(frame, text, part, 0n)),
  overload('string.indexOf(string, int): int', indexOf),
  overload('string.lastIndexOf(string): int', (frame, text, part) =>
    lastIndexOf(frame, text, part, null),
  ),
  overload('string.lastIndexOf(string, int): int', lastIndexOf),
  overload('list(string).join(): string', (frame, list) => join(frame, list, '')),
  overload('list(string).join(string): string', join),
  overload(
    'string.lowerAscii(): string',
    reading((text) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  ),
  overload(
    'string.upperAscii(): string',
    reading((text) => text.replace(/[a-z]+/g, (part) => part.toUpperCase())),
  ),
  overload(
    'string.reverse(): string',
    reading((text) => codePointsOf(text).toReversed().join('')),
  ),
  overload(
    'string.trim(): string',
    reading((text) => text.replace(SURROUNDING_SPACE, '')),
  ),
  overload('strings.quote(string): string', reading(quoteText)),
  overload('string.replace(string, string): string', (frame, text, from, to) =>
    replace(frame, text, from, to, -1n),
  ),
  overload('string.replace(string, string, int): string', replace),
  overload('string.split(string): list(string)', (frame, text, separator) =>
    split(frame, text, separator, -1n),
  ),
  overload('string.split(string, int): list(string)', split),
  overload('string.substring(int): string', (frame, text, from) =>
    substring(frame, text, from, null),
  ),
  overload('string.substring(int, int): string', substring),
  overload('string.format(list(dyn)): string', formatText),
]

function charAt(frame: Frame, text: string, at: bigint): Operand {
  if (spendText(frame, text.length)) return exhausted()
  const points = codePointsOf(text)
  return at < 0n || at > BigInt(points.length) ? outOfRange(at) : (points[Number(at)] ?? '')
}

function indexOf(frame: Frame, text: string, part: string, from: bigint): Operand {
  if (spendText(frame, text.length + part.length)) return exhausted()
  if (from < 0n) return outOfRange(from)
  const points = codePointsOf(text)
  if (part === '') return from > BigInt(points.length) ? BigInt(points.length) : from
  if (from >= BigInt(points.length)) return -1n
  const skipped = points.slice(0, Number(from)).join('').length
  const at = text.indexOf(part, skipped)
  return at < 0 ? -1n : BigInt(codePointsOf(text.slice(0, at)).length)
}

function lastIndexOf(frame: Frame, text: string, part: string, from: bigint | null): Operand {
  if (spendText(frame, text.length + part.length)) return exhausted()
  if (from !== null && from < 0n) return outOfRange(from)
  const points = codePointsOf(text)
  const last = from === null ? BigInt(points.length) : from
  if (part === '') return last > BigInt(points.length) ? BigInt(points.length) : last
  if (from !== null && from >= BigInt(points.length)) return -1n
  const until = points.slice(0, Number(last)).join('').length
  const at = text.lastIndexOf(part, until)
  return at < 0 ? -1n : BigInt(codePointsOf(text.slice(0, at)).length)
}

function join(frame: Frame, list: CelList, separator: string): Operand {
  const parts: string[] = []
  let length = 0
  for (const item of list) {
    if (typeof item !== 'string') return celError('no such overload: join(list, string)')
    parts.push(item)
    length += item.length + separator.length
  }
  return spend(frame, list.length) || spendText(frame, length) ? exhausted() : parts.join(separator)
}

function replace(frame: Frame, text: string, from: string, to: string, limit: bigint): Operand {
  if (spendText(frame, text.length)) return exhausted()
  const pieces = from === '' ? ['', ...codePointsOf(text), ''] : text.split(from)
  const rounds = limit < 0n ? pieces.length - 1 : Math.min(Number(limit), pieces.length - 1)
  if (spend(frame, rounds) || spendText(frame, rounds * to.length)) return exhausted()
  const replaced = pieces.slice(0, rounds + 1).join(to)
  const rest = pieces.slice(rounds + 1)
  return rest.length === 0 ? replaced : replaced + from + rest.join(from)
}

function split(frame: Frame, text: string, separator: string, limit: bigint): Operand {
  if (spendText(frame, text.length)) return exhausted()
  if (limit === 0n) return []
  const parts = separator === '' ? [...codePointsOf(text)] : text.split(separator)
  if (spend(frame, parts.length)) return exhausted()
  if (limit < 0n || BigInt(parts.length) <= limit) return parts
  const kept = Number(limit) - 1
  return [...parts.slice(0, kept), parts.slice(kept).join(separator)]
}

function substring(frame: Frame, text: string, from: bigint, to: bigint | null): Operand {
  if (spendText(frame, text.length)) return exhausted()
  const points = codePointsOf(text)
  const size = BigInt(points.length)
  const until = to ?? size
  if (from < 0n || from > size) return outOfRange(from)
  if (until < 0n || until > size) return outOfRange(until)
  if (from > until) return celError(`invalid substring range. start: ${from}, end: ${until}`)
  return points.slice(Number(from), Number(until)).join('')
}
