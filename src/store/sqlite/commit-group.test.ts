import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  aDraft,
  anOutcome,
  arbitraryDraft,
  A_TIME,
  digest,
  uuid,
} from '../../audit/testing/drafts.ts'
import type { Change, Instance, Precondition } from '../../core/change.ts'
import { epochMillis } from '../../core/clock.ts'
import type { AgentId, Digest, InstanceId, PersonId } from '../../core/ids.ts'
import { DEFAULT_TENANT } from '../../core/ids.ts'
import type { RecordDraft } from '../../core/record.ts'
import { openTestLedger, type TestLedger } from '../testing/temporary-ledger.ts'
import type { Entry } from './commit-group.ts'
import { SINGLE_USE_MARGIN_MS } from './apply-change.ts'
import { createReadState } from './read-state.ts'
import { seedRegistry } from './seed-registry.ts'

const dana = 'dana' as PersonId
const agent = 'refund-agent' as AgentId
const instance: Instance = {
  id: uuid(500) as InstanceId,
  agent,
  parent: null,
  sponsor: dana,
  subject: null,
  run: uuid(501) as Instance['run'],
  purpose: 'ticket',
  createdAt: A_TIME,
}

function withLedger(run: (ledger: TestLedger) => void): void {
  const ledger = openTestLedger()
  try {
    seedRegistry(ledger.database, { tenant: 'default', agents: [agent], sponsors: [dana] })
    run(ledger)
  } finally {
    ledger.close()
  }
}

const entry = (
  draft: RecordDraft,
  changes: readonly Change[] = [],
  preconditions: readonly Precondition[] = [],
): Entry => ({ draft, changes, preconditions })

const codes = (results: ReturnType<TestLedger['commitGroup']>): readonly string[] =>
  results.map((result) => (result.ok ? 'ok' : result.error.code))

test('any drafts, in any groups and over restarts, make a ledger that verifies', () => {
  const groups = fc.array(fc.array(fc.constant(null), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  })
  withLedger((ledger) => {
    let number = 10
    fc.assert(
      fc.property(groups, fc.infiniteStream(arbitraryDraft(0)), (sizes, drafts) => {
        const commitGroup = ledger.reboot()
        for (const size of sizes) {
          const entries = size.map(() => {
            const draft = drafts.next().value as RecordDraft
            return entry({ ...draft, id: uuid(number++) })
          })
          assert.deepEqual(
            codes(commitGroup(entries)),
            entries.map(() => 'ok'),
          )
        }
      }),
      { numRuns: 20 },
    )
    const report = ledger.verify()
    assert.equal(report.exitCode, 0, report.lines.join('\n'))
    assert.match(report.lines[0] ?? '', /^UNANCHORED/)
  })
})

test('a receipt names the place and the leaf, and indexes run without a hole', () => {
  withLedger((ledger) => {
    const results = [
      ...ledger.commitGroup([entry(aDraft(1)), entry(aDraft(2))]),
      ...ledger.commitGroup([entry(aDraft(3))]),
    ]
    assert.deepEqual(
      results.map((result) => result.ok && [result.value.id, result.value.index]),
      [1, 2, 3].map((number, index) => [uuid(number), index]),
    )
  })
})

test('a stop is seen by the next entry of its own group, and a seed by the next group', () => {
  withLedger((ledger) => {
    const active: Precondition = { kind: 'sponsor_active', id: dana }
    const current: Precondition = { kind: 'epoch_at_most', epoch: { of: 'tenant' }, value: 0 }
    const call = (number: number, precondition: Precondition): Entry =>
      entry(aDraft(number), [], [precondition])
    const stop = entry(aDraft(3, { type: 'sponsor.suspended', effect: 'applied' }), [
      { kind: 'set_sponsor_status', id: dana, status: 'suspended' },
      { kind: 'bump', epoch: { of: 'tenant' } },
    ])
    const group = [call(1, active), call(2, current), stop, call(4, active), call(5, current)]
    assert.deepEqual(codes(ledger.commitGroup(group)), [
      'ok',
      'ok',
      'ok',
      'sponsor_inactive',
      'revoked',
    ])
    const erin: Precondition = { kind: 'sponsor_active', id: 'erin' as PersonId }
    assert.deepEqual(codes(ledger.commitGroup([call(6, erin)])), ['sponsor_missing'])
    seedRegistry(ledger.database, { tenant: 'default', agents: [], sponsors: ['erin'] })
    assert.deepEqual(codes(ledger.commitGroup([call(7, erin)])), ['ok'])
  })
})

