import { Worker } from 'node:worker_threads'
import type { AgentId, PersonId, TenantId } from '../core/ids.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import type { Commit } from '../core/path.ts'
import { type Reason, reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import type { ReadState } from '../core/state.ts'
import { type CommitClient, createCommitClient } from '../store/commit-client.ts'
import { makeDirectories, storePaths } from '../store/key-files.ts'
import { type Lock, takeLock } from '../store/lock.ts'
import { type Ledger, openLedger } from '../store/open-ledger.ts'
import { openForReading } from '../store/sqlite/open-database.ts'
import { rememberState } from '../store/remembered-state.ts'
import { createReadState } from '../store/sqlite/read-state.ts'
import type { WriterOptions } from '../store/start-writer.ts'
import type { Greeting } from '../store/wire.ts'

/** How often a writer that died is started again before the store stays down, and denies. */
const RESTARTS_MAX = 5

export type StoreOptions = {
  /** The state directory; made with mode 0700. */
  readonly directory: string
  /** First part of the log's origin and the name of its key: a host name or `reeve`; no space, no `+`. */
  readonly deployment: string
  readonly tenant?: TenantId
  /** Largest size of the database file; null or absent for what the disk holds. */
  readonly bytesMax?: number | null
  /** Goes on with a ledger that lost its end, instead of refusing to open it. */
  readonly acceptLostEnd?: boolean
}

export type Store = {
  readonly commit: Commit
  readonly readState: ReadState
  /** Reads of the ledger with names, for `why`, `audit tail` and the console. */
  readonly ledger: Ledger
  /** Makes known whom the configuration names; known statuses stay. */
  readonly seedRegistry: (
    agents: readonly AgentId[],
    sponsors: readonly PersonId[],
  ) => Promise<Result<null, Reason>>
  /** Waits for what is under way, then closes everything and gives the lock back. */
  readonly close: () => Promise<void>
}

/**
 * Opens the store in a directory, starting the one thread that writes. Fails with
 * `evidence_unavailable` and a sentence for the operator when another process holds it, when a key
 * is missing, or when the database cannot be used.
 */
export async function openStore(options: StoreOptions): Promise<Result<Store, Reason>> {
  const paths = storePaths(options.directory)
  const made = makeDirectories(paths)
  if (!made.ok) return made
  const lock = takeLock(paths, process.pid)
  if (!lock.ok) return lock
  const writer = await startWorker({
    directory: options.directory,
    deployment: options.deployment,
    tenants: [options.tenant ?? DEFAULT_TENANT],
    bytesMax: options.bytesMax ?? null,
    acceptLostEnd: options.acceptLostEnd === true,
    settle: true,
  })
  const opened = writer.ok ? openReaders(options, writer.value, lock.value) : writer
  if (!opened.ok) lock.value.release()
  return opened
}

function openReaders(
  options: StoreOptions,
  writer: WriterThread,
  lock: Lock,
): Result<Store, Reason> {
  const tenant = options.tenant ?? DEFAULT_TENANT
  const database = openForReading(storePaths(options.directory).database)
  const ledger = openLedger(options.directory, tenant)
  if (!database.ok || !ledger.ok) {
    writer.stop()
    return database.ok ? (ledger as Result<never, Reason>) : database
  }
  const remembered = rememberState(createReadState(database.value), writer.client.commit)
  return ok({
    commit: remembered.commit,
    readState: remembered.state,
    ledger: ledger.value,
    seedRegistry: async (agents, sponsors) => {
      const seeded = await writer.client.seed({ tenant, agents, sponsors })
      remembered.forgetAll()
      return seeded
    },
    close: async () => {
      // Readers first: the last connection to close folds the write-ahead log into the database.
      database.value.close()
      ledger.value.close()
      await writer.client.close()
      writer.stop()
      lock.release()
    },
  })
}

type WriterThread = { readonly client: CommitClient; readonly stop: () => void }

/** Starts the writer and answers when it is ready; after that, starts it again when it dies. */
function startWorker(options: WriterOptions): Promise<Result<WriterThread, Reason>> {
  let worker: Worker | null = null
  let stopped = false
  let restarts = 0
  let wasReady = false
  const client = createCommitClient({
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
    post: (message) => worker?.postMessage(message),
    defer: setImmediate,
  })
  const stop = (): void => {
    stopped = true
    client.connected(false)
    void worker?.terminate()
  }
  return new Promise((resolve) => {
    const start = (settle: boolean): void => {
      worker = new Worker(workerFile(), { workerData: { ...options, settle } })
      worker.on('message', (message: string | Greeting) => {
        if (typeof message === 'string') return client.receive(message)
        if (message.kind === 'ready') {
          wasReady = true
          client.connected(true)
          return resolve(ok({ client, stop }))
        }
        stop()
        return resolve(fail(reason('evidence_unavailable', message.detail)))
      })
      // An error is always followed by the exit, which is where it is dealt with.
      worker.on('error', (error: Error) => {
        resolve(fail(reason('evidence_unavailable', `the writer failed: ${error.message}`)))
      })
      worker.on('exit', () => {
        client.connected(false)
        // One that never came up is the caller's to deal with; it gives the lock back.
        if (!wasReady)
          return resolve(fail(reason('evidence_unavailable', 'the writer did not start')))
        if (!stopped && ++restarts <= RESTARTS_MAX) start(false)
      })
    }
    start(options.settle)
  })
}

const workerFile = (): URL =>
  new URL(
    import.meta.url.endsWith('.ts') ? './store-worker.ts' : './store-worker.js',
    import.meta.url,
  )
