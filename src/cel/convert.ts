import { celError, isError } from './operand.ts'
import type { Operand } from './operand.ts'
import { intOf, uintOf } from './arithmetic.ts'
import {
  formatDuration,
  formatTimestamp,
  looksLikeTimestamp,
  parseDuration,
  parseTimestamp,
} from './time-text.ts'
import { NANOS_PER_SECOND, timestampOf } from './time-range.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'
import { typeNameOf } from './type-name.ts'
import type { CelValue } from './value.ts'
import { celBytes, celType, isBytes, isDuration, isTimestamp, isUint } from './value.ts'

const INT64_LIMIT = 2 ** 63
const UINT64_LIMIT = 2 ** 64

const cannotConvert = (value: CelValue, target: string): Operand =>
  celError(`type conversion error from '${typeNameOf(value)}' to '${target}'`)

/** `int(x)`: doubles lose their fraction, texts are decimal, timestamps become whole seconds. */
export function toInt(value: CelValue): Operand {
  if (typeof value === 'bigint') return value
  if (isUint(value)) return intOf(value.value)
  if (typeof value === 'number') {
    const fits = value > -INT64_LIMIT && value < INT64_LIMIT
    return fits ? BigInt(Math.trunc(value)) : celError('integer overflow')
  }
  if (typeof value === 'string') {
    const whole = /^[+-]?[0-9]{1,20}$/.test(value) ? intOf(BigInt(value.replace('+', ''))) : null
    return typeof whole === 'bigint' ? whole : cannotConvert(value, 'int')
  }
  if (isTimestamp(value)) return floorSeconds(value.nanos)
  if (isDuration(value)) return value.nanos
  return cannotConvert(value, 'int')
}

const floorSeconds = (nanos: bigint): bigint => {
  const seconds = nanos / NANOS_PER_SECOND
  return nanos < 0n && seconds * NANOS_PER_SECOND !== nanos ? seconds - 1n : seconds
}

/** `uint(x)`. */
export function toUint(value: CelValue): Operand {
  if (isUint(value)) return value
  if (typeof value === 'bigint') return uintOf(value)
  if (typeof value === 'number') {
    const fits = value > -1 && value < UINT64_LIMIT
    return fits && !Number.isNaN(value)
      ? uintOf(BigInt(Math.trunc(value)))
      : celError('unsigned integer overflow')
  }
  if (typeof value === 'string') {
    return /^[0-9]{1,20}$/.test(value) ? uintOf(BigInt(value)) : cannotConvert(value, 'uint')
  }
  return cannotConvert(value, 'uint')
}

/** `double(x)`. */
export function toDouble(value: CelValue): Operand {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (isUint(value)) return Number(value.value)
  return typeof value === 'string' ? parseDouble(value) : cannotConvert(value, 'double')
}

function parseDouble(text: string): Operand {
  if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) return Number(text)
  if (/^nan$/i.test(text)) return Number.NaN
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text)
  if (infinite === null) return cannotConvert(text, 'double')
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** `bool(x)`: from the texts that the reference accepts. */
export function toBool(value: CelValue): Operand {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return cannotConvert(value, 'bool')
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return true
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)) return false
  return cannotConvert(value, 'bool')
}

/** `bytes(x)`: UTF-8 of a text. */
export function toBytes(value: CelValue): Operand {
  if (typeof value === 'string') return celBytes(encodeUtf8(value))
  return isBytes(value) ? value : cannotConvert(value, 'bytes')
}

/** `string(x)`. */
export function toText(value: CelValue): Operand {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return doubleText(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (isUint(value)) return String(value.value)
  if (isBytes(value))
    return decodeUtf8(value.bytes) ?? celError('invalid UTF-8 in bytes, cannot convert to string')
  if (isTimestamp(value)) return formatTimestamp(value.nanos)
  return isDuration(value) ? formatDuration(value.nanos) : cannotConvert(value, 'string')
}

/** A double in the shortest form, with an exponent from 1e+06 up and below 1e-04, as Go writes it. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const [digits = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (exponent >= -4 && exponent < 6) return String(value)
  const sign = exponent < 0 ? '-' : '+'
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** `timestamp(x)`: RFC 3339 text, or seconds since the epoch. */
export function toTimestamp(value: CelValue): Operand {
  if (isTimestamp(value)) return value
  if (typeof value === 'bigint') return timestampOf(value * NANOS_PER_SECOND)
  if (typeof value !== 'string') return cannotConvert(value, 'google.protobuf.Timestamp')
  if (!looksLikeTimestamp(value))
    return celError(`invalid RFC 3339 timestamp ${JSON.stringify(value)}`)
  return parseTimestamp(value) ?? cannotConvert(value, 'google.protobuf.Timestamp')
}

/** `duration(x)`: text such as `1h30m`, or nanoseconds. */
export function toDuration(value: CelValue): Operand {
  if (isDuration(value)) return value
  if (typeof value !== 'string') return cannotConvert(value, 'google.protobuf.Duration')
  const span = parseDuration(value)
  return span === undefined || isError(span)
    ? cannotConvert(value, 'google.protobuf.Duration')
    : span
}

/** `type(x)`. */
export const typeOf = (value: CelValue): Operand => celType(typeNameOf(value))
