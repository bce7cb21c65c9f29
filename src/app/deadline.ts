import type { Clock } from '../core/clock.ts'
import type { Commit, Gather } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import { fail } from '../core/result.ts'
import type { RecordDraft } from '../core/record.ts'

type Timed = { readonly timer: <T>(ms: number, late: () => T) => { done: Promise<T>; cancel: () => void } }

/** Real timers, for `app/`; nothing else makes one. */
export const realTimer: Timed['timer'] = (ms, late) => {
  let cancel = (): void => {}
  const done = new Promise<ReturnType<typeof late>>((resolve) => {
    const handle = setTimeout(() => resolve(late()), ms)
    cancel = () => clearTimeout(handle)
  })
  return { done, cancel }
}

/** Facts that come too late are no facts: the call is denied as `fact_unavailable`. */
export const gatherWithin =
  (deps: Timed & { readonly deadlineMs: number }, gather: Gather): Gather =>
  async (caller, asked, release) => {
    const { done, cancel } = deps.timer(deps.deadlineMs, () =>
      fail(reason('fact_unavailable', 'the facts did not arrive in time')),
    )
    const facts = await Promise.race([gather(caller, asked, release), done])
    cancel()
    return facts
  }

/**
 * A commit that takes longer than the deadline answers `evidence_unavailable`, and the call is
 * refused. When its record becomes durable after all, an outcome `not_sent` follows it, so that
 * the ledger never says that the effect was released.
 */
export const commitWithin =
  (
    deps: Timed & { readonly deadlineMs: number; readonly clock: Clock; readonly newId: () => string },
    commit: Commit,
  ): Commit =>
  async (draft, changes, preconditions) => {
    const committed = commit(draft, changes, preconditions)
    const { done, cancel } = deps.timer(deps.deadlineMs, () =>
      fail(reason('evidence_unavailable', 'the record was not durable in time')),
    )
    let late = true
    const first = await Promise.race([committed.then((receipt) => ((late = false), receipt)), done])
    cancel()
    if (late && draft.effect === 'pending')
      void committed.then((receipt) => {
        if (receipt.ok) void commit(notSent(draft, deps.newId(), deps.clock), [], [])
      })
    return first
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
