import type { DatabaseSync } from 'node:sqlite'
import { invariant } from '../../core/bug.ts'
import { type EpochMillis, epochMillis } from '../../core/clock.ts'
import type { LedgerHead } from '../../audit/append.ts'
import { decodeFrontier, EMPTY_FRONTIER, encodeFrontier } from '../../audit/merkle.ts'
import { bytesOf, wholeOf } from './row.ts'

/** Who writes since when: one producer per database, one boot per start of the writer. */
export type Boot = {
  readonly producerId: string
  readonly bootId: string
  readonly startedAt: EpochMillis
}

/** Keeps the heads of all tenants' ledgers beside the rows they sum up. */
export type LedgerHeads = {
  readonly load: (tenant: string) => LedgerHead
  readonly save: (tenant: string, head: LedgerHead, checkpoint: string) => void
}

export function createLedgerHeads(database: DatabaseSync, boot: Boot): LedgerHeads {
  const readHead = database.prepare('select * from ledger_head where tenant = ?')
  const writeHead = database.prepare(
    `insert into ledger_head (tenant, size, last_at, frontier, checkpoint) values (?, ?, ?, ?, ?)
     on conflict do update set size = excluded.size, last_at = excluded.last_at,
       frontier = excluded.frontier, checkpoint = excluded.checkpoint`,
  )
  const readSeq = database.prepare('select seq from producer where tenant = ? and boot_id = ?')
  const writeSeq = database.prepare(
    `insert into producer (tenant, boot_id, started_at, seq) values (?, ?, ?, ?)
     on conflict do update set seq = excluded.seq`,
  )
  const producer = { id: boot.producerId, boot_id: boot.bootId }
  return {
    load: (tenant) => {
      const seq = Number(readSeq.get(tenant, boot.bootId)?.['seq'] ?? 0)
      const row = readHead.get(tenant)
      if (row === undefined) {
        return { frontier: EMPTY_FRONTIER, lastAt: epochMillis(0), producer, seq }
      }
      const frontier = decodeFrontier(wholeOf(row, 'size'), bytesOf(row, 'frontier'))
      invariant(frontier !== null, 'the stored frontier fits the size of the ledger')
      return { frontier, lastAt: epochMillis(wholeOf(row, 'last_at')), producer, seq }
    },
    save: (tenant, head, checkpoint) => {
      const { frontier, lastAt, seq } = head
      writeHead.run(tenant, frontier.size, lastAt, encodeFrontier(frontier), checkpoint)
      writeSeq.run(tenant, boot.bootId, boot.startedAt, seq)
    },
  }
}
