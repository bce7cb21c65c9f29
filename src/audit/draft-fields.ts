import { type EpochMillis, rfc3339 } from '../core/clock.ts'
import type { Json } from '../core/json.ts'
import type { RecordDraft, RecordItem } from '../core/record.ts'
import type { Flat } from './flat.ts'
import { SCHEMA_VERSION } from './schema.ts'

/** Where a record lands in the ledger, and who put it there. */
export type Place = {
  readonly index: number
  /** Decision time, never below the last record's (SECURITY 26). */
  readonly at: EpochMillis
  readonly producer: { readonly id: string; readonly boot_id: string }
  /** Counts up by one per boot of a producer, so that a lost record shows. */
  readonly seq: number
}

/** A draft under the names of CONTRACTS 5, still with its raw values. An empty list is null here. */
export function draftFields(draft: RecordDraft, place: Place): Flat {
  const { policy, outcome, list } = draft
  return {
    schema_version: SCHEMA_VERSION,
    id: draft.id,
    type: draft.type,
    timestamp: rfc3339(place.at),
    tenant_id: draft.tenant,
    surface: draft.surface,
    source: draft.source,
    policy_decision_id: draft.decisionId,
    decision: draft.decision,
    effect: draft.effect,
    reason: draft.reason?.code ?? null,
    reason_detail: draft.reason?.detail ?? null,
    policy_release: policy?.release ?? null,
    policy_id: policy?.id ?? null,
    policy_scope: policy?.scope ?? null,
    rule: policy?.rule ?? null,
    basis: orNull(draft.basis.map((entry) => ({ ...entry }))),
    principal: draft.principal,
    subject: draft.subject,
    sponsor_id: draft.sponsor,
    agent_instance_id: draft.instance,
    parent_agent_id: draft.parent,
    chain: orNull(
      draft.chain.map(({ agent, instance }) => ({ agent_id: agent, agent_instance_id: instance })),
    ),
    run_id: draft.run,
    client_run_id: draft.clientRunId,
    tool_id: draft.tool,
    resource: draft.resource === null ? null : { ...draft.resource },
    action: draft.action,
    purpose: draft.purpose,
    request_hash: draft.requestHash,
    response_hash: outcome?.responseHash ?? null,
    token_ref: draft.token,
    mints: draft.mints,
    assurance: draft.assurance,
    asserted_by: draft.assertedBy,
    approvals: draft.approvals,
    consent: draft.consent,
    obligations: orNull(draft.obligations),
    items: orNull(draft.items.map(itemFields)),
    list_total: list?.total ?? null,
    list_shown: list?.shown ?? null,
    list_names: list?.names ?? null,
    count: draft.count,
    status: outcome?.status ?? null,
    bytes_sent: outcome?.bytesSent ?? null,
    duration_ms: outcome?.durationMs ?? null,
    ended: outcome?.ended ?? null,
    replay: draft.replay,
    durability: 'local',
    clock_offset_ms: null,
    producer: place.producer,
    seq: place.seq,
  }
}

const orNull = (values: readonly Json[]): Json => (values.length === 0 ? null : values)

const itemFields = (item: RecordItem): Json => ({
  action: item.action,
  decision: item.decision,
  policy_id: item.policy?.id ?? null,
  policy_release: item.policy?.release ?? null,
  reason: item.reason?.code ?? null,
  reason_detail: item.reason?.detail ?? null,
  resource: { ...item.resource },
  rule: item.policy?.rule ?? null,
})