test('a change that was undone with its entry is not seen by the next one', () => {
  withLedger((ledger) => {
    const active: Precondition = { kind: 'sponsor_active', id: dana }
    const undone = entry(aDraft(1), [
      { kind: 'set_sponsor_status', id: dana, status: 'suspended' },
      { kind: 'set_sponsor_status', id: 'nobody' as PersonId, status: 'suspended' },
    ])
    const group = [entry(aDraft(2), [], [active]), undone, entry(aDraft(3), [], [active])]
    assert.deepEqual(codes(ledger.commitGroup(group)), ['ok', 'sponsor_missing', 'ok'])
  })
})

test('decision time never goes below the last record’s', () => {
  withLedger((ledger) => {
    const later = aDraft(1, { at: epochMillis(A_TIME + 90_000) })
    const earlier = aDraft(2, { at: A_TIME })
    const results = ledger.commitGroup([entry(later), entry(earlier)])
    assert.deepEqual(
      results.map((result) => result.ok && result.value.at),
      [later.at, later.at],
    )
    const afterRestart = ledger.reboot()([entry(aDraft(3, { at: A_TIME }))])
    assert.equal(afterRestart[0]?.ok && afterRestart[0].value.at, later.at)
  })
})

test('a failed precondition is recorded as a refusal, and nothing of the entry is applied', () => {
  const cases: readonly [string, Change, Precondition][] = [
    [
      'revoked',
      { kind: 'bump', epoch: { of: 'sponsor', id: dana } },
      { kind: 'epoch_at_most', epoch: { of: 'sponsor', id: dana }, value: 0 },
    ],
    [
      'sponsor_inactive',
      { kind: 'set_sponsor_status', id: dana, status: 'suspended' },
      { kind: 'sponsor_active', id: dana },
    ],
    [
      'revoked',
      { kind: 'set_agent_status', id: agent, status: 'stopped' },
      { kind: 'agent_active', id: agent },
    ],
    [
      'sponsor_missing',
      { kind: 'bump', epoch: { of: 'tenant' } },
      { kind: 'sponsor_active', id: 'nobody' as PersonId },
    ],
  ]
  for (const [code, stop, precondition] of cases) {
    withLedger((ledger) => {
      const consume: Change = { kind: 'consume', id: 'jti', expiresAt: epochMillis(A_TIME + 1000) }
      const stopping = entry(aDraft(1, { type: 'sponsor.suspended', effect: 'applied' }), [stop])
      const call = entry(
        aDraft(2, { mints: uuid(77) as RecordDraft['mints'] }),
        [consume],
        [precondition],
      )
      assert.deepEqual(codes(ledger.commitGroup([stopping, call])), ['ok', code])
      const state = createReadState(ledger.database)
      assert.equal(state.isConsumed(DEFAULT_TENANT, 'jti'), false)
      const leaf = ledger.database.prepare('select leaf from ledger where idx = 1').get()?.['leaf']
      const fields = JSON.parse(String(leaf)) as Record<string, unknown>
      assert.deepEqual(
        [fields['decision'], fields['effect'], fields['reason'], fields['mints']],
        ['deny', 'withheld', code, null],
      )
      assert.equal(ledger.verify().exitCode, 0)
    })
  }
})

