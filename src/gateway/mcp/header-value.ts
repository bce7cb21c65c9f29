const SENTINEL = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/
const CANONICAL_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * The text that a mirrored header stands for (MCP 2026-07-28, Streamable HTTP): values that are not
 * safe in a header travel as `=?base64?…?=`. Null when the sentinel holds no canonical base64 of
 * UTF-8 text.
 */
export function decodeHeaderValue(raw: string): string | null {
  const value = raw.trim()
  if (!value.startsWith('=?base64?') || !value.endsWith('?=')) return value
  const encoded = SENTINEL.exec(value)?.[1]
  if (encoded === undefined || !CANONICAL_BASE64.test(encoded)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(encoded, 'base64'),
    )
  } catch {
    return null
  }
}
