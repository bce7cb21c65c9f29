import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { blankDraft } from '../core/blank-draft.ts'
import type { Change, EpochKey, Instance } from '../core/change.ts'
import { epochMillis } from '../core/clock.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import type { Commit } from '../core/path.ts'
import type { RecordDraft } from '../core/record.ts'
import { reason } from '../core/reason.ts'
import { fail } from '../core/result.ts'
import type { ReadState } from '../core/state.ts'
import { rememberState } from './remembered-state.ts'
import { createReadState } from './sqlite/read-state.ts'
import { seedRegistry } from './sqlite/seed-registry.ts'
import { openTestLedger } from './testing/temporary-ledger.ts'

const aDraft = (): RecordDraft => ({
  ...blankDraft({
    id: randomUUID() as never,
    at: epochMillis(1),
    tenant: DEFAULT_TENANT,
    surface: 'mcp',
    source: null,
  }),
  type: 'tool.accepted',
  effect: 'applied',
})

const IDS = ['a', 'b'] as const
const EPOCHS: readonly EpochKey[] = [
  { of: 'tenant' },
  ...IDS.flatMap((id): EpochKey[] =>
    (['sponsor', 'agent', 'instance', 'run'] as const).map((of) => ({ of, id }) as EpochKey),
  ),
]
const owned = (id: string) => ({ kind: 'mcp_session', server: 's', id }) as const

/** Everything that can be read of what the changes below are about. */
const everything = (state: ReadState): unknown => ({
  epochs: state.epochs(DEFAULT_TENANT, EPOCHS),
  sponsors: IDS.map((id) => state.sponsorStatus(DEFAULT_TENANT, id as never)),
  agents: IDS.map((id) => state.agentStatus(DEFAULT_TENANT, id as never)),
  instances: IDS.map((id) => state.instance(DEFAULT_TENANT, id as never)),
  owned: IDS.map((id) => state.ownedObject(DEFAULT_TENANT, owned(id))),
  pins: IDS.map((id) => state.pinnedTool(DEFAULT_TENANT, 's', id)),
  consumed: IDS.map((id) => state.isConsumed(DEFAULT_TENANT, id)),
})

const anInstance = (id: string): Instance =>
  ({
    id,
    agent: 'a',
    parent: null,
    sponsor: 'a',
    subject: null,
    run: 'a',
    purpose: 'p',
    createdAt: epochMillis(1),
  }) as unknown as Instance

const aChange: fc.Arbitrary<Change> = fc.constantFrom(...IDS).chain((id) =>
  fc.constantFrom<Change>(
    { kind: 'consume', id, expiresAt: epochMillis(10_000) },
    ...EPOCHS.map((epoch): Change => ({ kind: 'bump', epoch })),
    { kind: 'set_sponsor_status', id: id as never, status: 'suspended' },
    { kind: 'set_sponsor_status', id: id as never, status: 'active' },
    { kind: 'set_agent_status', id: id as never, status: 'stopped' },
    { kind: 'put_instance', instance: anInstance(id) },
    {
      kind: 'own',
      object: { ...owned(id), instance: 'a' as never, createdAt: epochMillis(1) },
    },
    { kind: 'disown', object: owned(id) },
    { kind: 'pin_tool', server: 's', tool: id, digest: 'sha256:one' as never },
    { kind: 'pin_tool', server: 's', tool: id, digest: 'sha256:two' as never },
  ),
)

test('what is remembered is what stands in the database, after any changes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(aChange, { maxLength: 3 }), { maxLength: 12 }),
      async (all) => {
        const ledger = openTestLedger()
        try {
          const real = createReadState(ledger.database)
          const commit: Commit = async (draft, changes, preconditions) =>
            ledger.commitGroup([{ draft, changes, preconditions }])[0] ??
            fail(reason('evidence_unavailable', 'no answer'))
          const remembered = rememberState(real, commit)
          assert.deepEqual(everything(remembered.state), everything(real))
          seedRegistry(ledger.database, { tenant: DEFAULT_TENANT, agents: ['a'], sponsors: ['a'] })
          remembered.forgetAll()
          for (const changes of all) {
            await remembered.commit(aDraft(), changes, [])
            assert.deepEqual(everything(remembered.state), everything(real))
          }
        } finally {
          ledger.close()
        }
      },
    ),
    { numRuns: 30 },
  )
})

test('reads each entry once, and again after a commit that may have changed it, however that ended', async () => {
  let value = 0
  let reads = 0
  const read = {
    epochs: () => {
      reads++
      return [value]
    },
  } as unknown as ReadState
  const endings: readonly (() => ReturnType<Commit>)[] = [
    async () => fail(reason('evidence_unavailable', 'late')),
    () => Promise.reject(new Error('gone')),
  ]
  let ending = endings[0]
  const { state, commit } = rememberState(read, () => ending?.() ?? Promise.reject(new Error()))
  const raised = () => state.epochs(DEFAULT_TENANT, [{ of: 'tenant' }])[0]
  assert.deepEqual([raised(), raised(), reads], [0, 0, 1])
  for (const [i, one] of endings.entries()) {
    ending = one
    value = i + 1
    const change: Change = { kind: 'bump', epoch: { of: 'tenant' } }
    await commit(aDraft(), [change], []).catch(() => {})
    assert.deepEqual([raised(), raised(), reads], [value, value, i + 2])
  }
})
