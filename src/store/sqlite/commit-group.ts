import type { DatabaseSync } from 'node:sqlite'
import { append, type LedgerHead, type LedgerRow } from '../../audit/append.ts'
import { type Checkpoint, type NoteKey, signCheckpoint } from '../../audit/checkpoint.ts'
import { rootOf } from '../../audit/merkle.ts'
import { refusalOf } from '../../audit/refusal.ts'
import type { SealDeps } from '../../audit/seal-record.ts'
import { Bug } from '../../core/bug.ts'
import type { Change, Precondition } from '../../core/change.ts'
import { type EpochMillis, epochMillis } from '../../core/clock.ts'
import type { RandomBytes } from '../../core/ids.ts'
import { type Reason, reason } from '../../core/reason.ts'
import type { Receipt, RecordDraft } from '../../core/record.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { createNonces } from '../nonces.ts'
import { base64url, encryptBox, hashText, sha256 } from '../node-crypto.ts'
import { createSalts } from '../salts.ts'
import { createApplyChange, SINGLE_USE_MARGIN_MS } from './apply-change.ts'
import { createPreconditionChecks, type PreconditionChecks } from './check-precondition.ts'
import { type Boot, createLedgerHeads } from './ledger-head.ts'
import { createSealRegistry, type SealRegistry } from './seal-keys.ts'
import type { KeyObject } from 'node:crypto'

/** One call of `commit`, as it reaches the writer. */
export type Entry = {
  readonly draft: RecordDraft
  readonly changes: readonly Change[]
  readonly preconditions: readonly Precondition[]
}

/**
 * Commits a group of entries in one transaction and answers each. When this returns, what it
 * answered is durable: a receipt, or the reason of a refusal that is recorded. Only
 * `evidence_unavailable` means that nothing was written and nothing changed.
 */
export type CommitGroup = (entries: readonly Entry[]) => readonly Result<Receipt, Reason>[]

export type CommitGroupDeps = {
  readonly database: DatabaseSync
  readonly randomBytes: RandomBytes
  /** Wraps the keys under which values are sealed. */
  readonly wrappingKey: KeyObject
  readonly boot: Boot
  /** First part of the log's origin. */
  readonly deployment: string
  readonly checkpointKey: NoteKey
  readonly sign: (text: string) => Uint8Array
  /** Told the newest checkpoint of a tenant when it is durable. */
  readonly onCheckpoint: (tenant: string, checkpoint: string) => void
}

/** How often forgotten single-use ids are swept out, in decision time. */
const PRUNE_EVERY_MS = 60_000

export const originOf = (deployment: string, tenant: string): string =>
  `${deployment}/${tenant}/audit`

export function createCommitGroup(deps: CommitGroupDeps): CommitGroup {
  const { database } = deps
  const registry = createSealRegistry(deps, deps.wrappingKey)
  const heads = createLedgerHeads(database, deps.boot)
  const checks = createPreconditionChecks(database)
  const commitEntry = createCommitEntry(deps, registry, checks)
  const prune = createPrune(database)
  const known = new Map<string, LedgerHead>()

  const commitAll = (entries: readonly Entry[]): readonly Result<Receipt, Reason>[] => {
    const group = new Map<string, LedgerHead>()
    const signed = new Map<string, string>()
    const results = entries.map((entry) => {
      const { tenant } = entry.draft
      const head = group.get(tenant) ?? known.get(tenant) ?? heads.load(tenant)
      const committed = commitEntry(entry, head)
      group.set(tenant, committed.head)
      return committed.result
    })
    for (const [tenant, head] of group) {
      if (head.frontier.size === 0) continue
      const origin = originOf(deps.deployment, tenant)
      const root = rootOf(sha256, head.frontier)
      const checkpoint: Checkpoint = { origin, size: head.frontier.size, root }
      const note = signCheckpoint({ sha256, sign: deps.sign }, deps.checkpointKey, checkpoint)
      heads.save(tenant, head, note)
      signed.set(tenant, note)
      prune(tenant, head.lastAt)
    }
    database.exec('commit')
    for (const [tenant, head] of group) known.set(tenant, head)
    for (const [tenant, note] of signed) deps.onCheckpoint(tenant, note)
    return results
  }

  const commitGroup: CommitGroup = (entries) => {
    try {
      database.exec('begin immediate')
      checks.forget()
      return commitAll(entries)
    } catch (error) {
      if (error instanceof Bug) throw error
      // What the database holds now is read again before the next group; nothing is assumed.
      known.clear()
      registry.forget()
      if (database.isTransaction) database.exec('rollback')
      if (isConstraint(error) && entries.length > 1) {
        return entries.flatMap((entry) => commitGroup([entry]))
      }
      return entries.map(() => fail(unavailable(error)))
    }
  }
  return commitGroup
}

