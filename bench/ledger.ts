/**
 * What a durable record costs: time to an acknowledged commit when idle, commits a second when
 * busy, and time on the request's own thread. Run: `node bench/ledger.ts [records]`.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '../src/app/open-store.ts'
import { aDraft } from '../src/audit/testing/drafts.ts'
import type { Precondition } from '../src/core/change.ts'
import { epochMillis } from '../src/core/clock.ts'
import { createNewId, DEFAULT_TENANT } from '../src/core/ids.ts'
import type { AgentId, DecisionId, PersonId } from '../src/core/ids.ts'
import type { RecordDraft } from '../src/core/record.ts'
import { verifyStore } from '../src/store/verify-store.ts'

const RECORDS = Number(process.argv[2] ?? 60_000)
const IN_FLIGHT = 512
const IDLE_ROUNDS = 500
const ROUNDS = 3

const now = () => epochMillis(Date.now())
const newId = createNewId({ now, randomBytes })
const dana = 'dana' as PersonId
const agent = 'refund-agent' as AgentId
const preconditions: readonly Precondition[] = [
  { kind: 'epoch_at_most', epoch: { of: 'tenant' }, value: 0 },
  { kind: 'epoch_at_most', epoch: { of: 'sponsor', id: dana }, value: 0 },
  { kind: 'epoch_at_most', epoch: { of: 'agent', id: agent }, value: 0 },
  { kind: 'sponsor_active', id: dana },
  { kind: 'agent_active', id: agent },
]

/** An allowed tool call, with question and facts of some 800 bytes sealed beside it. */
function decision(): RecordDraft {
  const id = newId()
  const replay = JSON.stringify({ question: { args: { note: 'x'.repeat(780) } } })
  return aDraft(1, { id, decisionId: id as DecisionId, at: now(), replay })
}

const directory = mkdtempSync(join(tmpdir(), 'reeve-bench-'))
const opened = await openStore({ directory, deployment: 'bench' })
if (!opened.ok) throw new Error(opened.error.detail)
const store: Store = opened.value
await store.seedRegistry([agent], [dana])

await sustained(Math.min(RECORDS, 10_000))
for (let round = 1; round <= ROUNDS; round++) {
  const idle = await idleTimes()
  const busy = await sustained(RECORDS)
  console.log(
    `round ${round}: idle ack p50 ${idle.p50.toFixed(3)} ms p99 ${idle.p99.toFixed(3)} ms · ` +
      `sustained ${Math.round(busy.perSecond)}/s · request thread ${busy.ownMicros.toFixed(1)} µs a commit`,
  )
}
await store.close()
const startedAt = performance.now()
const report = verifyStore({
  directory,
  tenant: DEFAULT_TENANT,
  checkpoint: null,
  requireAnchor: false,
})
const seconds = (performance.now() - startedAt) / 1000
console.log(
  `verify: ${report.ok ? report.value.lines[1] : report.error.detail} in ${seconds.toFixed(1)} s`,
)
rmSync(directory, { recursive: true })

async function commitOne(draft: RecordDraft): Promise<void> {
  const result = await store.commit(draft, [], preconditions)
  if (!result.ok) throw new Error(result.error.detail)
}

async function idleTimes(): Promise<{ readonly p50: number; readonly p99: number }> {
  const times: number[] = []
  for (let i = 0; i < IDLE_ROUNDS; i++) {
    const draft = decision()
    const from = performance.now()
    await commitOne(draft)
    times.push(performance.now() - from)
  }
  times.sort((left, right) => left - right)
  return { p50: times[IDLE_ROUNDS / 2] ?? 0, p99: times[Math.floor(IDLE_ROUNDS * 0.99)] ?? 0 }
}

async function sustained(
  count: number,
): Promise<{ readonly perSecond: number; readonly ownMicros: number }> {
  const drafts = Array.from({ length: count }, decision)
  let next = 0
  const utilization = performance.eventLoopUtilization()
  const from = performance.now()
  const lane = async (): Promise<void> => {
    for (let draft = drafts[next++]; draft !== undefined; draft = drafts[next++]) {
      await commitOne(draft)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  const tookSeconds = (performance.now() - from) / 1000
  const own = performance.eventLoopUtilization(utilization).active
  return { perSecond: count / tookSeconds, ownMicros: (own * 1000) / count }
}
