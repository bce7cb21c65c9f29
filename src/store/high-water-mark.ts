import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { StorePaths } from './key-files.ts'

const PRIVATE_FILE = 0o600

/** Keeps the newest checkpoint of each tenant outside the database. */
export type HighWaterMarks = {
  readonly raise: (tenant: string, checkpoint: string) => void
  readonly close: () => void
}

const markFile = (paths: StorePaths, tenant: string): string =>
  join(paths.marks, `${tenant}.checkpoint`)

/**
 * Opens the marks for writing. They follow each commit without waiting for the disk: a mark that is
 * older than the ledger says nothing, and one that is newer means that the ledger lost its end. A
 * mark that cannot be written never fails a commit, whose evidence is the ledger itself.
 */
export function openHighWaterMarks(paths: StorePaths): HighWaterMarks {
  const files = new Map<string, number>()
  const fileOf = (tenant: string): number => {
    const known = files.get(tenant)
    if (known !== undefined) return known
    const opened = openSync(markFile(paths, tenant), 'a+', PRIVATE_FILE)
    closeSync(opened)
    const file = openSync(markFile(paths, tenant), 'r+')
    files.set(tenant, file)
    return file
  }
  return {
    raise: (tenant, checkpoint) => {
      try {
        const file = fileOf(tenant)
        const bytes = Buffer.from(checkpoint, 'utf8')
        writeSync(file, bytes, 0, bytes.length, 0)
        ftruncateSync(file, bytes.length)
      } catch {
        files.delete(tenant)
      }
    },
    close: () => {
      for (const file of files.values()) closeSync(file)
      files.clear()
    },
  }
}

/** The mark of a tenant as text; null when there is none. */
export function readHighWaterMark(paths: StorePaths, tenant: string): string | null {
  try {
    const text = readFileSync(markFile(paths, tenant), 'utf8')
    return text === '' ? null : text
  } catch {
    return null
  }
}