const SQLITE_CONSTRAINT = 19

/** Whether one entry broke a rule of the tables, rather than the database failing them all. */
const isConstraint = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === SQLITE_CONSTRAINT

const unavailable = (error: unknown): Reason =>
  reason(
    'evidence_unavailable',
    `the record could not be made durable: ${error instanceof Error ? error.message : 'unknown error'}`,
  )

type Committed = { readonly result: Result<Receipt, Reason>; readonly head: LedgerHead }

/** Commits one entry inside the group's transaction, or the refusal it turns into. */
function createCommitEntry(
  deps: CommitGroupDeps,
  registry: SealRegistry,
  { check, forget }: PreconditionChecks,
): (entry: Entry, head: LedgerHead) => Committed {
  const { database } = deps
  const apply = createApplyChange(database)
  const insert = createInsertRow(database)
  const sealDeps = createSealDeps(deps, registry)
  const begin = database.prepare('savepoint entry')
  const undo = database.prepare('rollback to entry')
  const end = database.prepare('release entry')

  const refusedBecause = (entry: Entry, now: EpochMillis): Reason | null => {
    for (const precondition of entry.preconditions) {
      const reasonFound = check(entry.draft.tenant, precondition)
      if (reasonFound !== null) return reasonFound
    }
    for (const change of entry.changes) {
      const reasonFound = apply(entry.draft, now, change)
      if (reasonFound !== null) return reasonFound
    }
    return null
  }
  return (entry, head) => {
    const changing = entry.changes.length > 0
    if (changing) begin.run()
    const now = epochMillis(Math.max(entry.draft.at, head.lastAt))
    const refused = refusedBecause(entry, now)
    if (changing && refused !== null) undo.run()
    const draft = refused === null ? entry.draft : refusalOf(entry.draft, refused)
    const appended = append(sealDeps, head, draft)
    if (!appended.ok && changing) {
      undo.run()
      registry.forget()
    }
    if (appended.ok) insert(draft.tenant, appended.value.row)
    if (changing) {
      end.run()
      forget()
    }
    if (!appended.ok) return { result: appended, head }
    return {
      result: refused === null ? ok(appended.value.receipt) : fail(refused),
      head: appended.value.head,
    }
  }
}

function createInsertRow(database: DatabaseSync): (tenant: string, row: LedgerRow) => void {
  const insert = database.prepare(
    `insert into ledger (tenant, idx, id, type, at, decision_id, leaf, leaf_hash, sealed)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  return (tenant, row) => {
    const { index, id, type, at, decisionId, leaf, leafHash, sealed } = row
    insert.run(tenant, index, id, type, at, decisionId, leaf, leafHash, sealed)
  }
}

function createSealDeps(deps: CommitGroupDeps, registry: SealRegistry): SealDeps {
  const nextNonce = createNonces(deps.randomBytes)
  return {
    sha256,
    hashText,
    nextSalt: createSalts({ randomBytes: deps.randomBytes, base64url }),
    base64url,
    handleOf: registry.handleOf,
    tenantKeyOf: registry.tenantKeyOf,
    encrypt: (ids, context, text) => {
      const key = registry.keyFor(ids)
      if (key === null) throw new Error(`a seal key is missing or broken: ${ids.join(', ')}`)
      const nonce = nextNonce()
      return { nonce, box: encryptBox(key, nonce, context, text) }
    },
  }
}

function createPrune(database: DatabaseSync): (tenant: string, now: EpochMillis) => void {
  const remove = database.prepare('delete from single_use where tenant = ? and expires_at < ?')
  const lastAt = new Map<string, EpochMillis>()
  return (tenant, now) => {
    if (now - (lastAt.get(tenant) ?? 0) < PRUNE_EVERY_MS) return
    lastAt.set(tenant, now)
    remove.run(tenant, now - SINGLE_USE_MARGIN_MS)
  }
}
