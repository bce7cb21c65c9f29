import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type Reason, reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import type { StorePaths } from './key-files.ts'

/** Held while this process is the one that writes. */
export type Lock = { readonly release: () => void }

/**
 * Makes sure that one process writes. The lock is SQLite's own lock on an empty file, which the
 * operating system gives back when its holder dies, however it dies; so there are no stale locks,
 * and a pid that was given to somebody else means nothing. The pid beside it is for people.
 */
export function takeLock(paths: StorePaths, pid: number): Result<Lock, Reason> {
  if (!existsSync(paths.lock)) writeFileSync(paths.lock, '', { mode: 0o600 })
  const holder = new DatabaseSync(paths.lock)
  try {
    holder.exec('begin exclusive')
  } catch {
    holder.close()
    return fail(
      reason(
        'evidence_unavailable',
        `\`${paths.directory}\` is in use by process ${readPid(paths)}: stop it, or give this one another directory`,
      ),
    )
  }
  writeFileSync(paths.pid, `${pid}\n`, { mode: 0o600 })
  return ok({ release: () => holder.close() })
}

function readPid(paths: StorePaths): string {
  try {
    return readFileSync(paths.pid, 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
