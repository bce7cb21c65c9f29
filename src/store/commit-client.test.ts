import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aDraft, anOutcome, digest } from '../audit/testing/drafts.ts'
import {
  type CommitClient,
  createCommitClient,
  DRAFT_CHARS_MAX,
  QUEUE_CHARS_MAX,
  QUEUE_ENTRIES_MAX,
  QUEUE_OUTCOMES_RESERVE,
} from './commit-client.ts'
import type { Answer, Request } from './wire.ts'

function aClient(): {
  readonly client: CommitClient
  readonly sent: Request[][]
  readonly endTurn: () => void
} {
  const sent: Request[][] = []
  const deferred: (() => void)[] = []
  const client = createCommitClient({
    post: (message) => sent.push(JSON.parse(message) as Request[]),
    defer: (run) => deferred.push(run),
  })
  client.connected(true)
  return { client, sent, endTurn: () => deferred.splice(0).forEach((run) => run()) }
}

const answers = (client: CommitClient, ...list: Answer[]): void =>
  client.receive(JSON.stringify(list))

test('what comes in one turn leaves in one message, and each is answered by its number', async () => {
  const { client, sent, endTurn } = aClient()
  const first = client.commit(aDraft(1), [], [])
  const second = client.commit(aDraft(2), [], [])
  assert.equal(sent.length, 0)
  endTurn()
  assert.deepEqual(
    sent.map((message) => message.map((request) => request[1])),
    [['commit', 'commit']],
  )
  answers(client, [2, 'failed', 'replayed', 'used'], [1, 'receipt', 7, digest(1), 12])
  assert.deepEqual(await first, {
    ok: true,
    value: { id: aDraft(1).id, index: 7, leaf: digest(1), at: 12 },
  })
  assert.deepEqual(await second, { ok: false, error: { code: 'replayed', detail: 'used' } })
  void client.commit(aDraft(3), [], [])
  endTurn()
  assert.equal(sent.length, 2)
})

test('when the writer dies everything under way fails, and nothing new is taken until it is back', async () => {
  const { client, sent, endTurn } = aClient()
  const unsent = client.commit(aDraft(1), [], [])
  client.connected(false)
  endTurn()
  assert.equal(sent.length, 0)
  const later = await client.commit(aDraft(2), [], [])
  for (const result of [await unsent, later]) {
    assert.ok(!result.ok && result.error.code === 'evidence_unavailable')
  }
  const seeded = await client.seed({ tenant: 'default', agents: [], sponsors: [] })
  assert.equal(seeded.ok, false)
  client.connected(true)
  const again = client.commit(aDraft(3), [], [])
  endTurn()
  answers(client, [2, 'receipt', 0, digest(1), 1])
  assert.equal((await again).ok, true)
})

test('a full queue refuses decisions but keeps room for outcomes', async () => {
  const { client } = aClient()
  for (let i = 0; i < QUEUE_ENTRIES_MAX; i++) void client.commit(aDraft(1), [], [])
  const refused = await client.commit(aDraft(1), [], [])
  assert.ok(!refused.ok && refused.error.code === 'evidence_unavailable')
  let settled = 0
  for (let i = 0; i < QUEUE_OUTCOMES_RESERVE; i++) {
    void client.commit(anOutcome(2, aDraft(1)), [], []).then(() => settled++)
  }
  await Promise.resolve()
  assert.equal(settled, 0)
  assert.equal((await client.commit(anOutcome(2, aDraft(1)), [], [])).ok, false)
})

test('a draft of any size is refused before it can fill the memory', async () => {
  const { client, sent, endTurn } = aClient()
  const huge = aDraft(1, { replay: 'x'.repeat(DRAFT_CHARS_MAX) })
  assert.equal((await client.commit(huge, [], [])).ok, false)
  const large = aDraft(1, { replay: 'x'.repeat(DRAFT_CHARS_MAX - 4096) })
  const fitting = Math.floor(QUEUE_CHARS_MAX / DRAFT_CHARS_MAX)
  for (let i = 0; i < fitting; i++) void client.commit(large, [], [])
  assert.equal((await client.commit(large, [], [])).ok, false)
  endTurn()
  assert.equal(sent[0]?.length, fitting)
})
