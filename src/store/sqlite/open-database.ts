import { DatabaseSync } from 'node:sqlite'
import { type Reason, reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { TABLES, TABLES_VERSION } from './tables.ts'

/** Older versions can corrupt a database in WAL mode (the WAL-reset bug of 3.7.0 to 3.51.2). */
export const SQLITE_VERSION_MIN: readonly [number, number, number] = [3, 51, 3]

/** How long a statement waits for another process's lock before it fails. */
const BUSY_TIMEOUT_MS = 2000

/** A row of the ledger takes one or two pages; larger ones cost more in small groups than they save. */
const PAGE_BYTES = 4096

/**
 * Pages of the write-ahead log after which it is folded into the database: 16 MiB, some 3,000 records,
 * so that a busy writer waits for this once in a while and not in every fourth group.
 */
const WAL_PAGES = 4096

/**
 * Opens the database for its one writer, and makes the tables in a new one. Durable means durable:
 * WAL with `synchronous=FULL` calls fdatasync in every commit. What is deleted is overwritten. `bytesMax` bounds the file; a write
 * beyond it fails like a full disk.
 */
export function openForWriting(
  path: string,
  bytesMax: number | null,
): Result<DatabaseSync, Reason> {
  return opening(path, () => {
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    const problem = versionProblem(database)
    if (problem !== null) return problem
    database.exec(
      `pragma page_size=${PAGE_BYTES}; pragma journal_mode=wal; pragma synchronous=full;
       pragma trusted_schema=off; pragma secure_delete=on;
       pragma wal_autocheckpoint=${WAL_PAGES}`,
    )
    if (bytesMax !== null) {
      database.exec(`pragma max_page_count=${Math.max(1, Math.floor(bytesMax / PAGE_BYTES))}`)
    }
    const version = database.prepare('pragma user_version').get()?.['user_version']
    if (version === 0) {
      database.exec(`begin immediate; ${TABLES} pragma user_version=${TABLES_VERSION}; commit`)
      return ok(database)
    }
    if (version === TABLES_VERSION) return ok(database)
    database.close()
    return fail(wrongVersion(path, version))
  })
}

/** Opens the database for reading only; works beside the running server and after a kill. */
export function openForReading(path: string): Result<DatabaseSync, Reason> {
  return opening(path, () => {
    const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
    const problem = versionProblem(database)
    if (problem !== null) return problem
    const version = database.prepare('pragma user_version').get()?.['user_version']
    if (version === TABLES_VERSION) return ok(database)
    database.close()
    return fail(wrongVersion(path, version))
  })
}

function versionProblem(database: DatabaseSync): Result<never, Reason> | null {
  const version = String(database.prepare('select sqlite_version() as version').get()?.['version'])
  if (isVersionAtLeast(version, SQLITE_VERSION_MIN)) return null
  database.close()
  return fail(
    reason(
      'evidence_unavailable',
      `sqlite ${version} can corrupt the ledger; use a Node with sqlite ${SQLITE_VERSION_MIN.join('.')} or later`,
    ),
  )
}

export function isVersionAtLeast(version: string, minimum: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  for (const [i, wanted] of minimum.entries()) {
    const part = parts[i] ?? 0
    if (part !== wanted) return part > wanted
  }
  return true
}

const wrongVersion = (path: string, version: unknown): Reason =>
  reason(
    'evidence_unavailable',
    `\`${path}\` has tables of version ${String(version)}, this program writes version ${TABLES_VERSION}`,
  )

function opening(
  path: string,
  open: () => Result<DatabaseSync, Reason>,
): Result<DatabaseSync, Reason> {
  try {
    return open()
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unreadable'
    return fail(reason('evidence_unavailable', `\`${path}\` cannot be opened: ${detail}`))
  }
}
