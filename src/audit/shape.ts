import { isDigest } from '../core/digest.ts'
import { isName } from '../core/ids.ts'
import { isJsonObject, type Json } from '../core/json.ts'

/** What a value may look like: checked on every leaf, and written out as JSON Schema. */
export type Shape =
  | { readonly kind: 'const'; readonly value: string }
  | { readonly kind: 'code'; readonly of: readonly string[] }
  | { readonly kind: 'uuid' | 'time' | 'name' | 'digest' | 'commitment' | 'handle' | 'text' }
  | { readonly kind: 'whole' | 'number' }
  | { readonly kind: 'list'; readonly of: Shape; readonly max: number }
  | { readonly kind: 'object'; readonly of: { readonly [name: string]: Shape } }
  | { readonly kind: 'nullable'; readonly of: Shape }
  | { readonly kind: 'either'; readonly of: readonly [Shape, Shape] }

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const COMMITMENT = /^salted-sha256:[A-Za-z0-9_-]{43}$/
const HANDLE = /^h_[A-Za-z0-9_-]{22}$/
const NAME_TEXT = '^[a-z][a-z0-9_-]{0,62}$'

/** Whether a value has the shape; objects are closed, so an unknown member does not fit. */
export function fits(shape: Shape, value: Json | undefined): boolean {
  if (value === undefined) return false
  switch (shape.kind) {
    case 'const':
      return value === shape.value
    case 'code':
      return typeof value === 'string' && shape.of.includes(value)
    case 'whole':
      return Number.isSafeInteger(value) && (value as number) >= 0
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'list':
      return (
        Array.isArray(value) &&
        value.length <= shape.max &&
        value.every((item: Json) => fits(shape.of, item))
      )
    case 'object':
      return isJsonObject(value) && fitsObject(shape.of, value)
    case 'nullable':
      return value === null || fits(shape.of, value)
    case 'either':
      return fits(shape.of[0], value) || fits(shape.of[1], value)
    case 'uuid':
    case 'time':
    case 'name':
    case 'digest':
    case 'commitment':
    case 'handle':
    case 'text':
      return typeof value === 'string' && fitsText(shape.kind, value)
  }
}

function fitsObject(
  of: { readonly [name: string]: Shape },
  value: { readonly [key: string]: Json },
): boolean {
  const names = Object.keys(of)
  return (
    Object.keys(value).length === names.length &&
    names.every((name) => Object.hasOwn(value, name) && fits(of[name] as Shape, value[name]))
  )
}

type TextKind = 'uuid' | 'time' | 'name' | 'digest' | 'commitment' | 'handle' | 'text'

function fitsText(kind: TextKind, value: string): boolean {
  switch (kind) {
    case 'uuid':
      return UUID.test(value)
    case 'time':
      return TIME.test(value)
    case 'name':
      return isName(value)
    case 'digest':
      return isDigest(value)
    case 'commitment':
      return COMMITMENT.test(value)
    case 'handle':
      return HANDLE.test(value)
    case 'text':
      return value.isWellFormed()
  }
}

/** The shape in JSON Schema 2020-12. */
export function schemaOf(shape: Shape): Json {
  switch (shape.kind) {
    case 'const':
      return { const: shape.value }
    case 'code':
      return { enum: [...shape.of] }
    case 'whole':
      return { type: 'integer', minimum: 0 }
    case 'number':
      return { type: 'number' }
    case 'list':
      return { type: 'array', items: schemaOf(shape.of), maxItems: shape.max }
    case 'object':
      return closedObject(shape.of)
    case 'nullable':
      return { anyOf: [schemaOf(shape.of), { type: 'null' }] }
    case 'either':
      return { anyOf: [schemaOf(shape.of[0]), schemaOf(shape.of[1])] }
    case 'uuid':
      return { type: 'string', pattern: UUID.source }
    case 'time':
      return { type: 'string', format: 'date-time', pattern: TIME.source }
    case 'name':
      return { type: 'string', pattern: NAME_TEXT }
    case 'digest':
      return { type: 'string', pattern: '^sha256:[A-Za-z0-9_-]{43}$' }
    case 'commitment':
      return { type: 'string', pattern: COMMITMENT.source }
    case 'handle':
      return { type: 'string', pattern: HANDLE.source }
    case 'text':
      return { type: 'string' }
  }
}

/** A JSON Schema object with exactly these members. */
export function closedObject(of: { readonly [name: string]: Shape }): Json {
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(of).map(([key, shape]) => [key, schemaOf(shape)]),
    ),
    required: Object.keys(of),
    additionalProperties: false,
  }
}
