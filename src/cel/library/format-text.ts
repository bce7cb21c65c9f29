import { toText } from '../convert.ts'
import type { Frame } from '../frame.ts'
import { exhausted, spend, spendText } from '../frame.ts'
import { VALUE_DEPTH_MAX } from '../limits.ts'
import type { CelError, Operand } from '../operand.ts'
import { celError, isError } from '../operand.ts'
import { compareText } from '../compare.ts'
import { typeNameOf } from '../type-name.ts'
import { encodeUtf8 } from '../utf8.ts'
import type { CelList, CelValue } from '../value.ts'
import { isBytes, isList, isMap, isTypeValue, isUint, kindOf, mapPairs } from '../value.ts'

/** Digits after the point; more than these no double has. */
const PRECISION_MAX = 100

/** `text.format(values)` with the clauses `%s %d %f %e %b %x %X %o %%`. */
export function formatText(frame: Frame, text: string, values: CelList): Operand {
  if (spendText(frame, text.length)) return exhausted()
  const pieces: string[] = []
  let used = 0
  let at = 0
  for (;;) {
    const next = text.indexOf('%', at)
    if (next < 0) break
    pieces.push(text.slice(at, next))
    const clause = /^%(?:\.(\d{1,3}))?(.)/su.exec(text.slice(next, next + 8))
    if (clause === null)
      return celError('could not parse formatting clause: unexpected end of string')
    at = next + clause[0].length
    if (clause[2] === '%') {
      pieces.push('%')
      continue
    }
    const value = values[used]
    if (value === undefined) return celError(`index ${used} out of range`)
    used += 1
    const written = writeClause(frame, clause[2] ?? '', clause[1], value)
    if (typeof written !== 'string') return written
    pieces.push(written)
  }
  pieces.push(text.slice(at))
  return pieces.join('')
}

type Written = string | CelError

function writeClause(
  frame: Frame,
  letter: string,
  precisionText: string | undefined,
  value: CelValue,
): Written {
  const precision = precisionText === undefined ? 6 : Number(precisionText)
  if (precision > PRECISION_MAX)
    return celError(`could not parse formatting clause: precision ${precision} is too large`)
  switch (letter) {
    case 's':
      return writeText(frame, value, 0)
    case 'd':
      return writeDecimal(value)
    case 'f':
      return writeFraction(value, 'fixed-point', (number) => fixedText(number, precision))
    case 'e':
      return writeFraction(value, 'scientific', (number) => exponential(number, precision))
    case 'b':
      return typeof value === 'boolean'
        ? value
          ? '1'
          : '0'
        : writeRadix(value, 2, 'binary', 'ints, uints, and bools')
    case 'o':
      return writeRadix(value, 8, 'octal', 'ints and uints')
    case 'x':
      return writeHex(value)
    case 'X': {
      const written = writeHex(value)
      return typeof written === 'string' ? written.toUpperCase() : written
    }
    default:
      return celError(
        `could not parse formatting clause: unrecognized formatting clause "${letter}"`,
      )
  }
}

const misused = (clause: string, allowed: string, value: CelValue): CelError =>
  celError(
    `error during formatting: ${clause} clause can only be used on ${allowed}, was given ${typeNameOf(value)}`,
  )

const NUMBERS = 'ints, uints, and doubles'

/** Digits after the point with ties to even, as Go rounds; JavaScript rounds them up. */
function fixedText(number: number, precision: number): string {
  if (Math.abs(number) >= 1e21)
    return `${BigInt(number)}${precision === 0 ? '' : '.'}${'0'.repeat(precision)}`
  const rounded = number.toFixed(precision)
  const exact = number.toFixed(PRECISION_MAX)
  const point = exact.length - PRECISION_MAX
  const rest = exact.slice(point + precision)
  const last = Number(
    exact
      .slice(0, point + precision)
      .replace('.', '')
      .at(-1),
  )
  const down = /^50*$/.test(rest) && last % 2 === 0
  return down ? exact.slice(0, point + precision).replace(/\.$/, '') : rounded
}

