const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3)
    const bits = (a << 16) | (b << 8) | c
    const quad = [18, 12, 6, 0].map((shift) => ALPHABET[(bits >> shift) & 63]).join('')
    const present = Math.min(3, bytes.length - at) + 1
    text += quad.slice(0, present).padEnd(4, '=')
  }
  return text
}

/** Bytes from base64 with or without padding; undefined when it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/={1,2}$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(digits) || digits.length % 4 === 1) return undefined
  if (digits.length !== text.length && text.length % 4 !== 0) return undefined
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (const digit of digits) {
    bits = (bits << 6) | ALPHABET.indexOf(digit)
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[at] = (bits >> held) & 255
      at += 1
    }
  }
  return bytes
}
