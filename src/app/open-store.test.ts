import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { aDraft, A_TIME, anOutcome } from '../audit/testing/drafts.ts'
import { epochMillis } from '../core/clock.ts'
import type { AgentId, PersonId } from '../core/ids.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import { openLedger } from '../store/open-ledger.ts'
import { must, removeDirectory, temporaryDirectory } from '../store/testing/temporary-ledger.ts'
import { verifyStore } from '../store/verify-store.ts'
import { openStore, type Store } from './open-store.ts'

const dana = 'dana' as PersonId

async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = temporaryDirectory()
  try {
    await run(directory)
  } finally {
    removeDirectory(directory)
  }
}

const open = async (directory: string): Promise<Store> =>
  must(await openStore({ directory, deployment: 'test' }))

const verify = (directory: string) =>
  must(verifyStore({ directory, tenant: DEFAULT_TENANT, checkpoint: null, requireAnchor: false }))

test('state and ledger are there again after a restart, in files only their owner reads', () =>
  withDirectory(async (directory) => {
    const first = await open(directory)
    must(await first.seedRegistry(['refund-agent' as AgentId], [dana]))
    const draft = aDraft(1, { type: 'sponsor.suspended', effect: 'applied' })
    must(
      await first.commit(
        draft,
        [
          { kind: 'set_sponsor_status', id: dana, status: 'suspended' },
          { kind: 'bump', epoch: { of: 'sponsor', id: dana } },
        ],
        [{ kind: 'sponsor_active', id: dana }],
      ),
    )
    assert.equal(first.readState.sponsorStatus(DEFAULT_TENANT, dana), 'suspended')
    await first.close()
    const second = await open(directory)
    must(await second.seedRegistry([], [dana]))
    assert.equal(second.readState.sponsorStatus(DEFAULT_TENANT, dana), 'suspended')
    assert.deepEqual(second.readState.epochs(DEFAULT_TENANT, [{ of: 'sponsor', id: dana }]), [1])
    const refused = await second.commit(aDraft(2), [], [{ kind: 'sponsor_active', id: dana }])
    assert.ok(!refused.ok && refused.error.code === 'sponsor_inactive')
    const [shown] = second.ledger.byDecision(aDraft(2).decisionId)
    assert.equal(shown?.record.reason, 'sponsor_inactive')
    assert.equal(shown?.record.subject, 'alice')
    assert.deepEqual(second.ledger.last(1), [shown])
    assert.deepEqual(second.ledger.byId(aDraft(2).id), shown)
    for (const name of ['reeve.db', 'reeve.lock', 'keys/seal.key', 'keys/checkpoint.ed25519.jwk']) {
      assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name)
    }
    for (const name of ['', 'keys']) {
      assert.equal(statSync(join(directory, name)).mode & 0o777, 0o700)
    }
    await second.close()
    assert.equal(verify(directory).exitCode, 0)
  }))

test('of 64 calls that use the same id at once, one is let through', () =>
  withDirectory(async (directory) => {
    const store = await open(directory)
    const expiresAt = epochMillis(A_TIME + 60_000)
    const results = await Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        store.commit(aDraft(i + 1), [{ kind: 'consume', id: 'jti', expiresAt }], []),
      ),
    )
    assert.equal(results.filter((result) => result.ok).length, 1)
    assert.equal(
      results.filter((result) => !result.ok && result.error.code === 'replayed').length,
      63,
    )
    assert.equal(store.ledger.last(100).length, 64)
    await store.close()
  }))

test('a second server on the same directory is refused and told whose it is', () =>
  withDirectory(async (directory) => {
    const first = await open(directory)
    const second = await openStore({ directory, deployment: 'test' })
    assert.ok(!second.ok)
    assert.match(second.error.detail, new RegExp(`in use by process ${process.pid}`))
    await first.close()
    await (await open(directory)).close()
  }))

test('readers see whole records while the writer is busy, and a snapshot of them verifies', () =>
  withDirectory(async (directory) => {
    const store = await open(directory)
    const reader = must(openLedger(directory, DEFAULT_TENANT))
    const commits: Promise<unknown>[] = []
    for (let number = 1; number <= 300; number++) {
      commits.push(store.commit(aDraft(number), [], []))
      if (number % 50 === 0) {
        await commits.at(-1)
        assert.equal(reader.head()?.size, reader.last(1000).length)
        assert.equal(verify(directory).exitCode, 0)
      }
    }
    await Promise.all(commits)
    assert.equal([...reader.from(290)].length, 10)
    reader.close()
    await store.close()
  }))

test('a start settles what an earlier one left open, once', () =>
  withDirectory(async (directory) => {
    const first = await open(directory)
    const settled = aDraft(1)
    must(await first.commit(settled, [], []))
    must(await first.commit(anOutcome(2, settled), [], []))
    must(await first.commit(aDraft(3), [], []))
    await first.close()
    for (let start = 0; start < 2; start++) {
      const store = await open(directory)
      const [decision, outcome, ...more] = store.ledger.byDecision(aDraft(3).decisionId)
      assert.deepEqual(more, [])
      assert.equal(decision?.record.effect, 'pending')
      assert.deepEqual(
        [outcome?.record.type, outcome?.record.effect, outcome?.record.sponsor_id],
        ['outcome', 'unknown', 'dana'],
      )
      assert.equal(store.ledger.byDecision(settled.decisionId).length, 2)
      await store.close()
    }
    assert.ok(!verify(directory).lines.some((line) => line.includes('no outcome')))
  }))

test('a key that is missing beside its ledger is an error, never made anew', () =>
  withDirectory(async (directory) => {
    const store = await open(directory)
    must(await store.commit(aDraft(1), [], []))
    await store.close()
    const file = join(directory, 'keys', 'seal.key')
    const key = readFileSync(file)
    rmSync(file)
    const opened = await openStore({ directory, deployment: 'test' })
    assert.ok(!opened.ok)
    assert.match(opened.error.detail, /seal\.key.*restore it/)
    assert.equal(key.length > 0, true)
  }))

const CHILD = fileURLToPath(new URL('./testing/write-until-killed.ts', import.meta.url))

test('whatever was acknowledged before a kill is there after it, and the ledger verifies', () =>
  withDirectory(async (directory) => {
    const acknowledged: string[] = []
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [CHILD, directory, String(1 + round * 1_000_000)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const lines = createInterface({ input: child.stdout })
      const wanted = acknowledged.length + 40 + round * 33
      for await (const line of lines) {
        acknowledged.push(line)
        if (acknowledged.length === wanted) child.kill('SIGKILL')
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      const ledger = must(openLedger(directory, DEFAULT_TENANT))
      for (const id of acknowledged) assert.notEqual(ledger.byId(id), null, id)
      ledger.close()
      const report = verify(directory)
      assert.equal(report.exitCode, 0, report.lines.join('\n'))
    }
    await (await open(directory)).close()
  }))

test('a ledger that lost its end is not continued until the loss is accepted', async () => {
  await withDirectory(async (directory) => {
    const first = await open(directory)
    must(await first.commit(aDraft(1), [], []))
    await first.close()
    for (const name of ['reeve.db', 'reeve.db-wal', 'reeve.db-shm'])
      rmSync(join(directory, name), { force: true })
    const lost = await openStore({ directory, deployment: 'test' })
    assert.ok(!lost.ok)
    assert.match(lost.error.detail, /has 0 records, and had 1.*reeve recover/)
    const accepted = must(await openStore({ directory, deployment: 'test', acceptLostEnd: true }))
    must(await accepted.commit(aDraft(2), [], []))
    await accepted.close()
    await (await open(directory)).close()
  })
})
