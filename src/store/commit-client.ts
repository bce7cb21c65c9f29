import { epochMillis } from '../core/clock.ts'
import type { Digest } from '../core/ids.ts'
import type { Commit } from '../core/path.ts'
import { type Reason, reason } from '../core/reason.ts'
import type { Receipt, RecordDraft } from '../core/record.ts'
import { fail, ok, type Result } from '../core/result.ts'
import type { RegistrySeed } from './sqlite/seed-registry.ts'
import type { Answer, Request } from './wire.ts'

/** Entries on their way to the writer; beyond it the writer is hopelessly behind, and calls are refused. */
export const QUEUE_ENTRIES_MAX: number = 10_000

/** Room beyond it for outcomes of effects already made (SECURITY 19). */
export const QUEUE_OUTCOMES_RESERVE: number = 2_000

/** Letters of all drafts on their way, sealed questions and facts included. */
export const QUEUE_CHARS_MAX: number = 64 * 1024 * 1024

/** Letters of one draft; arguments seen by policies are at most 1 MiB. */
export const DRAFT_CHARS_MAX: number = 4 * 1024 * 1024

export type CommitClientDeps = {
  /** Hands a message to the writer. */
  readonly post: (message: string) => void
  /** Runs a function at the end of this turn, when more calls may have come in. */
  readonly defer: (run: () => void) => void
}

/** The request thread's side of the wire. */
export type CommitClient = {
  readonly commit: Commit
  readonly seed: (seed: RegistrySeed) => Promise<Result<null, Reason>>
  /** Lets everything before it finish, then closes the database. */
  readonly close: () => Promise<Result<null, Reason>>
  /** Takes the writer's answers. */
  readonly receive: (message: string) => void
  /** The writer is there (again), or is gone: what waits for it fails, and nothing new is taken. */
  readonly connected: (up: boolean) => void
}

type Waiting = {
  readonly chars: number
  readonly id: string
  readonly settle: (result: Result<Receipt, Reason>) => void
}

const unavailable = (detail: string): { readonly ok: false; readonly error: Reason } =>
  fail(reason('evidence_unavailable', detail))

/** Collects the commits of one turn into one message, and settles each when it is durable. */
export function createCommitClient(deps: CommitClientDeps): CommitClient {
  const waiting = new Map<number, Waiting>()
  let outbox: string[] = []
  let charsWaiting = 0
  let lastNumber = 0
  let up = false

  const flush = (): void => {
    if (outbox.length === 0) return
    const message = `[${outbox.join(',')}]`
    outbox = []
    deps.post(message)
  }
  const send = (id: string, text: string): Promise<Result<Receipt, Reason>> => {
    if (outbox.length === 0) deps.defer(flush)
    outbox.push(text)
    charsWaiting += text.length
    return new Promise((settle) => {
      waiting.set(lastNumber, { chars: text.length, id, settle })
    })
  }
  const sendPlain = async (request: (number: number) => Request): Promise<Result<null, Reason>> => {
    if (!up) return unavailable('the ledger is not running')
    const sent = await send('', JSON.stringify(request(++lastNumber)))
    return sent.ok ? ok(null) : sent
  }
  const settle = (number: number, result: (id: string) => Result<Receipt, Reason>): void => {
    const entry = waiting.get(number)
    if (entry === undefined) return
    waiting.delete(number)
    charsWaiting -= entry.chars
    entry.settle(result(entry.id))
  }
  return {
    commit: async (draft, changes, preconditions) => {
      if (!up) return unavailable('the ledger is not running')
      const text = JSON.stringify([++lastNumber, 'commit', draft, changes, preconditions])
      const full = isFull(draft, text.length, waiting.size, charsWaiting)
      return full === null ? send(draft.id, text) : unavailable(full)
    },
    seed: (seed) => sendPlain((number) => [number, 'seed', seed]),
    close: () => sendPlain((number) => [number, 'close']),
    receive: (message) => {
      for (const answer of JSON.parse(message) as Answer[]) {
        settle(answer[0], (id) => resultOf(id, answer))
      }
    },
    connected: (now) => {
      up = now
      outbox = []
      if (now) return
      for (const number of waiting.keys()) {
        settle(number, () => unavailable('the ledger stopped before the record was confirmed'))
      }
    },
  }
}

function isFull(
  draft: RecordDraft,
  chars: number,
  entriesWaiting: number,
  charsWaiting: number,
): string | null {
  if (chars > DRAFT_CHARS_MAX) return 'the record is larger than the ledger takes'
  const reserve = draft.type === 'outcome' ? QUEUE_OUTCOMES_RESERVE : 0
  const full =
    entriesWaiting >= QUEUE_ENTRIES_MAX + reserve ||
    (reserve === 0 && charsWaiting + chars > QUEUE_CHARS_MAX)
  return full ? 'the ledger is behind, try again' : null
}

function resultOf(id: string, answer: Answer): Result<Receipt, Reason> {
  switch (answer[1]) {
    case 'receipt':
      return ok({
        id,
        index: answer[2],
        leaf: answer[3] as Digest,
        at: epochMillis(answer[4]),
      })
    case 'done':
      return ok({ id, index: 0, leaf: '' as Digest, at: epochMillis(0) })
    case 'failed':
      return fail(reason(answer[2], answer[3]))
  }
}
