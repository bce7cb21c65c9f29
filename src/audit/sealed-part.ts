import type { Json } from '../core/json.ts'

/** AES-GCM as NIST SP 800-38D recommends it: 96-bit nonce, full tag at the end of the box. */
export const NONCE_BYTES: number = 12
export const TAG_BYTES: number = 16

/** Ciphertexts grow in steps of this, so that their length says little about a name or a sentence. */
const PAD_CHARS = 64

const FORMAT = 1
const GROUPS_MAX = 16
const KEYS_MAX = 8

/**
 * Values of one record that lie under the same keys. All the named keys are needed to open it, so
 * destroying any one of them forgets what it holds.
 */
export type SealedGroup = {
  readonly keys: readonly string[]
  readonly nonce: Uint8Array
  /** Ciphertext and tag. */
  readonly box: Uint8Array
}

/** A salt with the value it hides; `value` is absent where only the salt is kept. */
export type Secret = {
  readonly path: string
  /** base64url. */
  readonly salt: string
  readonly value?: Json
}

/** What the box is bound to, so that it cannot be moved to another record or under other keys. */
export const sealedContext = (recordId: string, keys: readonly string[]): string =>
  `reeve/sealed/${FORMAT}\n${recordId}\n${keys.join(' ')}`

/** One secret as it stands in the plain text of a group; `value` is canonical JSON or null. */
export const secretText = (path: string, salt: string, value: string | null): string =>
  value === null ? `["${path}","${salt}"]` : `["${path}","${salt}",${value}]`

/** The plain text of a group: a JSON array of secrets, filled up with white space. */
export function groupText(secrets: string): string {
  const text = `[${secrets}]`
  return text.padEnd(Math.ceil(text.length / PAD_CHARS) * PAD_CHARS)
}

/** Reads a group's plain text; null when it is not what a writer of ours would have written. */
export function parseGroupText(text: string): readonly Secret[] | null {
  const parsed = parseJson(text)
  if (!Array.isArray(parsed)) return null
  const secrets: Secret[] = []
  for (const entry of parsed as readonly Json[]) {
    if (!Array.isArray(entry)) return null
    const [path, salt, value] = entry as readonly Json[]
    if (typeof path !== 'string' || typeof salt !== 'string') return null
    secrets.push(value === undefined ? { path, salt } : { path, salt, value })
  }
  return secrets
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/**
 * The sealed part as bytes: format, number of groups; per group the number of keys, each key's name
 * with its length, the nonce, the box with its length (32 bits, big-endian).
 */
export function encodeSealedPart(groups: readonly SealedGroup[]): Uint8Array {
  let length = 2
  for (const group of groups) {
    length += 1 + NONCE_BYTES + 4 + group.box.length
    for (const key of group.keys) length += 1 + key.length
  }
  const bytes = new Uint8Array(length)
  bytes[0] = FORMAT
  bytes[1] = groups.length
  let at = 2
  for (const { keys, nonce, box } of groups) {
    bytes[at++] = keys.length
    for (const key of keys) {
      bytes[at++] = key.length
      for (let i = 0; i < key.length; i++) bytes[at++] = key.charCodeAt(i)
    }
    bytes.set(nonce, at)
    at += NONCE_BYTES
    for (const shift of [24, 16, 8, 0]) bytes[at++] = box.length >>> shift
    bytes.set(box, at)
    at += box.length
  }
  return bytes
}

/** Reads a sealed part; null when the bytes are not exactly one. */
export function decodeSealedPart(bytes: Uint8Array): readonly SealedGroup[] | null {
  const count = bytes[1] ?? GROUPS_MAX + 1
  if (bytes[0] !== FORMAT || count > GROUPS_MAX) return null
  const groups: SealedGroup[] = []
  let at = 2
  for (let i = 0; i < count; i++) {
    const read = decodeGroup(bytes, at)
    if (read === null) return null
    groups.push(read.group)
    at = read.end
  }
  return at === bytes.length ? groups : null
}

function decodeGroup(
  bytes: Uint8Array,
  start: number,
): { readonly group: SealedGroup; readonly end: number } | null {
  let at = start
  const keyCount = bytes[at++] ?? 0
  if (keyCount === 0 || keyCount > KEYS_MAX) return null
  const keys: string[] = []
  for (let i = 0; i < keyCount; i++) {
    const length = bytes[at++] ?? 0
    keys.push(String.fromCharCode(...bytes.subarray(at, at + length)))
    at += length
  }
  const nonce = bytes.subarray(at, at + NONCE_BYTES)
  at += NONCE_BYTES
  if (at + 4 > bytes.length) return null
  const boxLength = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0)
  at += 4
  const end = at + boxLength
  if (end > bytes.length || boxLength < TAG_BYTES) return null
  return { group: { keys, nonce, box: bytes.subarray(at, end) }, end }
}
