import type { DatabaseSync } from 'node:sqlite'
import { parseNote } from '../audit/checkpoint.ts'
import { readHighWaterMark } from './high-water-mark.ts'
import type { StorePaths } from './key-files.ts'

/**
 * Why a ledger must not be continued: it has fewer records than the mark outside of it, or than its
 * own head, says (SECURITY 26). Null when it is whole. What was damaged is for `audit verify` to find.
 */
export function lostEnd(
  database: DatabaseSync,
  paths: StorePaths,
  tenants: readonly string[],
): string | null {
  const count = database.prepare('select count(*) as size from ledger where tenant = ?')
  const head = database.prepare('select size from ledger_head where tenant = ?')
  for (const tenant of tenants) {
    const records = Number(count.get(tenant)?.['size'] ?? 0)
    const stated = Number(head.get(tenant)?.['size'] ?? 0)
    const mark = parseNote(readHighWaterMark(paths, tenant) ?? '')?.checkpoint.size ?? 0
    const expected = Math.max(stated, mark)
    if (expected > records)
      return `the ledger has ${records} records, and had ${expected}: its end was lost, or an older copy was put back`
  }
  return null
}
