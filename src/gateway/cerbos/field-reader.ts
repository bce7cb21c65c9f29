import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import type { JsonPath } from './locate-json.ts'

/**
 * A value that has another type than the API gives its field, or a field that the API does not
 * have. It ends the reading and never leaves it.
 */
export class WrongShape extends Error {
  readonly path: JsonPath
  readonly part: 'key' | 'value'
  /** What stands before the position in the message. */
  readonly prefix: string
  constructor(path: JsonPath, part: 'key' | 'value', prefix: string, what: string) {
    super(what)
    this.path = path
    this.part = part
    this.prefix = prefix
  }
}

/** An object, or null where the field is absent or null, which are the same. */
export function objectAt(value: Json | undefined, path: JsonPath): JsonObject | null {
  if (value === undefined || value === null) return null
  return isJsonObject(value) ? value : unexpected(value, path)
}

/** An object that must be there: an entry of a list, or the request itself. */
export const mustBeObject = (value: Json, path: JsonPath): JsonObject =>
  isJsonObject(value) ? value : unexpected(value, path)

export function listAt(value: Json | undefined, path: JsonPath): readonly Json[] {
  if (value === undefined || value === null) return NOTHING
  if (!Array.isArray(value)) return unexpected(value, path)
  return value as readonly Json[]
}

const NOTHING: readonly Json[] = []

export function textAt(value: Json | undefined, path: JsonPath): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : invalid('string', path)
}

/** Texts of a list, where null is none. */
export function textsAt(value: Json | undefined, path: JsonPath): readonly string[] {
  const list = listAt(value, path)
  for (let i = 0; i < list.length; i++)
    if (typeof list[i] !== 'string') return invalid('string', [...path, i])
  return list as readonly string[]
}

export function flagAt(value: Json | undefined, path: JsonPath): boolean {
  if (typeof value === 'boolean') return value
  return value === undefined || value === null ? false : invalid('bool', path)
}

/** The value of a field that has two spellings, of which a request may use one. */
export function eitherOf(object: JsonObject, path: JsonPath, camel: string, snake: string): Json {
  const one = object[camel]
  const other = object[snake]
  if (one !== undefined && other !== undefined)
    throw new WrongShape([...path, snake], 'key', '', `duplicate field "${snake}"`)
  return one ?? other ?? null
}

/** Refuses a field that the API does not have: it could have been meant to change the decision. */
export function closed(object: JsonObject, known: ReadonlySet<string>, path: JsonPath): void {
  for (const key in object)
    if (!known.has(key))
      throw new WrongShape([...path, key], 'key', '', `unknown field "${nameOf(key)}"`)
}

function unexpected(value: Json, path: JsonPath): never {
  throw new WrongShape(path, 'value', 'syntax error ', `unexpected token${tokenOf(value)}`)
}

function invalid(type: string, path: JsonPath): never {
  const field = path.findLast((step) => typeof step === 'string')
  throw new WrongShape(path, 'value', '', `invalid value for ${type} field ${String(field)}`)
}

/** Values are content and are never repeated; what is none may be named. */
function tokenOf(value: Json): string {
  if (Array.isArray(value)) return ' ['
  if (typeof value === 'object' && value !== null) return ' {'
  return typeof value === 'string' || typeof value === 'number' ? '' : ` ${String(value)}`
}

/** A field is named when it looks like a name; anything else could be content. */
const nameOf = (field: string): string => (/^[\w.-]{1,64}$/.test(field) ? field : '?')
