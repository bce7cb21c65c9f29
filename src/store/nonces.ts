import { NONCE_BYTES } from '../audit/sealed-part.ts'
import type { RandomBytes } from '../core/ids.ts'

/**
 * Nonces that never repeat: a 96-bit counter from a random start. Random nonces would be safe for
 * only 2^32 boxes under one key (NIST SP 800-38D §8.3), which a busy tenant writes in days.
 */
export function createNonces(randomBytes: RandomBytes): () => Uint8Array {
  const next = Uint8Array.from(randomBytes(NONCE_BYTES))
  return () => {
    const nonce = next.slice()
    for (let i = NONCE_BYTES - 1; i >= 0; i--) {
      next[i] = ((next[i] ?? 0) + 1) & 0xff
      if (next[i] !== 0) break
    }
    return nonce
  }
}
