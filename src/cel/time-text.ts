import type { Operand } from './operand.ts'
import { durationOf, NANOS_PER_SECOND, timestampOf } from './time-range.ts'

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/** Whether a text has the form of RFC 3339, whatever date it names. */
export const looksLikeTimestamp = (text: string): boolean =>
  text.length <= 64 && RFC_3339.test(text)

/** An instant from RFC 3339 text with up to nine digits of a second; undefined when it is none. */
export function parseTimestamp(text: string): Operand | undefined {
  const seconds = wholeSecondsUtc(text)
  return seconds === null
    ? parseAnyTimestamp(text)
    : timestampOf(BigInt(seconds) * NANOS_PER_SECOND)
}

/** The most common form, `2026-11-21T06:00:00Z`, at a tenth of the cost; null for all others. */
function wholeSecondsUtc(text: string): number | null {
  if (text.length !== 20) return null
  for (let at = 0; at < 20; at++) {
    const code = text.charCodeAt(at)
    const expected = SHAPE.charCodeAt(at)
    if (expected === DIGIT ? code < 48 || code > 57 : code !== expected) return null
  }
  const year = two(text, 0) * 100 + two(text, 2)
  const month = two(text, 5)
  const day = two(text, 8)
  const [hours, minutes, seconds] = [two(text, 11), two(text, 14), two(text, 17)]
  // Days that only some months have, and years that `Date.UTC` takes for others, go the long way.
  if (year < 100 || month < 1 || month > 12 || day < 1 || day > 28) return null
  if (hours > 23 || minutes > 59 || seconds > 59) return null
  return Date.UTC(year, month - 1, day, hours, minutes, seconds) / 1000
}

const SHAPE = '0000-00-00T00:00:00Z'
const DIGIT = 48

const two = (text: string, at: number): number =>
  text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * DIGIT

function parseAnyTimestamp(text: string): Operand | undefined {
  const match = text.length > 64 ? null : RFC_3339.exec(text)
  if (match === null || /[tz]/.test(text)) return undefined
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = '',
    sign,
    zoneHour = 0,
    zoneMinute = 0,
  ] = match
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  const clock = [Number(hour), Number(minute), Number(second), Number(zoneHour), Number(zoneMinute)]
  const [hours = 0, minutes = 0, seconds = 0, awayHours = 0, awayMinutes = 0] = clock
  if (!exists || hours > 23 || minutes > 59 || seconds > 59 || awayHours > 23 || awayMinutes > 59) {
    return undefined
  }
  date.setUTCHours(hours, minutes, seconds)
  const away = BigInt((awayHours * 60 + awayMinutes) * 60) * (sign === '-' ? -1n : 1n)
  const whole = BigInt(date.getTime() / 1000) - away
  return timestampOf(whole * NANOS_PER_SECOND + BigInt(fraction.padEnd(9, '0')))
}

/** RFC 3339 in UTC, with as many digits of a second as are not zero. */
export function formatTimestamp(nanos: bigint): string {
  const fraction = ((nanos % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND
  const seconds = (nanos - fraction) / NANOS_PER_SECOND
  const date = new Date(Number(seconds) * 1000)
  const year = String(date.getUTCFullYear()).padStart(4, '0')
  const rest = date.toISOString().replace(/^[+-]?\d+(-\d\d-\d\dT\d\d:\d\d:\d\d)\..*$/, '$1')
  return `${year}${rest}${fractionText(fraction)}Z`
}

const fractionText = (nanos: bigint): string =>
  nanos === 0n ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`

const UNIT_NANOS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1000n],
  ['µs', 1000n],
  ['μs', 1000n],
  ['ms', 1_000_000n],
  ['s', NANOS_PER_SECOND],
  ['m', 60n * NANOS_PER_SECOND],
  ['h', 3600n * NANOS_PER_SECOND],
])

/** A span of time from text such as `1h30m`, `-1.5s` or `100ms`; undefined when it is none. */
export function parseDuration(text: string): Operand | undefined {
  const match =
    text.length > 128
      ? null
      : /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text)
  if (match === null) return undefined
  let nanos = 0n
  for (const [, whole = '', fraction = '', unit = ''] of (match[2] ?? '').matchAll(
    /(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g,
  )) {
    const size = UNIT_NANOS.get(unit) ?? 0n
    nanos += BigInt(whole || '0') * size
    nanos += (BigInt(fraction || '0') * size) / 10n ** BigInt(fraction.length)
  }
  return durationOf(match[1] === '-' ? -nanos : nanos)
}

/** A span of time in seconds, for example `5400s` or `-1.5s`. */
export function formatDuration(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos
  const text = `${size / NANOS_PER_SECOND}${fractionText(size % NANOS_PER_SECOND)}s`
  return nanos < 0n ? `-${text}` : text
}
