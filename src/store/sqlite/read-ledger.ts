import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { LedgerRow } from '../../audit/append.ts'
import { bytesOf, type Row, textOf, wholeOf } from './row.ts'

/** What is stored about the whole ledger of a tenant, as the verifier takes it. */
export type StoredHead = {
  readonly size: number
  readonly lastAt: number
  readonly frontier: Uint8Array
  readonly checkpoint: string
}

/** Reads of one tenant's ledger; they work beside a running writer. */
export type LedgerReader = {
  readonly head: () => StoredHead | null
  /** The last records, oldest of them first. */
  readonly last: (count: number) => readonly LedgerRow[]
  readonly byId: (id: string) => LedgerRow | null
  /** The decision and its outcome, in order. */
  readonly byDecision: (decisionId: string) => readonly LedgerRow[]
  /** All records from an index on, in order. */
  readonly from: (index: number) => IterableIterator<LedgerRow>
  /** The person a handle stands for, or null when that was forgotten. */
  readonly personOf: (handle: string) => string | null
  /** What SQLite's own check of tables and indexes finds wrong with the file, or null. */
  readonly damage: () => string | null
  /** Runs reads that must all see the same state, whatever is written meanwhile. */
  readonly snapshot: <T>(read: () => T) => T
}

export function createLedgerReader(database: DatabaseSync, tenant: string): LedgerReader {
  const columns = 'idx, id, type, at, decision_id, leaf, leaf_hash, sealed'
  const select = (tail: string) =>
    database.prepare(`select ${columns} from ledger where tenant = ? ${tail}`)
  const head = database.prepare('select * from ledger_head where tenant = ?')
  const last = select('order by idx desc limit ?')
  const byId = select('and id = ?')
  const byDecision = select('and decision_id = ? order by idx')
  const from = select('and idx >= ? order by idx')
  const person = database.prepare(
    'select person from person_handle where tenant = ? and handle = ?',
  )
  const all = (statement: typeof last, value: SQLInputValue): LedgerRow[] =>
    statement.all(tenant, value).map(toLedgerRow)
  return {
    head: () => {
      const row = head.get(tenant)
      return row === undefined ? null : toHead(row)
    },
    last: (count) => all(last, count).toReversed(),
    byId: (id) => all(byId, id)[0] ?? null,
    byDecision: (decisionId) => all(byDecision, decisionId),
    *from(index) {
      for (const row of from.iterate(tenant, index)) yield toLedgerRow(row)
    },
    personOf: (handle) => {
      const row = person.get(tenant, handle)
      return row === undefined ? null : textOf(row, 'person')
    },
    damage: () => {
      const found = database.prepare('pragma integrity_check(1)').get()?.['integrity_check']
      return found === 'ok' ? null : String(found)
    },
    snapshot: (read) => {
      database.exec('begin')
      try {
        return read()
      } finally {
        database.exec('rollback')
      }
    },
  }
}

const toHead = (row: Row): StoredHead => ({
  size: wholeOf(row, 'size'),
  lastAt: wholeOf(row, 'last_at'),
  frontier: bytesOf(row, 'frontier'),
  checkpoint: textOf(row, 'checkpoint'),
})

const toLedgerRow = (row: Row): LedgerRow => ({
  index: wholeOf(row, 'idx'),
  id: textOf(row, 'id'),
  type: textOf(row, 'type'),
  at: wholeOf(row, 'at'),
  decisionId: textOf(row, 'decision_id'),
  leaf: textOf(row, 'leaf'),
  leafHash: bytesOf(row, 'leaf_hash'),
  sealed: bytesOf(row, 'sealed'),
})
