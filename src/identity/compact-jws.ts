import { isJsonObject, type JsonObject } from '../core/json.ts'
import { TOKEN_BYTES_MAX } from '../core/limits.ts'
import { readJson } from '../core/read-json.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'

/** A signed token that was read and whose signature nobody has looked at yet. */
export type UnverifiedJws = {
  readonly token: string
  readonly header: JsonObject
  readonly claims: JsonObject
}

/** Nesting of claims: the deepest thing in a token is a chain of actors. */
const CLAIMS_DEPTH_MAX = 16

/** Headers that bring a key of their own, name where one is, or change how the rest is read. */
const FOREIGN_KEY_HEADERS: readonly string[] = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64']

/**
 * Reads a compact JWS (RFC 7515 §3.1) as strictly as it can be read: exactly three canonical
 * base64url segments, at most 8 KiB, header and claims as JSON objects without duplicate keys, and
 * no header by which a token could choose its own key. Fails with `unauthenticated`.
 */
export function readCompactJws(token: string): Result<UnverifiedJws, Reason> {
  if (token.length > TOKEN_BYTES_MAX) return refuse('the credential is longer than 8 KiB')
  const [first, second, third, ...rest] = token.split('.')
  if (first === undefined || second === undefined || third === undefined || rest.length > 0)
    return refuse('the credential is not a signed token')
  const header = objectOf(first)
  const claims = objectOf(second)
  // A signature has one spelling too: stray bits at its end must not make a second token of it.
  if (header === null || claims === null || third === '' || bytesOf(third) === null)
    return refuse('the credential is not a signed token')
  for (const name of FOREIGN_KEY_HEADERS)
    if (header[name] !== undefined) return refuse('the credential has a header that is refused')
  return ok({ token, header, claims })
}

function objectOf(segment: string): JsonObject | null {
  const bytes = bytesOf(segment)
  if (bytes === null) return null
  const value = readJson(bytes, { depthMax: CLAIMS_DEPTH_MAX })
  return value.ok && isJsonObject(value.value) ? value.value : null
}

/** Node's decoder skips what it does not know; encoding again shows whether anything was skipped. */
function bytesOf(segment: string): Uint8Array | null {
  const bytes = Buffer.from(segment, 'base64url')
  return bytes.toString('base64url') === segment ? bytes : null
}

const refuse = (detail: string): { readonly ok: false; readonly error: Reason } =>
  fail(reason('unauthenticated', detail))
