import { isJsonObject, type Json } from '../../core/json.ts'

/** Keys by which the dialects refer to objects stored at the provider. */
const REFERENCES: ReadonlySet<string> = new Set([
  'container_id',
  'file_id',
  'file_ids',
  'skill_id',
  'vector_store_ids',
])

/**
 * Whether a value refers to an object made upstream. Such objects belong to whoever made them and
 * do not exist for anyone else (SECURITY 16); we keep no owner for them, so nobody may name one.
 */
export function refersUpstream(value: Json): boolean {
  if (Array.isArray(value)) return (value as readonly Json[]).some(refersUpstream)
  if (!isJsonObject(value)) return false
  for (const key in value) {
    const member = value[key] ?? null
    if (member === null) continue
    if (REFERENCES.has(key) || (key === 'container' && typeof member === 'string')) return true
    if (typeof member === 'object' && refersUpstream(member)) return true
  }
  return false
}
