import type { Clock } from '../core/clock.ts'
import type { Commit, Gather } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import { fail } from '../core/result.ts'
import type { RecordDraft } from '../core/record.ts'

type Timed = {
  /** Calls back after so many milliseconds, unless what it returns is called before. */
  readonly timer: (ms: number, late: () => void) => () => void
}

/** Real timers, for `app/`; nothing else makes one. */
export const realTimer: Timed['timer'] = (ms, late) => {
  const handle = setTimeout(late, ms)
  return () => clearTimeout(handle)
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
  (caller, asked, release) =>
    new Promise((resolve) => {
      const cancel = deps.timer(deps.deadlineMs, () => resolve(TOO_LATE))
      const failed = (error: unknown): void => {
        cancel()
        deps.unreadable(error)
        resolve(UNREADABLE)
      }
      const gathered = (facts: Awaited<ReturnType<Gather>>): void => {
        cancel()
        resolve(facts)
      }
      try {
        gather(caller, asked, release).then(gathered, failed)
      } catch (error) {
        failed(error)
      }
    })

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
  (draft, changes, preconditions) => {
    const committed = commit(draft, changes, preconditions)
    if (draft.type === 'outcome') return committed
    return new Promise((resolve, reject) => {
      const cancel = deps.timer(deps.deadlineMs, () => {
        if (releases(draft)) void withdraw(deps, commit, draft, committed)
        resolve(NOT_DURABLE)
      })
      const answered = (receipt: Awaited<ReturnType<Commit>>): void => {
        cancel()
        resolve(receipt)
      }
      const failed = (error: Error): void => {
        cancel()
        reject(error)
      }
      committed.then(answered, failed)
    })
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
