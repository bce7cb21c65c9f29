import type { DatabaseSync } from 'node:sqlite'
import { existsSync } from 'node:fs'
import type { LedgerRow } from '../audit/append.ts'
import type { Flat } from '../audit/flat.ts'
import type { OpenGroup } from '../audit/open-sealed-part.ts'
import { readRecord } from '../audit/read-record.ts'
import { type Reason, reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import type { TenantId } from '../core/ids.ts'
import { readSealKey, storePaths } from './key-files.ts'
import { openForReading } from './sqlite/open-database.ts'
import { createOpenGroup } from './sqlite/open-group.ts'
import { createLedgerReader, type LedgerReader, type StoredHead } from './sqlite/read-ledger.ts'

/** A record as people read it, with its place. */
export type ShownRecord = { readonly index: number; readonly record: Flat }

/** One tenant's ledger, open for reading. Works beside the running server, and after a kill. */
export type Ledger = {
  /** The last records, oldest of them first. */
  readonly last: (count: number) => readonly ShownRecord[]
  readonly byId: (id: string) => ShownRecord | null
  /** The decision's record and its outcome's, in order. */
  readonly byDecision: (decisionId: string) => readonly ShownRecord[]
  /** Records from an index on, in order, as they are now. */
  readonly from: (index: number) => IterableIterator<ShownRecord>
  readonly head: () => StoredHead | null
  /** The rows themselves and the keys to them, for `verify`. */
  readonly rows: LedgerReader
  readonly openGroup: OpenGroup
  readonly close: () => void
}

/**
 * Opens the ledger in a state directory for reading. Fails with `evidence_unavailable` and a
 * sentence when there is none or a key is unreadable.
 */
export function openLedger(directory: string, tenant: TenantId): Result<Ledger, Reason> {
  const paths = storePaths(directory)
  if (!existsSync(paths.database)) {
    return fail(reason('evidence_unavailable', `there is no ledger in \`${directory}\` yet`))
  }
  const opened = openForReading(paths.database)
  if (!opened.ok) return opened
  const openGroup = openerFor(opened.value, paths)
  if (!openGroup.ok) {
    opened.value.close()
    return openGroup
  }
  return ok(createLedger(opened.value, tenant, openGroup.value))
}

function openerFor(
  database: DatabaseSync,
  paths: ReturnType<typeof storePaths>,
): Result<OpenGroup, Reason> {
  try {
    const key = readSealKey(paths)
    if (key !== null) return ok(createOpenGroup(database, key))
    return fail(reason('evidence_unavailable', `\`${paths.sealKey}\` holds no key`))
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unknown error'
    return fail(reason('evidence_unavailable', `\`${paths.sealKey}\` cannot be read: ${detail}`))
  }
}

function createLedger(database: DatabaseSync, tenant: TenantId, openGroup: OpenGroup): Ledger {
  const rows = createLedgerReader(database, tenant)
  const show = (row: LedgerRow): readonly ShownRecord[] => {
    const record = readRecord(openGroup, row)
    return record === null ? [] : [{ index: row.index, record }]
  }
  return {
    last: (count) => rows.last(count).flatMap(show),
    byId: (id) => [rows.byId(id)].flatMap((row) => (row === null ? [] : show(row)))[0] ?? null,
    byDecision: (decisionId) => rows.byDecision(decisionId).flatMap(show),
    *from(index) {
      for (const row of rows.from(index)) yield* show(row)
    },
    head: rows.head,
    rows,
    openGroup,
    close: () => database.close(),
  }
}
