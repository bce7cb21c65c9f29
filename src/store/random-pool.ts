import type { RandomBytes } from '../core/ids.ts'

/** One call to the operating system gives the salts of some twenty records. */
const POOL_BYTES = 8192

/** Hands out random bytes from a pool; each byte is given once, as a copy, and then wiped. */
export function createRandomPool(randomBytes: RandomBytes): RandomBytes {
  let pool = new Uint8Array(0)
  let at = 0
  return (length) => {
    if (length > POOL_BYTES) return randomBytes(length)
    if (at + length > pool.length) {
      pool = Uint8Array.from(randomBytes(POOL_BYTES))
      at = 0
    }
    const bytes = pool.slice(at, at + length)
    pool.fill(0, at, at + length)
    at += length
    return bytes
  }
}
