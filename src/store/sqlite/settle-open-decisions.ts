import type { DatabaseSync } from 'node:sqlite'
import type { Flat } from '../../audit/flat.ts'
import type { EpochMillis } from '../../core/clock.ts'
import type {
  AgentId,
  DecisionId,
  InstanceId,
  NewId,
  PersonId,
  RunId,
  TenantId,
  TokenId,
} from '../../core/ids.ts'
import type { Json } from '../../core/json.ts'
import type { Surface } from '../../core/question.ts'
import type { RecordDraft } from '../../core/record.ts'
import type { Assurance } from '../../core/identity.ts'
import type { CommitGroup } from './commit-group.ts'
import { wholeOf, textOf } from './row.ts'

/** Outcomes written in one transaction. */
const GROUP_MAX = 256

/** Everything up to this index is known to have its outcome, so a start need not look again. */
const SETTLED = 'settled_below'

export type SettleDeps = {
  readonly database: DatabaseSync
  readonly commitGroup: CommitGroup
  readonly read: (row: { id: string; leaf: string; sealed: Uint8Array }) => Flat | null
  readonly newId: NewId
  readonly now: () => EpochMillis
}

/**
 * After a crash nobody knows whether a released call happened: each decision that an earlier boot
 * left open gets an outcome `unknown` (SECURITY 19). Called once, before anything new is released.
 * Returns how many were settled.
 */
export function settleOpenDecisions(deps: SettleDeps, tenant: string): number {
  const { database } = deps
  const stored = database.prepare('select value from meta where name = ?').get(name(tenant))
  const size = wholeOf(
    database.prepare('select count(*) as size from ledger where tenant = ?').get(tenant) ?? {},
    'size',
  )
  const open = database
    .prepare(
      `select id, leaf, sealed from ledger as opened
       where tenant = ? and idx >= ? and idx < ? and type = 'decision'
         and json_extract(leaf, '$.effect') = 'pending'
         and not exists (select 1 from ledger as outcome
           where outcome.decision_id = opened.decision_id and outcome.type = 'outcome')
       order by idx`,
    )
    .all(tenant, Number(stored?.['value'] ?? 0), size)
  const drafts = open.map((row) => {
    const sealed = row['sealed'] as Uint8Array
    const flat = deps.read({ id: textOf(row, 'id'), leaf: textOf(row, 'leaf'), sealed })
    return flat === null ? null : unknownOutcome(deps, flat)
  })
  let settled = 0
  let complete = true
  for (let i = 0; i < drafts.length; i += GROUP_MAX) {
    const group = drafts.slice(i, i + GROUP_MAX).filter((draft) => draft !== null)
    const results = deps.commitGroup(
      group.map((draft) => ({ draft, changes: [], preconditions: [] })),
    )
    settled += results.filter((result) => result.ok).length
    complete &&= results.every((result) => result.ok)
  }
  if (complete) {
    database
      .prepare('insert into meta values (?, ?) on conflict do update set value = excluded.value')
      .run(name(tenant), String(size))
  }
  return settled
}

const name = (tenant: string): string => `${SETTLED}:${tenant}`

/** A forgotten value stays forgotten: it is null in the outcome. */
const textIn = (value: Json): string | null => (typeof value === 'string' ? value : null)

function unknownOutcome(deps: SettleDeps, flat: Flat): RecordDraft {
  return {
    id: deps.newId(),
    type: 'outcome',
    at: deps.now(),
    tenant: flat.tenant_id as TenantId,
    surface: flat.surface as Surface,
    source: null,
    decisionId: flat.policy_decision_id as DecisionId,
    decision: null,
    effect: 'unknown',
    reason: null,
    policy: null,
    basis: [],
    principal: textIn(flat.principal),
    subject: textIn(flat.subject),
    sponsor: textIn(flat.sponsor_id) as PersonId | null,
    instance: flat.agent_instance_id as InstanceId | null,
    parent: flat.parent_agent_id as InstanceId | null,
    run: flat.run_id as RunId | null,
    clientRunId: null,
    chain: chainIn(flat.chain),
    tool: textIn(flat.tool_id),
    resource: null,
    action: textIn(flat.action),
    purpose: textIn(flat.purpose),
    token: flat.token_ref as TokenId | null,
    mints: null,
    assurance: flat.assurance as Assurance | null,
    assertedBy: textIn(flat.asserted_by),
    approvals: [],
    consent: null,
    obligations: [],
    requestHash: null,
    items: [],
    list: null,
    count: null,
    outcome: null,
    replay: null,
  }
}

function chainIn(chain: Json): RecordDraft['chain'] {
  if (!Array.isArray(chain)) return []
  return (chain as readonly { agent_id: string; agent_instance_id: string }[]).map((actor) => ({
    agent: actor.agent_id as AgentId,
    instance: actor.agent_instance_id as InstanceId,
  }))
}
