import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { compilePattern, type Pattern } from './tool-pattern.ts'

/** The top-level keys that a tool's schema speaks of. */
export type DeclaredKeys = {
  readonly names: ReadonlySet<string>
  readonly patterns: readonly Pattern[]
}

/** In-place applicators: schemas that say more of the same object (JSON Schema 2020-12 Core §10.2). */
const LISTS = ['allOf', 'anyOf', 'oneOf'] as const
const SINGLES = ['if', 'then', 'else'] as const

/** Schemas visited while collecting; a schema that refers in circles ends here. */
const VISITS_MAX = 1000

/**
 * Collects the keys that a schema declares for the object itself, through combinations and local
 * references. `additionalProperties` declares nothing: what it would let pass is closed by default
 * (SECURITY 14).
 */
export function declaredKeysOf(root: JsonObject): DeclaredKeys {
  const names = new Set<string>()
  const patterns = new Map<string, Pattern>()
  const seen = new Set<JsonObject>()
  const visit = (schema: Json | undefined): void => {
    if (!isJsonObject(schema) || seen.has(schema) || seen.size >= VISITS_MAX) return
    seen.add(schema)
    for (const name of keysOf(schema['properties'])) names.add(name)
    for (const source of keysOf(schema['patternProperties'])) {
      patterns.set(source, compilePattern(source))
    }
    for (const keyword of LISTS) {
      const list = schema[keyword]
      if (Array.isArray(list)) for (const each of list as readonly Json[]) visit(each)
    }
    for (const keyword of SINGLES) visit(schema[keyword])
    const dependent = schema['dependentSchemas']
    if (isJsonObject(dependent)) for (const each of Object.values(dependent)) visit(each)
    const reference = schema['$ref']
    if (typeof reference === 'string') visit(at(root, reference))
  }
  visit(root)
  return { names, patterns: [...patterns.values()] }
}

const keysOf = (value: Json | undefined): readonly string[] =>
  isJsonObject(value) ? Object.keys(value) : []

/** The schema that a local reference points to (RFC 6901, in a URI fragment). */
function at(root: JsonObject, reference: string): Json | undefined {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return undefined
  let value: Json | undefined = root
  for (const part of reference.slice(2).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}
