import { canonicalString } from '../core/canonical-json.ts'
import type { HmacText } from '../core/digest.ts'

/** Length of the random salt under which one value of one record is committed. */
export const SALT_BYTES: number = 32

/**
 * A salted commitment: it binds a value without showing it, and without its salt not even a guess
 * can be tried. Field and record stand in the message, so that no commitment fits another place.
 * `value` is canonical JSON.
 */
export const commit = (
  hmac: HmacText,
  salt: Uint8Array,
  path: string,
  recordId: string,
  value: string,
): string => `hmac-sha256:${hmac(salt, `["${path}",${canonicalString(recordId)},${value}]`)}`
