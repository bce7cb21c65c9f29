import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blankDraft } from '../core/blank-draft.ts'
import { epochMillis } from '../core/clock.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import type { Gather } from '../core/path.ts'
import { reason, type Reason } from '../core/reason.ts'
import type { Receipt, RecordDraft } from '../core/record.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { commitWithin, gatherWithin } from './deadline.ts'

/** A timer that rings when the test says so. */
function handTimer() {
  const rings: (() => void)[] = []
  let cancelled = 0
  const timer = (_ms: number, late: () => void): (() => void) => {
    rings.push(late)
    return () => void cancelled++
  }
  return { timer, ring: () => rings.forEach((one) => one()), cancelled: () => cancelled }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const draftOf = (part: Partial<RecordDraft> = {}): RecordDraft => ({
  ...blankDraft({
    id: 'd-1' as never,
    at: epochMillis(1),
    tenant: DEFAULT_TENANT,
    surface: 'mcp',
    source: null,
  }),
  decision: 'allow',
  effect: 'pending',
  replay: 'sealed',
  ...part,
})
const receipt: Receipt = { id: 'd-1', index: 0, leaf: '' as never, at: epochMillis(1) }

function ledger() {
  const drafts: RecordDraft[] = []
  const answers: ((result: Result<Receipt, Reason>) => void)[] = []
  const hand = handTimer()
  const commit = commitWithin(
    { ...hand, deadlineMs: 1, clock: { now: () => epochMillis(9) }, newId: () => 'new' },
    (draft) => {
      drafts.push(draft)
      return new Promise((resolve) => answers.push(resolve))
    },
  )
  return { ...hand, commit: (draft: RecordDraft) => commit(draft, [], []), drafts, answers }
}

test('a commit in time is its own answer, and the timer is stopped', async () => {
  const { commit, answers, cancelled } = ledger()
  const done = commit(draftOf())
  answers[0]?.(ok(receipt))
  assert.deepEqual(await done, ok(receipt))
  assert.equal(cancelled(), 1)
})

test('a late one is refused, and when it becomes durable after all `not_sent` follows it', async () => {
  for (const effect of ['pending', 'applied'] as const) {
    const { commit, ring, answers, drafts } = ledger()
    const done = commit(draftOf({ effect }))
    ring()
    const refused = await done
    assert.ok(!refused.ok)
    assert.equal(refused.error.code, 'evidence_unavailable')
    assert.equal(drafts.length, 1)
    answers[0]?.(ok(receipt))
    await settled()
    const [, outcome] = drafts
    assert.deepEqual(
      [outcome?.type, outcome?.id, outcome?.decisionId, outcome?.effect, outcome?.replay],
      ['outcome', 'new', 'd-1', 'not_sent', null],
    )
  }
})

test('nothing follows a late refusal, a late change of state, or a commit that failed', async () => {
  for (const [part, result] of [
    [{ decision: 'deny', effect: 'withheld' }, ok(receipt)],
    [{ type: 'session.opened', effect: 'applied' }, ok(receipt)],
    [{ effect: 'not_observed' }, ok(receipt)],
    [{}, fail(reason('evidence_unavailable', 'full'))],
  ] as const) {
    const { commit, ring, answers, drafts } = ledger()
    const done = commit(draftOf(part))
    ring()
    await done
    answers[0]?.(result)
    await settled()
    assert.equal(drafts.length, 1)
  }
})

test('an outcome delays nobody and has no deadline', async () => {
  const { commit, ring, answers } = ledger()
  const done = commit(draftOf({ type: 'outcome', decision: null, effect: 'completed' }))
  ring()
  answers[0]?.(ok(receipt))
  assert.ok((await done).ok)
})

test('a ledger that throws late breaks nothing', async () => {
  const hand = handTimer()
  let breakOff = (): void => {}
  const commit = commitWithin(
    { ...hand, deadlineMs: 1, clock: { now: () => epochMillis(9) }, newId: () => 'new' },
    () => new Promise((_, reject) => (breakOff = () => reject(new Error('gone')))),
  )
  const done = commit(draftOf(), [], [])
  hand.ring()
  assert.ok(!(await done).ok)
  breakOff()
  await settled()
})

test('facts that come late or cannot be read are no facts, and the operator hears why', async () => {
  const hand = handTimer()
  const errors: unknown[] = []
  const within = (gather: Gather) =>
    gatherWithin({ ...hand, deadlineMs: 1, unreadable: (error) => void errors.push(error) }, gather)
  const ask = (gather: Gather) => within(gather)({} as never, {} as never, {} as never)
  const late = ask(() => new Promise(() => {}))
  hand.ring()
  const boom = new Error('database is locked')
  for (const result of [
    await late,
    await ask(() => Promise.reject(boom)),
    await ask(() => {
      throw boom
    }),
  ]) {
    assert.ok(!result.ok)
    assert.equal(result.error.code, 'fact_unavailable')
    assert.ok(!result.error.detail.includes('locked'))
  }
  assert.deepEqual(errors, [boom, boom])
  assert.equal(hand.cancelled(), 2)
})
