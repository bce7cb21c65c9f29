import type { DatabaseSync } from 'node:sqlite'
import { readRecord } from '../audit/read-record.ts'
import type { EpochMillis } from '../core/clock.ts'
import type { NewId, RandomBytes } from '../core/ids.ts'
import { type Reason, reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { openHighWaterMarks } from './high-water-mark.ts'
import { lostEnd } from './lost-end.ts'
import { openStoreKeys, type StoreKeys, storePaths } from './key-files.ts'
import { createWriter } from './serve-writer.ts'
import { createCommitGroup } from './sqlite/commit-group.ts'
import { openForWriting } from './sqlite/open-database.ts'
import { createOpenGroup } from './sqlite/open-group.ts'
import { seedRegistry } from './sqlite/seed-registry.ts'
import { settleOpenDecisions } from './sqlite/settle-open-decisions.ts'

/** What the writer's thread is started with. */
export type WriterOptions = {
  readonly directory: string
  readonly deployment: string
  readonly tenants: readonly string[]
  /** Largest size of the database file, or null for what the disk holds. */
  readonly bytesMax: number | null
  /** Whether no earlier writer of this process may still report outcomes. */
  readonly settle: boolean
  /** Whether to go on with a ledger that lost its end; only `reeve recover` does. */
  readonly acceptLostEnd: boolean
}

export type WriterWorld = {
  readonly randomBytes: RandomBytes
  readonly newId: NewId
  readonly now: () => EpochMillis
  readonly post: (text: string) => void
  readonly defer: (run: () => void) => void
}

/** Opens the database for writing, settles what a crash left open, and returns the message handler. */
export function startWriter(
  world: WriterWorld,
  options: WriterOptions,
): Result<(message: string) => void, Reason> {
  const paths = storePaths(options.directory)
  const opened = openForWriting(paths.database, options.bytesMax)
  if (!opened.ok) return opened
  const database = opened.value
  const keys = openStoreKeys(world, paths, {
    deployment: options.deployment,
    mayCreate: database.prepare('select 1 from ledger limit 1').get() === undefined,
  })
  if (!keys.ok) return keys
  const lost = options.acceptLostEnd ? null : lostEnd(database, paths, options.tenants)
  if (lost !== null) {
    database.close()
    return fail(
      reason('evidence_unavailable', `${lost}; put the newest copy back, or run \`reeve recover\``),
    )
  }
  const marks = openHighWaterMarks(paths)
  const commitGroup = createCommitGroup({
    database,
    randomBytes: world.randomBytes,
    wrappingKey: keys.value.wrapping,
    boot: {
      producerId: producerId(database, world.newId),
      bootId: world.newId(),
      startedAt: world.now(),
    },
    deployment: options.deployment,
    checkpointKey: keys.value.checkpoint,
    sign: keys.value.sign,
    onCheckpoint: marks.raise,
  })
  if (options.settle) settle(world, options, database, keys.value, commitGroup)
  return ok(
    createWriter({
      commitGroup,
      seed: (seed) => {
        try {
          seedRegistry(database, seed)
          return ok(null)
        } catch (error) {
          const detail = error instanceof Error ? error.message : 'unknown error'
          return fail(reason('evidence_unavailable', `the registry cannot be written: ${detail}`))
        }
      },
      post: world.post,
      defer: world.defer,
      close: () => {
        database.close()
        marks.close()
      },
    }),
  )
}

function settle(
  world: WriterWorld,
  options: WriterOptions,
  database: DatabaseSync,
  keys: StoreKeys,
  commitGroup: ReturnType<typeof createCommitGroup>,
): void {
  const open = createOpenGroup(database, keys.wrapping)
  const read = (row: { id: string; leaf: string; sealed: Uint8Array }) => readRecord(open, row)
  for (const tenant of options.tenants) {
    settleOpenDecisions({ database, commitGroup, read, newId: world.newId, now: world.now }, tenant)
  }
}

/** The id of this installation as a producer of records, made with the database. */
function producerId(database: DatabaseSync, newId: NewId): string {
  const known = database.prepare(`select value from meta where name = 'producer_id'`).get()
  if (typeof known?.['value'] === 'string') return known['value']
  const made = newId()
  database.prepare(`insert into meta (name, value) values ('producer_id', ?)`).run(made)
  return made
}
