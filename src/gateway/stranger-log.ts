import type { Clock, EpochMillis } from '../core/clock.ts'
import type { NewId } from '../core/ids.ts'
import type { Commit } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import type { RecordDraft } from '../core/record.ts'

/** Records a refusal before authentication. It returns at once: a stranger never waits on the ledger. */
export type RecordStranger = (draft: RecordDraft) => void

export type StrangerLog = {
  readonly record: RecordStranger
  /** Writes the counting records of minutes that have passed; `all` also the current one. */
  readonly flush: (all: boolean) => Promise<void>
}

/** Refusals of one source recorded one by one within a minute; the rest become one counting record (SECURITY 23). */
export const STRANGER_RECORDS_PER_MINUTE = 10

/** Sources remembered in one minute; a flood from more addresses shares one counter. */
export const STRANGER_SOURCES_MAX = 10_000

const MINUTE_MS = 60_000
const OTHERS = 'others'

type Window = { readonly minute: number; recorded: number; dropped: number; last: RecordDraft }

/**
 * Keeps strangers from filling the ledger: the first ten refusals per minute and source are
 * recorded as they are, the rest are counted. Their records never make anything fail closed.
 */
export function createStrangerLog(deps: {
  readonly clock: Clock
  readonly newId: NewId
  readonly commit: Commit
}): StrangerLog {
  const windows = new Map<string, Window>()

  const flush = async (all: boolean): Promise<void> => {
    const now = deps.clock.now()
    const minute = Math.floor(now / MINUTE_MS)
    const drafts: RecordDraft[] = []
    for (const [source, window] of windows) {
      if (!all && window.minute === minute) continue
      windows.delete(source)
      if (window.dropped > 0) drafts.push(countingDraft(window, source, deps.newId(), now))
    }
    await Promise.all(drafts.map((draft) => deps.commit(draft, [], [])))
  }

  const record: RecordStranger = (draft) => {
    const minute = Math.floor(draft.at / MINUTE_MS)
    const wanted = draft.source ?? OTHERS
    const source = windows.has(wanted) || windows.size < STRANGER_SOURCES_MAX ? wanted : OTHERS
    const window = windows.get(source)
    if (window !== undefined && window.minute !== minute) void flush(false)
    if (window === undefined || window.minute !== minute) {
      windows.set(source, { minute, recorded: 1, dropped: 0, last: draft })
      void deps.commit(draft, [], [])
    } else if (window.recorded < STRANGER_RECORDS_PER_MINUTE) {
      window.recorded++
      void deps.commit(draft, [], [])
    } else {
      window.dropped++
      window.last = draft
    }
  }
  return { record, flush }
}

const countingDraft = (
  window: Window,
  source: string,
  id: string,
  at: EpochMillis,
): RecordDraft => ({
  ...window.last,
  id,
  type: 'refusals_counted',
  at,
  source: source === OTHERS ? null : source,
  decisionId: id as RecordDraft['decisionId'],
  reason: reason(window.last.reason?.code ?? 'unauthenticated', 'further refusals of one source within a minute'),
  count: window.dropped,
})
