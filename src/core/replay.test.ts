import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ask, Resource } from './question.ts'
import { readReplay, writeReplay, type Replay } from './replay.ts'

const resource = (id: string): Resource => ({
  kind: 'leave',
  id,
  attr: { note: 'x'.repeat(1000) },
  scope: '',
  policyVersion: 'default',
})

const replayOf = (asks: readonly Ask[]): Replay =>
  ({
    caller: { kind: 'decision_caller' },
    asks,
    context: { time: 1 },
    facts: { raised: [] },
  }) as unknown as Replay

test('reads back what it wrote, asks in order', () => {
  const [one, two] = [resource('1'), resource('2')]
  const replay = replayOf([
    { action: 'view', resource: one },
    { action: 'edit', resource: one },
    { action: 'view', resource: two },
  ])
  assert.equal(JSON.stringify(readReplay(writeReplay(replay))), JSON.stringify(replay))
})

test('writes a resource once, however many actions are asked about it', () => {
  const one = resource('1')
  const actions = Array.from({ length: 50 }, (_, i) => ({ action: `a${i}`, resource: one }))
  assert.ok(writeReplay(replayOf(actions)).length < 5000)
})

test('takes nothing else for a replay', () => {
  for (const text of [
    '',
    '1',
    '{}',
    '{"resources":[],"asks":[{"action":"a","resource":0}]}',
    '{"asks":[]}',
  ])
    assert.equal(readReplay(text), null, text)
})
