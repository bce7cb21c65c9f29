import type { Sha256 } from '../core/digest.ts'

/**
 * Where in 0 to 100 a text falls, by a hash under a key (SECURITY 9): nobody who does not know the
 * key can choose names that fall low. The outer hash keeps the inner one from being extended.
 */
export function percentileUnder(sha256: Sha256, key: Uint8Array): (text: string) => number {
  const under = (bytes: Uint8Array): Uint8Array => {
    const joined = new Uint8Array(key.length + bytes.length)
    joined.set(key)
    joined.set(bytes, key.length)
    return sha256(joined)
  }
  return (text) => {
    const hash = under(under(new TextEncoder().encode(text)))
    const [a = 0, b = 0, c = 0, d = 0] = hash
    return ((a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) / 2 ** 32) * 100
  }
}
