import { type EpochMillis, epochMillis } from '../core/clock.ts'
import type { Digest } from '../core/ids.ts'
import { type Reason, reason } from '../core/reason.ts'
import type { Receipt, RecordDraft } from '../core/record.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { draftFields } from './draft-fields.ts'
import { appendLeaf, type Frontier, leafHash } from './merkle.ts'
import { LEAF_BYTES_MAX } from './schema.ts'
import { type SealDeps, sealRecord } from './seal-record.ts'

/** Where a ledger stands: all that is needed to append to it. */
export type LedgerHead = {
  readonly frontier: Frontier
  readonly lastAt: EpochMillis
  readonly producer: { readonly id: string; readonly boot_id: string }
  /** Number of records this boot has written. */
  readonly seq: number
}

/** One row of the ledger: what is stored, and what the verifier reads again. */
export type LedgerRow = {
  readonly index: number
  readonly id: string
  readonly type: string
  readonly at: number
  readonly decisionId: string
  readonly leaf: string
  readonly leafHash: Uint8Array
  readonly sealed: Uint8Array
}

export type Appended = {
  readonly row: LedgerRow
  readonly head: LedgerHead
  readonly receipt: Receipt
}

/**
 * Gives a draft its place: leaf, sealed part, hash and the head after it. Pure but for the random
 * bytes, keys and handles it is handed. Fails with `evidence_unavailable` when the draft cannot be
 * recorded as the schema demands; the ledger is then as before.
 */
export function append(
  deps: SealDeps,
  head: LedgerHead,
  draft: RecordDraft,
): Result<Appended, Reason> {
  const index = head.frontier.size
  const at = epochMillis(Math.max(draft.at, head.lastAt))
  const seq = head.seq + 1
  const sealed = sealRecord(deps, draftFields(draft, { index, at, producer: head.producer, seq }))
  if (!sealed.ok) return sealed
  const { leaf } = sealed.value
  // INVARIANT(leaf-ascii): public shapes are ASCII, so the length in bytes is the length in letters.
  if (leaf.length > LEAF_BYTES_MAX) {
    return fail(reason('evidence_unavailable', 'the record is larger than the ledger takes'))
  }
  const hash = leafHash(deps.sha256, new TextEncoder().encode(leaf))
  const row: LedgerRow = {
    index,
    id: draft.id,
    type: draft.type,
    at,
    decisionId: draft.decisionId,
    leaf,
    leafHash: hash,
    sealed: sealed.value.sealed,
  }
  const frontier = appendLeaf(deps.sha256, head.frontier, hash)
  const digest = `sha256:${deps.base64url(hash)}` as Digest
  const receipt: Receipt = { id: draft.id, index, leaf: digest, at }
  return ok({ row, head: { ...head, frontier, lastAt: at, seq }, receipt })
}
