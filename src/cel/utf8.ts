/** UTF-8 of a text; a lone surrogate becomes U+FFFD, as the encoding standard says. */
export const encodeUtf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Text of UTF-8 bytes, or undefined when they are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
