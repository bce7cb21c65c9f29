const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Bytes as base64url without padding (RFC 4648 §5). */
export function toBase64url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += ALPHABET.charAt(word >> 18) + ALPHABET.charAt((word >> 12) & 63)
    if (left > 1) text += ALPHABET.charAt((word >> 6) & 63)
    if (left > 2) text += ALPHABET.charAt(word & 63)
  }
  return text
}

/**
 * The bytes of a base64url text, or null when it is not the one canonical spelling of them: a
 * foreign letter, padding, an impossible length, or stray bits at the end.
 */
export function fromBase64url(text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let word = 0
  let bits = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const value = ALPHABET.indexOf(text.charAt(i))
    if (value < 0) return null
    word = ((word << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (word >> bits) & 0xff
    }
  }
  return (word & ((1 << bits) - 1)) === 0 ? bytes : null
}
