import type { Json } from '../core/json.ts'
import type { Result } from '../core/result.ts'
import { fail, ok } from '../core/result.ts'
import { VALUE_DEPTH_MAX } from './limits.ts'
import { encodeBase64 } from './base64.ts'
import { cidrText, ipText } from './ip-address.ts'
import { formatDuration, formatTimestamp } from './time-text.ts'
import { typeNameOf } from './type-name.ts'
import type { CelMap, CelObject, CelTagged, CelValue } from './value.ts'
import { celTag, isMap, mapKey, mapPairs } from './value.ts'

/** JSON is a value as it stands: its numbers are doubles, its objects maps with strings as keys. */
export const fromJson = (json: Json): CelValue => json

/**
 * A value as JSON (protobuf's JSON mapping): timestamps and durations as texts, bytes as base64,
 * ints as numbers where a double holds them exactly and as texts beyond, an absent optional as null.
 * Fails for what JSON cannot say, such as a map with two keys of one text, with a sentence.
 */
export const toJson = (value: CelValue): Result<Json, string> => write(value, 0)

function write(value: CelValue, depth: number): Result<Json, string> {
  if (depth > VALUE_DEPTH_MAX) return fail('value is nested too deeply')
  if (typeof value === 'string' || typeof value === 'boolean') return ok(value)
  if (typeof value === 'bigint') {
    return ok(Number.isSafeInteger(Number(value)) ? Number(value) : String(value))
  }
  if (typeof value === 'number') return ok(Number.isFinite(value) ? value : notFiniteText(value))
  if (value === null) return ok(null)
  if (Array.isArray(value)) return writeList(value, depth)
  return isMap(value) ? writeMap(value, depth) : writeTagged(value as CelTagged, depth)
}

/** Doubles that JSON has no number for, as protobuf's JSON mapping writes them. */
function notFiniteText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? 'Infinity' : '-Infinity'
}

function writeList(values: readonly CelValue[], depth: number): Result<Json, string> {
  const written: Json[] = []
  for (const value of values) {
    const item = write(value, depth + 1)
    if (!item.ok) return item
    written.push(item.value)
  }
  return ok(written)
}

function writeMap(map: CelMap | CelObject, depth: number): Result<Json, string> {
  const written: { [key: string]: Json } = Object.create(null)
  for (const [key, value] of mapPairs(map)) {
    const name = keyText(key)
    const item = write(value, depth + 1)
    if (!item.ok) return item
    if (Object.hasOwn(written, name)) return fail(`two keys of a map are written \`${name}\``)
    written[name] = item.value
  }
  return ok(written)
}

/** Keys of every type are texts in JSON. */
const keyText = (key: CelValue): string => String(mapKey(key))

function writeTagged(value: CelTagged, depth: number): Result<Json, string> {
  switch (value[celTag]) {
    case 'uint':
      return write(value.value, depth)
    case 'bytes':
      return ok(encodeBase64(value.bytes))
    case 'timestamp':
      return ok(formatTimestamp(value.nanos))
    case 'duration':
      return ok(formatDuration(value.nanos))
    case 'type':
      return ok(value.name)
    case 'optional':
      return value.value === undefined ? ok(null) : write(value.value, depth + 1)
    case 'map':
      return writeMap(value, depth)
    case 'hierarchy':
      return ok(value.parts)
    case 'spiffe_id':
      return ok(`spiffe://${value.trustDomain}${value.path}`)
    case 'trust_domain':
      return ok(value.name)
    case 'ip':
      return ok(ipText(value.family, value.bits))
    case 'cidr':
      return ok(cidrText(value))
    case 'spiffe_matcher':
      return fail(`a value of type ${typeNameOf(value)} has no form in JSON`)
  }
}
