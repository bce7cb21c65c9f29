import type { Clock, EpochMillis } from '../core/clock.ts'
import type { NewId } from '../core/ids.ts'
import type { Commit } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import type { RecordDraft } from '../core/record.ts'

/** Records a refusal before authentication. It returns at once: a stranger never waits on the ledger. */
export type RecordStranger = (draft: RecordDraft) => void

/** Where refusals of strangers go. */
export type StrangerLog = {
  readonly record: RecordStranger
  /** Writes the counting records of minutes that have passed; `all` also the current one. */
  readonly flush: (all: boolean) => Promise<void>
}

/** Refusals of one source recorded one by one within a minute; the rest become one counting record (SECURITY 23). */
export const STRANGER_RECORDS_PER_MINUTE = 10

/** Sources remembered in one minute; a flood from more addresses shares one counter. */
export const STRANGER_SOURCES_MAX = 10_000

/** Strangers' records under way at once: a small part of the ledger's queue, so that a flood of them never fills it. */
export const STRANGER_RECORDS_UNDER_WAY_MAX = 200

const MINUTE_MS = 60_000
const OTHERS = 'others'

type Window = { readonly minute: number; recorded: number; dropped: number; last: RecordDraft }

/**
 * Keeps strangers from filling the ledger: the first ten refusals per minute and source are
 * recorded as they are, the rest are counted, and so is what comes while too many are under way.
 * Their records never make anything fail closed; what a crash interrupts was not counted yet.
 */
export function createStrangerLog(deps: {
  readonly clock: Clock
  readonly newId: NewId
  readonly commit: Commit
}): StrangerLog {
  const windows = new Map<string, Window>()
  let underWay = 0

  /** Never throws and never fails: nobody waits for a stranger's record. */
  const write = async (draft: RecordDraft): Promise<void> => {
    underWay++
    try {
      await deps.commit(draft, [], [])
    } catch {
      // A ledger that throws is broken for everybody, and says so to those who are known.
    }
    underWay--
  }

  const flush = async (all: boolean): Promise<void> => {
    const now = deps.clock.now()
    const minute = Math.floor(now / MINUTE_MS)
    const drafts: RecordDraft[] = []
    for (const [source, window] of windows) {
      if (!all && window.minute === minute) continue
      windows.delete(source)
      if (window.dropped > 0) drafts.push(countingDraft(window, source, deps.newId(), now))
    }
    // One after the other: ten thousand at once would be the flood that they stand for.
    for (const draft of drafts) await write(draft)
  }

  const record: RecordStranger = (draft) => {
    const minute = Math.floor(draft.at / MINUTE_MS)
    const wanted = neighbourhoodOf(draft.source)
    const source = windows.has(wanted) || windows.size < STRANGER_SOURCES_MAX ? wanted : OTHERS
    let window = windows.get(source)
    if (window === undefined || window.minute !== minute) {
      if (window !== undefined && window.dropped > 0)
        void write(countingDraft(window, source, deps.newId(), draft.at))
      window = { minute, recorded: 0, dropped: 0, last: draft }
      windows.set(source, window)
    }
    if (
      window.recorded < STRANGER_RECORDS_PER_MINUTE &&
      underWay < STRANGER_RECORDS_UNDER_WAY_MAX
    ) {
      window.recorded++
      void write(draft)
    } else {
      window.dropped++
      window.last = draft
    }
  }
  return { record, flush }
}

/** One host of IPv6 has a whole /64 to speak from, so that is what counts as one source (RFC 6177). */
function neighbourhoodOf(source: string | null): string {
  if (source === null) return OTHERS
  if (!source.includes(':') || source.includes('.')) return source
  const [head = ''] = source.split('%')
  const [left = '', right] = head.split('::')
  const groups = left.split(':')
  const missing = right === undefined ? 0 : 8 - groups.length - right.split(':').length
  return [...groups, ...Array<string>(Math.max(missing, 0)).fill('0'), ...(right ?? '').split(':')]
    .slice(0, 4)
    .join(':')
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
  source: source === OTHERS ? null : window.last.source,
  decisionId: id as RecordDraft['decisionId'],
  reason: reason(
    window.last.reason?.code ?? 'unauthenticated',
    'further refusals of one source within a minute',
  ),
  count: window.dropped,
})
