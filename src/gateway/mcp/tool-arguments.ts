import { canonicalJson } from '../../core/canonical-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import {
  ARGUMENTS_BYTES_MAX,
  ARGUMENTS_DEPTH_MAX,
  ARGUMENTS_ELEMENTS_MAX,
} from '../../core/limits.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'

/**
 * The arguments of a `tools/call`, an empty object when there are none. Fails with `malformed`
 * where they are no object or beyond what policies may be given (SECURITY 15).
 */
export function toolArgumentsOf(params: JsonObject, bodyBytes: number): Result<JsonObject, Reason> {
  const args = params['arguments'] ?? (Object.create(null) as JsonObject)
  if (!isJsonObject(args)) return bad('must be an object')
  const elements = elementsOf(args, 1)
  if (elements === null) return bad(`nest deeper than ${ARGUMENTS_DEPTH_MAX}`)
  if (elements > ARGUMENTS_ELEMENTS_MAX) {
    return bad(`have more than ${ARGUMENTS_ELEMENTS_MAX} elements`)
  }
  // The arguments are part of the body, so only a long body can hold too many bytes of them.
  const long = bodyBytes > ARGUMENTS_BYTES_MAX
  if (long && Buffer.byteLength(canonicalJson(args)) > ARGUMENTS_BYTES_MAX) {
    return bad(`are longer than ${ARGUMENTS_BYTES_MAX} bytes`)
  }
  return ok(args)
}

const bad = (detail: string): Result<never, Reason> =>
  fail(reason('malformed', `arguments: ${detail}`))

/** Members and items at every level, or null when they nest too deep. The reader bounds both. */
function elementsOf(value: Json, depth: number): number | null {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > ARGUMENTS_DEPTH_MAX) return null
  const children: readonly Json[] = Array.isArray(value)
    ? (value as readonly Json[])
    : Object.values(value as JsonObject)
  let count = children.length
  for (const child of children) {
    const below = elementsOf(child, depth + 1)
    if (below === null) return null
    count += below
  }
  return count
}
