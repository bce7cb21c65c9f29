import { SALT_BYTES } from '../audit/commitment.ts'
import type { RandomBytes } from '../core/ids.ts'

/** One call to the operating system, and one spelling as text, give the salts of some ten records. */
const POOL_SALTS = 240

/** Letters of base64url that one salt takes: its bytes are a multiple of three. */
const SALT_CHARS = (SALT_BYTES / 3) * 4

/** Hands out fresh salts as base64url, each piece of a pool once. */
export function createSalts(deps: {
  readonly randomBytes: RandomBytes
  readonly base64url: (bytes: Uint8Array) => string
}): () => string {
  let pool = ''
  let at = 0
  return () => {
    if (at >= pool.length) {
      pool = deps.base64url(deps.randomBytes(POOL_SALTS * SALT_BYTES))
      at = 0
    }
    at += SALT_CHARS
    return pool.slice(at - SALT_CHARS, at)
  }
}
