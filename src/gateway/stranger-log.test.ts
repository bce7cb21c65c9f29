import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { blankDraft } from '../core/blank-draft.ts'
import { epochMillis, type EpochMillis } from '../core/clock.ts'
import { DEFAULT_TENANT, type NewId } from '../core/ids.ts'
import type { Commit } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import type { RecordDraft } from '../core/record.ts'
import { ok } from '../core/result.ts'
import {
  createStrangerLog,
  STRANGER_RECORDS_PER_MINUTE,
  STRANGER_RECORDS_UNDER_WAY_MAX,
  STRANGER_SOURCES_MAX,
} from './stranger-log.ts'

const MINUTE = 60_000

function log(commit?: Commit) {
  let now = 0
  const records: RecordDraft[] = []
  let ids = 0
  const newId: NewId = () => `id-${++ids}`
  const strangers = createStrangerLog({
    clock: { now: (): EpochMillis => epochMillis(now) },
    newId,
    commit:
      commit ??
      (async (draft) => {
        records.push(draft)
        return ok({ id: draft.id, index: 0, leaf: '' as never, at: draft.at })
      }),
  })
  const refuse = (source: string | null, at = now): void => {
    const id = newId() as never
    const base = blankDraft({
      id,
      at: epochMillis(at),
      tenant: DEFAULT_TENANT,
      surface: 'mcp',
      source,
    })
    strangers.record({ ...base, decision: 'deny', reason: reason('token_expired', 'old') })
  }
  const set = (to: number): void => void (now = to)
  return { refuse, set, records, flush: strangers.flush }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const counted = (records: readonly RecordDraft[]): readonly RecordDraft[] =>
  records.filter(({ type }) => type === 'refusals_counted')

test('ten refusals of a source stand by themselves, and the rest of its minute is one record', async () => {
  const { refuse, set, records, flush } = log()
  for (let i = 0; i < 25; i++) refuse('10.0.0.1')
  refuse('10.0.0.2')
  await settled()
  assert.equal(records.length, STRANGER_RECORDS_PER_MINUTE + 1)
  await flush(false)
  assert.equal(counted(records).length, 0)
  set(MINUTE)
  await flush(false)
  const [one, ...others] = counted(records)
  assert.deepEqual(others, [])
  assert.deepEqual([one?.count, one?.source, one?.reason?.code], [15, '10.0.0.1', 'token_expired'])
  assert.equal(one?.decisionId, one?.id)
})

test('every refusal is accounted for, whatever the sources, times and order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', null), fc.integer({ min: 0, max: 3 })), {
        maxLength: 120,
      }),
      async (refusals) => {
        const { refuse, records, flush } = log()
        // Clocks may step back, so the minutes come in any order.
        for (const [source, minute] of refusals) refuse(source, minute * MINUTE)
        await flush(true)
        await settled()
        const total = records.reduce((sum, draft) => sum + (draft.count ?? 1), 0)
        assert.equal(total, refusals.length)
      },
    ),
    { numRuns: 60 },
  )
})

test('a source of IPv6 is its /64, however it is written', async () => {
  const { refuse, records } = log()
  for (let i = 0; i < 20; i++) refuse(`2001:db8:1:2::${i.toString(16)}`)
  for (let i = 0; i < 20; i++) refuse(`2001:db8:1:2:0:0:1:${i.toString(16)}`)
  await settled()
  assert.equal(records.length, STRANGER_RECORDS_PER_MINUTE)
  refuse('2001:db8:1:3::1')
  refuse('::ffff:10.0.0.1')
  refuse('::1')
  await settled()
  assert.equal(records.length, STRANGER_RECORDS_PER_MINUTE + 3)
})

test('a flood from more addresses than are remembered shares one counter, without an address', async () => {
  const { refuse, records, flush } = log()
  for (let i = 0; i < STRANGER_SOURCES_MAX + 50; i++) {
    refuse(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
    if (i % 100 === 0) await settled()
  }
  await flush(true)
  const shared = counted(records).filter(({ source }) => source === null)
  assert.equal(shared.length, 1)
  assert.equal(shared[0]?.count, 50 - STRANGER_RECORDS_PER_MINUTE)
})

test('while the ledger is slow, strangers wait in a counter and not in its queue', async () => {
  let started = 0
  const { refuse } = log(() => {
    started++
    return new Promise(() => {})
  })
  for (let i = 0; i < 1000; i++) refuse(`10.0.${i >> 8}.${i & 255}`)
  await settled()
  assert.equal(started, STRANGER_RECORDS_UNDER_WAY_MAX)
})

test('a ledger that throws breaks nothing', async () => {
  const { refuse, flush } = log(() => Promise.reject(new Error('gone')))
  for (let i = 0; i < 12; i++) refuse('10.0.0.1')
  await flush(true)
})
