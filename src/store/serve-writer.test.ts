import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aDraft, digest } from '../audit/testing/drafts.ts'
import { epochMillis } from '../core/clock.ts'
import { ok } from '../core/result.ts'
import { createWriter, GROUP_ENTRIES_MAX } from './serve-writer.ts'
import type { Answer } from './wire.ts'

test('messages that gathered are committed as groups of bounded size, in order, and all answered', () => {
  const groups: number[] = []
  const posted: Answer[] = []
  const deferred: (() => void)[] = []
  const log: string[] = []
  const handle = createWriter({
    commitGroup: (entries) => {
      groups.push(entries.length)
      return entries.map(({ draft }) =>
        ok({ id: draft.id, index: 0, leaf: digest(1), at: epochMillis(1) }),
      )
    },
    seed: () => {
      log.push('seed')
      return ok(null)
    },
    post: (text) => posted.push(...(JSON.parse(text) as Answer[])),
    defer: (run) => deferred.push(run),
    close: () => log.push('close'),
  })
  const count = GROUP_ENTRIES_MAX + 5
  for (let number = 1; number <= count; number++) {
    handle(JSON.stringify([[number, 'commit', aDraft(number), [], []]]))
  }
  handle(
    JSON.stringify([
      [count + 1, 'seed', {}],
      [count + 2, 'close'],
    ]),
  )
  while (deferred.length > 0) deferred.shift()?.()
  assert.deepEqual(groups, [GROUP_ENTRIES_MAX, 5])
  assert.deepEqual(
    posted.map(([number]) => number),
    Array.from({ length: count + 2 }, (_, i) => i + 1),
  )
  assert.deepEqual(log, ['seed', 'close'])
})
