import type { Sha256 } from '../core/digest.ts'
import { digestOfHash } from '../core/digest.ts'
import { canonicalJson } from '../core/canonical-json.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { commit, type HashText, isSalt } from './commitment.ts'
import { leafHash } from './merkle.ts'
import { type OpenGroup, openSealedPart, type OpenedPart } from './open-sealed-part.ts'
import { parseLeaf } from './parse-leaf.ts'
import { FIELDS, FLAT_NAMES, SEALED_DIGEST } from './schema.ts'
import { fits } from './shape.ts'

/** A row as it is stored, whoever stored it. */
export type StoredRow = {
  readonly index: number
  readonly id: string
  readonly type: string
  readonly at: number
  readonly decisionId: string
  readonly leaf: string
  readonly leafHash: Uint8Array
  readonly sealed: Uint8Array
}

export type VerifyRowDeps = {
  readonly sha256: Sha256
  readonly hashText: HashText
  /** Null when the seal keys were not handed in: commitments then stay unchecked. */
  readonly open: OpenGroup | null
  /** Whom the store says a handle stands for; null when it says nothing. */
  readonly personOf: (handle: string) => string | null
}

export type VerifiedRow = {
  readonly leaf: JsonObject
  /** Recomputed from the leaf's text. */
  readonly hash: Uint8Array
  readonly erased: number
  readonly opened: number
}

/** Checks one row on its own; the sentence says what is wrong with it. */
export function verifyRow(deps: VerifyRowDeps, row: StoredRow): VerifiedRow | string {
  const leaf = parseLeaf(row.leaf)
  if (leaf === null) return 'the leaf is not canonical JSON of the schema'
  const hash = leafHash(deps.sha256, new TextEncoder().encode(row.leaf))
  if (!equalBytes(hash, row.leafHash)) return 'the stored hash is not the hash of the leaf'
  const column = wrongColumn(row, leaf)
  if (column !== null) return `column ${column} does not say what the leaf says`
  if (leaf[SEALED_DIGEST] !== digestOfHash(deps.sha256(row.sealed))) {
    return 'the sealed part is not the one that the leaf names'
  }
  if (deps.open === null) return { leaf, hash, erased: 0, opened: 0 }
  const part = openSealedPart(deps.open, row.id, row.sealed)
  if (part === null) return 'the sealed part cannot be taken apart'
  if (part.broken > 0) return 'a sealed group does not open under its keys'
  const field = wrongCommitment(deps, leaf, part)
  if (field !== null) return `field ${field} is not what was committed to`
  return { leaf, hash, erased: part.erased, opened: part.opened }
}

function wrongColumn(row: StoredRow, leaf: JsonObject): string | null {
  if (row.id !== leaf['id']) return 'id'
  if (row.type !== leaf['type']) return 'type'
  if (row.decisionId !== leaf['policy_decision_id']) return 'decision_id'
  return row.at === Date.parse(leaf['timestamp'] as string) ? null : 'at'
}

/** The first field whose opened value does not fit its commitment, or whose value is missing. */
function wrongCommitment(deps: VerifyRowDeps, leaf: JsonObject, part: OpenedPart): string | null {
  const kept = new Set(part.secrets.keys())
  for (const name of FLAT_NAMES) {
    const field = FIELDS[name]
    if (field.class === 'public') continue
    const found = kept.delete(name)
    const value = leaf[name] ?? null
    if (value === null) {
      if (found) return name
      continue
    }
    const person = field.class === 'handle' ? (value as JsonObject) : null
    const commitment = person === null ? value : (person['name'] ?? null)
    const secret = part.secrets.get(name)
    if (secret === undefined) {
      if (part.erased === 0) return name
      continue
    }
    if (field.class === 'committed') {
      if (secret.value !== undefined) return name
      continue
    }
    if (secret.value === undefined || !isCommitted(deps, leaf, name, secret, commitment))
      return name
    if (field.class === 'sealed' && !fits(field.shape, secret.value)) return name
    if (person !== null && !isKnownAs(deps, person['handle'] ?? null, secret.value)) return name
  }
  const [stray] = kept
  return stray ?? null
}

function isCommitted(
  deps: VerifyRowDeps,
  leaf: JsonObject,
  name: string,
  secret: { readonly salt: string; readonly value?: Json },
  commitment: Json,
): boolean {
  if (!isSalt(secret.salt) || secret.value === undefined) return false
  const text = canonicalJson(secret.value)
  const recordId = canonicalJson(leaf['id'] ?? null)
  return commit(deps.hashText, secret.salt, name, recordId, text) === commitment
}

/** A handle whose person the store has forgotten contradicts nothing. */
function isKnownAs(deps: VerifyRowDeps, handle: Json, value: Json): boolean {
  if (typeof handle !== 'string') return true
  const person = deps.personOf(handle)
  return person === null || person === value
}

function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i])
}
