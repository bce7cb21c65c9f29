import type { Frame } from '../frame.ts'
import { exhausted, spend } from '../frame.ts'
import type { Operand } from '../operand.ts'
import { celError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import { NANOS_PER_SECOND } from '../time-range.ts'
import type { CelDuration, CelTimestamp } from '../value.ts'

/** Looking up a time zone costs far more than an operation; counted as this many steps. */
const ZONE_STEPS = 100

const NANOS_PER_MILLI = 1_000_000n

const floorDivide = (nanos: bigint, by: bigint): bigint => {
  const quotient = nanos / by
  return nanos < 0n && quotient * by !== nanos ? quotient - 1n : quotient
}

const dayOfYear = (date: Date): number => {
  const start = new Date(0)
  start.setUTCFullYear(date.getUTCFullYear(), 0, 1)
  return Math.floor((date.getTime() - start.getTime()) / 86_400_000)
}

/** Parts of a moment on the calendar; a date whose UTC fields are the local ones of the zone. */
const PARTS: readonly (readonly [string, (date: Date) => number])[] = [
  ['getFullYear', (date) => date.getUTCFullYear()],
  ['getMonth', (date) => date.getUTCMonth()],
  ['getDate', (date) => date.getUTCDate()],
  ['getDayOfMonth', (date) => date.getUTCDate() - 1],
  ['getDayOfWeek', (date) => date.getUTCDay()],
  ['getDayOfYear', dayOfYear],
  ['getHours', (date) => date.getUTCHours()],
  ['getMinutes', (date) => date.getUTCMinutes()],
  ['getSeconds', (date) => date.getUTCSeconds()],
  ['getMilliseconds', (date) => date.getUTCMilliseconds()],
]

/** A whole duration in units, also in milliseconds, as the reference counts it. */
const SPANS: readonly (readonly [string, bigint])[] = [
  ['getHours', 3600n * NANOS_PER_SECOND],
  ['getMinutes', 60n * NANOS_PER_SECOND],
  ['getSeconds', NANOS_PER_SECOND],
  ['getMilliseconds', NANOS_PER_MILLI],
]

/** Parts of timestamps, in UTC or in a zone (`Europe/Berlin`, `+02:00`), and of durations. */
export const CALENDAR: readonly Overload[] = [
  ...PARTS.flatMap(([name, part]) => [
    overload(`timestamp.${name}(): int`, (_frame, at: CelTimestamp) =>
      BigInt(part(new Date(Number(floorDivide(at.nanos, NANOS_PER_MILLI))))),
    ),
    overload(`timestamp.${name}(string): int`, (frame, at: CelTimestamp, zone: string) =>
      inZone(frame, at, zone, part),
    ),
  ]),
  ...SPANS.map(([name, unit]) =>
    overload(`duration.${name}(): int`, (_frame, span: CelDuration) => span.nanos / unit),
  ),
]

function inZone(
  frame: Frame,
  at: CelTimestamp,
  zone: string,
  part: (date: Date) => number,
): Operand {
  if (spend(frame, ZONE_STEPS)) return exhausted()
  const millis = Number(floorDivide(at.nanos, NANOS_PER_MILLI))
  const offset = fixedOffset(zone) ?? zoneOffset(millis, zone)
  return offset === undefined
    ? celError(`unknown time zone ${zone}`)
    : BigInt(part(new Date(millis + offset)))
}

function fixedOffset(zone: string): number | undefined {
  const match = /^([+-]?)(\d{1,2}):(\d{2})$/.exec(zone)
  if (match === null) return undefined
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return minutes * 60_000 * (match[1] === '-' ? -1 : 1)
}

/** The offset of a named zone at an instant in milliseconds; undefined when there is no such zone. */
function zoneOffset(millis: number, zone: string): number | undefined {
  if (zone === 'UTC' || zone === '') return 0
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    const name = format.formatToParts(millis).find(({ type }) => type === 'timeZoneName')?.value
    const match = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(name ?? '')
    if (match === null) return undefined
    const [, sign, hours = '0', minutes = '0', rest = '0'] = match
    const seconds = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)
    return seconds * 1000 * (sign === '-' ? -1 : 1)
  } catch {
    return undefined
  }
}
