import type { Json } from '../core/json.ts'

/**
 * A record as people read it: the names of CONTRACTS 5, one level, every name always present. It is
 * a view over leaf and sealed part, never the evidence itself. Times are RFC 3339 UTC.
 */
export type Flat = {
  readonly schema_version: string
  readonly id: string
  readonly type: string
  readonly timestamp: string
  readonly tenant_id: string
  readonly surface: string
  readonly source: Json
  readonly policy_decision_id: string
  readonly decision: string | null
  readonly effect: string
  readonly reason: string | null
  readonly reason_detail: Json
  readonly policy_release: string | null
  readonly policy_id: Json
  readonly policy_scope: Json
  readonly rule: Json
  readonly basis: Json
  readonly principal: Json
  readonly subject: Json
  readonly sponsor_id: Json
  readonly agent_instance_id: string | null
  readonly parent_agent_id: string | null
  readonly chain: Json
  readonly run_id: string | null
  readonly client_run_id: Json
  readonly tool_id: Json
  readonly resource: Json
  readonly action: Json
  readonly purpose: Json
  readonly request_hash: string | null
  readonly response_hash: string | null
  readonly token_ref: string | null
  readonly mints: string | null
  readonly assurance: string | null
  readonly asserted_by: Json
  readonly approvals: readonly string[]
  readonly consent: Json
  readonly obligations: Json
  readonly items: Json
  readonly list_total: number | null
  readonly list_shown: number | null
  readonly list_names: string | null
  readonly count: number | null
  readonly status: number | null
  readonly bytes_sent: number | null
  readonly duration_ms: number | null
  readonly ended: string | null
  readonly replay: Json
  readonly durability: string
  readonly clock_offset_ms: number | null
  readonly producer: { readonly id: string; readonly boot_id: string }
  readonly seq: number
}

export type FlatName = keyof Flat
