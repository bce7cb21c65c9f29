import { canonicalJson } from '../core/canonical-json.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { LEAF_SHAPE } from './schema.ts'
import { fits } from './shape.ts'

/** Reads a leaf; null unless it is canonical JSON of exactly the fields that the schema names. */
export function parseLeaf(text: string): JsonObject | null {
  const value = parseJson(text)
  if (value === undefined || !fits(LEAF_SHAPE, value) || canonicalJson(value) !== text) return null
  return value as JsonObject
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