test('a change that fails takes back the changes before it', () => {
  withLedger((ledger) => {
    const once: Change = { kind: 'consume', id: 'jti', expiresAt: epochMillis(A_TIME + 1000) }
    const put: Change = { kind: 'put_instance', instance }
    assert.deepEqual(codes(ledger.commitGroup([entry(aDraft(1), [once])])), ['ok'])
    assert.deepEqual(codes(ledger.commitGroup([entry(aDraft(2), [put, once])])), ['replayed'])
    const state = createReadState(ledger.database)
    assert.equal(state.instance(DEFAULT_TENANT, instance.id), null)
    assert.deepEqual(codes(ledger.commitGroup([entry(aDraft(3), [put])])), ['ok'])
    assert.deepEqual(state.instance(DEFAULT_TENANT, instance.id), instance)
    assert.deepEqual(codes(ledger.commitGroup([entry(aDraft(4), [put])])), ['replayed'])
  })
})

test('an id is used once, even when it was forgotten meanwhile', () => {
  withLedger((ledger) => {
    const expiresAt = epochMillis(A_TIME + 1000)
    const consume: Change = { kind: 'consume', id: 'jti', expiresAt }
    const later = epochMillis(expiresAt + SINGLE_USE_MARGIN_MS + 1)
    assert.deepEqual(codes(ledger.commitGroup([entry(aDraft(1), [consume])])), ['ok'])
    assert.deepEqual(codes(ledger.commitGroup([entry(aDraft(2, { at: later }))])), ['ok'])
    const state = createReadState(ledger.database)
    assert.equal(state.isConsumed(DEFAULT_TENANT, 'jti'), false)
    const again = ledger.commitGroup([entry(aDraft(3, { at: A_TIME }), [consume])])
    assert.deepEqual(codes(again), ['token_expired'])
  })
})

test('what one instance owns no other takes over, and it is gone when disowned', () => {
  withLedger((ledger) => {
    const object = {
      kind: 'mcp_session' as const,
      server: 'payments',
      id: 's1',
      instance: instance.id,
      createdAt: A_TIME,
    }
    const stolen = { ...object, instance: uuid(999) as InstanceId }
    const own = (number: number, held: typeof object) =>
      codes(ledger.commitGroup([entry(aDraft(number), [{ kind: 'own', object: held }])]))
    assert.deepEqual(own(1, object), ['ok'])
    assert.deepEqual(own(2, object), ['ok'])
    assert.deepEqual(own(3, stolen), ['not_found'])
    const state = createReadState(ledger.database)
    assert.deepEqual(state.ownedObject(DEFAULT_TENANT, object), object)
    ledger.commitGroup([entry(aDraft(4), [{ kind: 'disown', object }])])
    assert.equal(state.ownedObject(DEFAULT_TENANT, object), null)
  })
})

test('a tool’s first pin stays until a review replaces it', () => {
  withLedger((ledger) => {
    const pin = (number: number, to: Digest, type: RecordDraft['type']) => {
      const change: Change = { kind: 'pin_tool', server: 'payments', tool: 'refund', digest: to }
      return codes(ledger.commitGroup([entry(aDraft(number, { type }), [change])]))[0]
    }
    const state = createReadState(ledger.database)
    assert.equal(pin(1, digest(1), 'decision'), 'ok')
    assert.equal(pin(2, digest(1), 'decision'), 'ok')
    assert.equal(pin(3, digest(2), 'decision'), 'definition_changed')
    assert.equal(state.pinnedTool(DEFAULT_TENANT, 'payments', 'refund'), digest(1))
    assert.equal(pin(4, digest(2), 'tool.accepted'), 'ok')
    assert.equal(state.pinnedTool(DEFAULT_TENANT, 'payments', 'refund'), digest(2))
  })
})