function exponential(number: number, precision: number): string {
  const [digits = '', power = ''] = number.toExponential(precision).split('e')
  return `${digits}e${power[0]}${power.slice(1).padStart(2, '0')}`
}

function writeFraction(
  value: CelValue,
  clause: string,
  write: (number: number) => string,
): Written {
  const number = isUint(value)
    ? Number(value.value)
    : typeof value === 'bigint'
      ? Number(value)
      : value
  if (typeof number !== 'number') return misused(clause, NUMBERS, value)
  return notFinite(number) ?? write(number)
}

function notFinite(number: number): string | null {
  if (Number.isNaN(number)) return 'NaN'
  if (Number.isFinite(number)) return null
  return number > 0 ? 'Infinity' : '-Infinity'
}

function writeDecimal(value: CelValue): Written {
  if (typeof value === 'bigint') return String(value)
  if (isUint(value)) return String(value.value)
  return typeof value === 'number' ? plainDouble(value) : misused('decimal', NUMBERS, value)
}

function writeRadix(value: CelValue, radix: 2 | 8, clause: string, allowed: string): Written {
  if (typeof value === 'bigint') return value.toString(radix)
  return isUint(value) ? value.value.toString(radix) : misused(clause, allowed, value)
}

function writeHex(value: CelValue): Written {
  if (typeof value === 'bigint') return value.toString(16)
  if (isUint(value)) return value.value.toString(16)
  const bytes = typeof value === 'string' ? encodeUtf8(value) : isBytes(value) ? value.bytes : null
  if (bytes === null) return misused('hex', 'integers, byte buffers, and strings', value)
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('')
}

/** A double without an exponent, as many digits as it takes. */
function plainDouble(number: number): string {
  const special = notFinite(number)
  if (special !== null) return special
  const text = String(number)
  if (!text.includes('e')) return text
  return Math.abs(number) >= 1
    ? BigInt(number).toString()
    : number.toFixed(PRECISION_MAX).replace(/0+$/, '')
}

const TEXT_TYPES =
  'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps'

function writeText(frame: Frame, value: CelValue, depth: number): Written {
  if (spend(frame, 1)) return exhausted()
  if (depth > VALUE_DEPTH_MAX) return celError('value is nested too deeply')
  if (value === null) return 'null'
  if (typeof value === 'number') return plainDouble(value)
  if (typeof value === 'string') return spendText(frame, value.length) ? exhausted() : value
  if (isBytes(value)) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(value.bytes)
  if (isTypeValue(value)) return value.name
  if (isList(value)) return writeItems(frame, value, depth)
  if (isMap(value)) return writePairs(frame, mapPairs(value), depth)
  if (['bool', 'int', 'uint', 'timestamp', 'duration'].includes(kindOf(value))) {
    const text = toText(value)
    return typeof text === 'string'
      ? text
      : isError(text)
        ? text
        : misused('string', TEXT_TYPES, value)
  }
  return misused('string', TEXT_TYPES, value)
}

function writeItems(frame: Frame, values: CelList, depth: number): Written {
  const items: string[] = []
  for (const value of values) {
    const written = writeText(frame, value, depth + 1)
    if (typeof written !== 'string') return written
    items.push(written)
  }
  return `[${items.join(', ')}]`
}

function writePairs(
  frame: Frame,
  pairs: readonly (readonly [CelValue, CelValue])[],
  depth: number,
): Written {
  const items: string[] = []
  for (const pair of pairs) {
    const key = writeText(frame, pair[0], depth + 1)
    if (typeof key !== 'string') return key
    const value = writeText(frame, pair[1], depth + 1)
    if (typeof value !== 'string') return value
    items.push(`${key}: ${value}`)
  }
  return `{${items.toSorted(compareText).join(', ')}}`
}
