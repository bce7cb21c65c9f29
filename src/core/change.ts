import type { EpochMillis } from './clock.ts'
import type { AgentId, Digest, InstanceId, PersonId, RunId } from './ids.ts'

/** A counter whose raise revokes every token that carries a lower value. */
export type EpochKey =
  | { readonly of: 'tenant' }
  | { readonly of: 'sponsor'; readonly id: PersonId }
  | { readonly of: 'agent'; readonly id: AgentId }
  | { readonly of: 'instance'; readonly id: InstanceId }
  | { readonly of: 'run'; readonly id: RunId }

/** One run of an agent, as the registry keeps it. */
export type Instance = {
  readonly id: InstanceId
  readonly agent: AgentId
  readonly parent: InstanceId | null
  readonly sponsor: PersonId
  /** The person this instance is bound to for life, or null for an autonomous agent (SECURITY 2). */
  readonly subject: PersonId | null
  readonly run: RunId
  readonly purpose: string
  readonly createdAt: EpochMillis
}

/** An object made upstream and owned by one caller; for anyone else it does not exist (SECURITY 16). */
export type OwnedObject = {
  readonly kind: 'mcp_session'
  readonly server: string
  readonly id: string
  readonly instance: InstanceId
  readonly createdAt: EpochMillis
}

/**
 * What `commit` does to the state in the same transaction as the record. Changes are data: other
 * rooms describe them, only `store/` carries them out.
 */
export type Change =
  /** Uses an id up; fails with `replayed` when it was used before. */
  | { readonly kind: 'consume'; readonly id: string; readonly expiresAt: EpochMillis }
  | { readonly kind: 'bump'; readonly epoch: EpochKey }
  | {
      readonly kind: 'set_sponsor_status'
      readonly id: PersonId
      readonly status: 'active' | 'suspended'
    }
  | {
      readonly kind: 'set_agent_status'
      readonly id: AgentId
      readonly status: 'active' | 'stopped'
    }
  | { readonly kind: 'put_instance'; readonly instance: Instance }
  | { readonly kind: 'own'; readonly object: OwnedObject }
  | { readonly kind: 'disown'; readonly object: Pick<OwnedObject, 'kind' | 'server' | 'id'> }
  /** Pins a tool's definition by digest, on first use or by review (SECURITY 14). */
  | {
      readonly kind: 'pin_tool'
      readonly server: string
      readonly tool: string
      readonly digest: Digest
    }

/** What must still be true inside the transaction; one that fails commits a refusal instead. */
export type Precondition =
  | { readonly kind: 'epoch_at_most'; readonly epoch: EpochKey; readonly value: number }
  | { readonly kind: 'sponsor_active'; readonly id: PersonId }
  | { readonly kind: 'agent_active'; readonly id: AgentId }
