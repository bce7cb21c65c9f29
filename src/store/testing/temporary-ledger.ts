import { createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { epochMillis } from '../../core/clock.ts'
import { DEFAULT_TENANT } from '../../core/ids.ts'
import type { Result } from '../../core/result.ts'
import { makeDirectories, openStoreKeys, storePaths, type StorePaths } from '../key-files.ts'
import { openHighWaterMarks } from '../high-water-mark.ts'
import { verifyStore } from '../verify-store.ts'
import { type CommitGroup, createCommitGroup } from '../sqlite/commit-group.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import type { VerifyReport } from '../../audit/verify-report.ts'

/** A directory of its own for one test, removed by the caller. */
export const temporaryDirectory = (): string => mkdtempSync(join(tmpdir(), 'reeve-store-'))

export const removeDirectory = (directory: string): void =>
  rmSync(directory, { recursive: true, force: true })

export function must<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(`expected ok, got ${JSON.stringify(result.error)}`)
  return result.value
}

/** A real database with the real writer, in this thread. */
export type TestLedger = {
  readonly paths: StorePaths
  readonly database: DatabaseSync
  readonly commitGroup: CommitGroup
  /** A writer as after a restart: nothing remembered but what is stored. */
  readonly reboot: () => CommitGroup
  readonly verify: (checkpoint?: string) => VerifyReport
  readonly checkpoint: () => string
  readonly close: () => void
}

export function openTestLedger(directory: string = temporaryDirectory()): TestLedger {
  const paths = storePaths(directory)
  must(makeDirectories(paths))
  const database = must(openForWriting(paths.database, null))
  const keys = must(openStoreKeys({ randomBytes }, paths, { deployment: 'test', mayCreate: true }))
  const marks = openHighWaterMarks(paths)
  const boot = (): CommitGroup =>
    createCommitGroup({
      database,
      randomBytes,
      wrappingKey: createSecretKey(keys.wrapping.export()),
      boot: { producerId: PRODUCER, bootId: randomUUID(), startedAt: epochMillis(1) },
      deployment: 'test',
      checkpointKey: keys.checkpoint,
      sign: keys.sign,
      onCheckpoint: marks.raise,
    })
  return {
    paths,
    database,
    commitGroup: boot(),
    reboot: boot,
    verify: (checkpoint) =>
      must(
        verifyStore({
          directory,
          tenant: DEFAULT_TENANT,
          checkpoint: checkpoint ?? null,
          requireAnchor: false,
        }),
      ),
    checkpoint: () =>
      String(database.prepare('select checkpoint from ledger_head').get()?.['checkpoint']),
    close: () => {
      if (database.isOpen) database.close()
      marks.close()
      removeDirectory(directory)
    },
  }
}

const PRODUCER = '7b1f4f0e-0000-4000-8000-000000000001'
