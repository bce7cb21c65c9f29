import { invariant } from '../core/bug.ts'
import type { Sha256 } from '../core/digest.ts'
import { HASH_BYTES } from './merkle.ts'

/** A statement about the whole log (C2SP tlog-checkpoint): so many entries, with this root. */
export type Checkpoint = {
  /** `<deployment>/<tenant>/audit`: which log this is, unique in the world of its readers. */
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

/** A public key with its name (C2SP signed-note, type 0x01: Ed25519). */
export type NoteKey = { readonly name: string; readonly publicKey: Uint8Array }

/** A note longer than this is not a checkpoint of ours; room for the cosignatures of witnesses. */
export const NOTE_CHARS_MAX: number = 16_384

const ED25519 = 1
const KEY_ID_BYTES = 4
const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64

/** The text that is signed; it ends with a line break. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${base64(root)}\n`

/** Signs a checkpoint as a note (C2SP signed-note). `sign` is Ed25519 over UTF-8 text. */
export function signCheckpoint(
  deps: { readonly sha256: Sha256; readonly sign: (text: string) => Uint8Array },
  key: NoteKey,
  checkpoint: Checkpoint,
): string {
  const text = checkpointText(checkpoint)
  const signature = deps.sign(text)
  invariant(signature.length === SIGNATURE_BYTES, 'an ed25519 signature is 64 bytes')
  return `${text}\n— ${key.name} ${base64(joined(keyId(deps.sha256, key), signature))}\n`
}

/** A note taken apart: what it states, and every signature under it. */
export type Note = {
  readonly checkpoint: Checkpoint
  readonly text: string
  readonly signatures: readonly { readonly name: string; readonly bytes: Uint8Array }[]
}

/** Reads a signed note that states a checkpoint; null when it is malformed anywhere. */
export function parseNote(note: string): Note | null {
  if (note.length > NOTE_CHARS_MAX) return null
  const split = note.indexOf('\n\n')
  if (split < 0 || !note.endsWith('\n')) return null
  const text = note.slice(0, split + 1)
  const checkpoint = parseCheckpoint(text)
  const signatures = note
    .slice(split + 2, -1)
    .split('\n')
    .map(parseSignature)
  return checkpoint === null || signatures.includes(null)
    ? null
    : { checkpoint, text, signatures: signatures.filter((signature) => signature !== null) }
}

function parseCheckpoint(text: string): Checkpoint | null {
  const [origin, sizeText, rootText, rest, ...more] = text.split('\n')
  if (!origin || sizeText === undefined || rootText === undefined) return null
  if (rest !== '' || more.length > 0 || !/^(?:0|[1-9]\d{0,15})$/.test(sizeText)) return null
  const root = fromBase64(rootText)
  const size = Number(sizeText)
  if (root?.length !== HASH_BYTES || !Number.isSafeInteger(size)) return null
  return { origin, size, root }
}

function parseSignature(line: string): { name: string; bytes: Uint8Array } | null {
  const match = /^— ([^ +\n]+) ([A-Za-z0-9+/=]+)$/.exec(line)
  const bytes = match === null ? null : fromBase64(match[2] ?? '')
  return match === null || bytes === null ? null : { name: match[1] ?? '', bytes }
}

/** Checks an Ed25519 signature over UTF-8 text with a raw public key. */
export type VerifyEd25519 = (publicKey: Uint8Array, text: string, signature: Uint8Array) => boolean

/** Whether the note carries a good signature of the key. */
export function isSignedBy(
  deps: { readonly sha256: Sha256; readonly verifyEd25519: VerifyEd25519 },
  key: NoteKey,
  note: Note,
): boolean {
  const id = keyId(deps.sha256, key)
  return note.signatures.some(
    ({ name, bytes }) =>
      name === key.name &&
      bytes.length === KEY_ID_BYTES + SIGNATURE_BYTES &&
      id.every((byte, i) => byte === bytes[i]) &&
      deps.verifyEd25519(key.publicKey, note.text, bytes.subarray(KEY_ID_BYTES)),
  )
}

/** The public key as C2SP tools take it: `<name>+<key id>+<base64 of type and key>`. */
export function formatNoteKey(sha256: Sha256, key: NoteKey): string {
  const id = keyId(sha256, key)
  const hex = Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${key.name}+${hex}+${base64(joined(Uint8Array.of(ED25519), key.publicKey))}`
}

/** Reads what `formatNoteKey` writes; null when a part is missing or the id is not the key's. */
export function parseNoteKey(sha256: Sha256, text: string): NoteKey | null {
  const [name, , ...rest] = text.trim().split('+')
  const bytes = fromBase64(rest.join('+'))
  if (!name || bytes?.length !== 1 + PUBLIC_KEY_BYTES || bytes[0] !== ED25519) return null
  const key = { name, publicKey: bytes.slice(1) }
  return formatNoteKey(sha256, key) === text.trim() ? key : null
}

/** First bytes of `SHA-256(name || 0x0A || type || key)`. */
function keyId(sha256: Sha256, { name, publicKey }: NoteKey): Uint8Array {
  const label = new TextEncoder().encode(`${name}\n`)
  return sha256(joined(label, joined(Uint8Array.of(ED25519), publicKey))).slice(0, KEY_ID_BYTES)
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length)
  bytes.set(left)
  bytes.set(right, left.length)
  return bytes
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))

/** Standard base64 in its one canonical spelling, or null. */
function fromBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return null
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  return base64(bytes) === text ? bytes : null
}
