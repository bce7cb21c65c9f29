import type { Clock } from '../core/clock.ts'
import type { Commit, Gather } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import { fail } from '../core/result.ts'
import type { RecordDraft } from '../core/record.ts'

type Timed = {
  readonly timer: <T>(ms: number, late: () => T) => { done: Promise<T>; cancel: () => void }
}

/** Real timers, for `app/`; nothing else makes one. */
export const realTimer: Timed['timer'] = (ms, late) => {
  let cancel = (): void => {}
  const done = new Promise<ReturnType<typeof late>>((resolve) => {
    const handle = setTimeout(() => resolve(late()), ms)
    cancel = () => clearTimeout(handle)
  })
  return { done, cancel }
}

/** Facts that come too late, or cannot be read, are no facts: the call is denied as `fact_unavailable`. */
export const gatherWithin =
  (
    deps: Timed & {
      readonly deadlineMs: number
      /** Told why facts could not be read; the caller is not. */
      readonly unreadable: (error: unknown) => void
    },
    gather: Gather,
  ): Gather =>
  async (caller, asked, release) => {
    const { done, cancel } = deps.timer(deps.deadlineMs, () => TOO_LATE)
    try {
      return await Promise.race([gather(caller, asked, release), done])
    } catch (error) {
      deps.unreadable(error)
      return UNREADABLE
    } finally {
      cancel()
    }
  }

const TOO_LATE = fail(reason('fact_unavailable', 'the facts did not arrive in time'))
const UNREADABLE = fail(reason('fact_unavailable', 'the facts cannot be read'))

/**
 * A commit that takes longer than the deadline answers `evidence_unavailable`, and the call is
 * refused. When its record becomes durable after all, an outcome `not_sent` follows it, so that
 * the ledger never says that the effect was released. An outcome delays nobody, so it has no
 * deadline.
 */
export const commitWithin =
  (
    deps: Timed & {
      readonly deadlineMs: number
      readonly clock: Clock
      readonly newId: () => string
    },
    commit: Commit,
  ): Commit =>
  async (draft, changes, preconditions) => {
    if (draft.type === 'outcome') return commit(draft, changes, preconditions)
    const committed = commit(draft, changes, preconditions)
    const { done, cancel } = deps.timer(deps.deadlineMs, () => NOT_DURABLE)
    try {
      const first = await Promise.race([committed, done])
      if (first === NOT_DURABLE && releases(draft)) void withdraw(deps, commit, draft, committed)
      return first
    } finally {
      cancel()
    }
  }

const NOT_DURABLE = fail(reason('evidence_unavailable', 'the record was not durable in time'))

/** Whether the record says that something was let out: a call sent on, or a token signed. */
const releases = ({ type, decision, effect }: RecordDraft): boolean =>
  type === 'decision' && decision === 'allow' && (effect === 'pending' || effect === 'applied')

async function withdraw(
  deps: { readonly clock: Clock; readonly newId: () => string },
  commit: Commit,
  draft: RecordDraft,
  committed: ReturnType<Commit>,
): Promise<void> {
  try {
    const receipt = await committed
    if (receipt.ok) await commit(notSent(draft, deps.newId(), deps.clock), [], [])
  } catch {
    // Without a durable record there is nothing to withdraw.
  }
}

const notSent = (draft: RecordDraft, id: string, clock: Clock): RecordDraft => ({
  ...draft,
  id,
  type: 'outcome',
  at: clock.now(),
  decision: null,
  effect: 'not_sent',
  policy: null,
  basis: [],
  requestHash: null,
  replay: null,
  outcome: {
    effect: 'not_sent',
    status: 0,
    bytesSent: 0,
    durationMs: 0,
    responseHash: null,
    ended: 'refused',
  },
})
