import type { EpochMillis } from './clock.ts'
import type { Basis, PolicyRef } from './decision.ts'
import type { Assurance } from './identity.ts'
import type {
  AgentId,
  DecisionId,
  Digest,
  InstanceId,
  PersonId,
  RunId,
  TenantId,
  TokenId,
} from './ids.ts'
import type { Surface } from './question.ts'
import type { Reason } from './reason.ts'

/** The closed list behind `RecordType`. */
export const RECORD_TYPES = [
  'decision',
  'outcome',
  'refusals_counted',
  'sponsor.suspended',
  'sponsor.reactivated',
  'agent.stopped',
  'agent.started',
  'tool.accepted',
  'readiness.probed',
  'session.opened',
  'ledger.recovered',
] as const

/** What a record is about. Policies, approvals and the rest join with the rooms that make them. */
export type RecordType = (typeof RECORD_TYPES)[number]

/**
 * What became of the effect: `pending` in the decision that released it, `withheld` in a denial,
 * `not_observed` where the caller acts itself, the rest in outcome records.
 */
export type Effect =
  | 'pending'
  | 'withheld'
  | 'not_observed'
  | 'applied'
  | 'completed'
  | 'failed'
  | 'not_sent'
  | 'unknown'

/** What became of a released call; recorded after it, without ever delaying the reply. */
export type Outcome = {
  readonly effect: 'completed' | 'failed' | 'not_sent' | 'unknown'
  readonly status: number
  readonly bytesSent: number
  readonly durationMs: number
  /** Digest of the response as sent; committed with a salt in the leaf. */
  readonly responseHash: Digest | null
  /** Why it ended: `end`, `client_closed`, `upstream_error`, `timeout`, `revoked`. */
  readonly ended: 'end' | 'client_closed' | 'upstream_error' | 'timeout' | 'refused'
}

/** One line of a batch or a list. Lists keep counts and a digest instead of names. */
export type RecordItem = {
  readonly action: string
  readonly resource: { readonly kind: string; readonly id: string }
  readonly decision: 'allow' | 'deny'
  readonly reason: Reason | null
  readonly policy: PolicyRef | null
}

/**
 * A record before the ledger gives it its place: raw values with our own names. The ledger turns
 * people into handles and personal or payload values into salted commitments (SECURITY 24); what
 * stands here never leaves the process in this form.
 */
export type RecordDraft = {
  /** UUIDv7; a decision's record has the decision's id. */
  readonly id: string
  readonly type: RecordType
  readonly at: EpochMillis
  readonly tenant: TenantId
  readonly surface: Surface
  /** Network address of the caller. */
  readonly source: string | null
  readonly decisionId: DecisionId
  readonly decision: 'allow' | 'deny' | null
  readonly effect: Effect
  readonly reason: Reason | null
  readonly policy: PolicyRef | null
  readonly basis: readonly Basis[]
  /** Who acts now, as policies name it: `agent:<id>`, a person's id, `caller:<id>`. */
  readonly principal: string | null
  /** Whose authority is used. */
  readonly subject: string | null
  readonly sponsor: PersonId | null
  readonly instance: InstanceId | null
  readonly parent: InstanceId | null
  readonly run: RunId | null
  readonly clientRunId: string | null
  readonly chain: readonly { readonly agent: AgentId; readonly instance: InstanceId }[]
  /** `<server>/<tool>`, `<provider>/<model>` or null. */
  readonly tool: string | null
  readonly resource: { readonly kind: string; readonly id: string } | null
  readonly action: string | null
  readonly purpose: string | null
  /** The token presented, by its id. */
  readonly token: TokenId | null
  /** The token that `issue` will sign on this record. */
  readonly mints: TokenId | null
  readonly assurance: Assurance | null
  /** The registered caller on whose word a policy-only answer rests. */
  readonly assertedBy: string | null
  readonly approvals: readonly string[]
  readonly consent: string | null
  readonly obligations: readonly string[]
  /** Digest of the canonical request; committed with a salt in the leaf. */
  readonly requestHash: Digest | null
  readonly items: readonly RecordItem[]
  /** For a list: how many entries there were, how many were shown, and the digest of the shown names. */
  readonly list: { readonly total: number; readonly shown: number; readonly names: Digest } | null
  /** For `refusals_counted`: how many refusals this record stands for. */
  readonly count: number | null
  readonly outcome: Outcome | null
  /** Question and facts as canonical JSON, kept sealed so that the decision can be replayed. */
  readonly replay: string | null
}

/** The record's place in the ledger: proof that it is durable. */
export type Receipt = {
  readonly id: string
  readonly index: number
  readonly leaf: Digest
  readonly at: EpochMillis
}