test('seeding keeps the status of whom it already knows', () => {
  withLedger((ledger) => {
    const suspend: Change = { kind: 'set_sponsor_status', id: dana, status: 'suspended' }
    ledger.commitGroup([entry(aDraft(1, { type: 'sponsor.suspended' }), [suspend])])
    seedRegistry(ledger.database, { tenant: 'default', agents: [], sponsors: [dana, 'erin'] })
    const state = createReadState(ledger.database)
    assert.equal(state.sponsorStatus(DEFAULT_TENANT, dana), 'suspended')
    assert.equal(state.sponsorStatus(DEFAULT_TENANT, 'erin' as PersonId), 'active')
    assert.equal(state.sponsorStatus(DEFAULT_TENANT, 'zoe' as PersonId), 'unknown')
    assert.equal(state.agentStatus(DEFAULT_TENANT, agent), 'active')
  })
})

test('a draft that cannot be recorded fails alone, with its changes', () => {
  withLedger((ledger) => {
    const bump: Change = { kind: 'bump', epoch: { of: 'tenant' } }
    const bad = aDraft(2, { policy: { release: 'not a digest', id: 'p', rule: null, scope: '' } })
    const results = ledger.commitGroup([
      entry(aDraft(1)),
      entry(bad, [bump]),
      entry(aDraft(1), [bump]),
      entry(aDraft(3)),
    ])
    assert.deepEqual(codes(results), ['ok', 'evidence_unavailable', 'evidence_unavailable', 'ok'])
    const state = createReadState(ledger.database)
    assert.deepEqual(state.epochs(DEFAULT_TENANT, [{ of: 'tenant' }]), [0])
    assert.equal(ledger.verify().exitCode, 0)
  })
})

test('a full disk refuses everything, changes nothing, and all goes on when there is room again', () => {
  withLedger((ledger) => {
    const { database } = ledger
    const consume = (id: string): Change => ({
      kind: 'consume',
      id,
      expiresAt: epochMillis(A_TIME + 1000),
    })
    assert.deepEqual(codes(ledger.commitGroup([entry(aDraft(1))])), ['ok'])
    const pages = Number(database.prepare('pragma page_count').get()?.['page_count'])
    database.exec(`pragma max_page_count=${pages}`)
    const big = { replay: 'x'.repeat(100_000), subject: 'new-person' }
    const full = ledger.commitGroup([
      entry(aDraft(2), [consume('a')]),
      entry(aDraft(3, big), [consume('b')]),
    ])
    assert.deepEqual(codes(full), ['evidence_unavailable', 'evidence_unavailable'])
    const state = createReadState(database)
    assert.equal(state.isConsumed(DEFAULT_TENANT, 'a'), false)
    database.exec('pragma max_page_count=1000000')
    const again = ledger.commitGroup([
      entry(aDraft(2), [consume('a')]),
      entry(aDraft(3, big), [consume('b')]),
    ])
    assert.deepEqual(codes(again), ['ok', 'ok'])
    const report = ledger.verify()
    assert.equal(report.exitCode, 0, report.lines.join('\n'))
  })
})

test('the ledger cannot be changed through SQL', () => {
  withLedger((ledger) => {
    ledger.commitGroup([entry(aDraft(1)), entry(aDraft(2))])
    for (const sql of ['update ledger set leaf = leaf', 'delete from ledger']) {
      assert.throws(() => ledger.database.exec(sql), /append-only/)
    }
  })
})

test('released calls without outcome, and outcomes without a call, are counted and not hidden', () => {
  withLedger((ledger) => {
    const decision = aDraft(1)
    ledger.commitGroup([entry(decision), entry(aDraft(2)), entry(anOutcome(3, decision))])
    ledger.commitGroup([entry(anOutcome(4, aDraft(99)))])
    const { lines, exitCode } = ledger.verify()
    assert.equal(exitCode, 0)
    assert.ok(lines.some((line) => line.startsWith('1 released call has no outcome')))
    assert.ok(lines.some((line) => line.startsWith('1 outcome belongs to no open decision')))
  })
})
