import type { EpochKey, Instance, OwnedObject } from './change.ts'
import type { SponsorStatus } from './facts.ts'
import type { AgentId, Digest, InstanceId, PersonId, TenantId } from './ids.ts'

/**
 * What `gather` and `verify` may read of the state that `commit` keeps. Reads are synchronous and
 * see every commit that was acknowledged before them; one that is under way may not show yet, which
 * is why `commit` compares its preconditions again inside the transaction (SECURITY 12).
 * A database that cannot be read throws, and the call is refused at the edge.
 */
export type ReadState = {
  /** Current values in the order of the keys; a counter never raised is 0. */
  readonly epochs: (tenant: TenantId, keys: readonly EpochKey[]) => readonly number[]
  readonly sponsorStatus: (tenant: TenantId, id: PersonId) => SponsorStatus
  readonly agentStatus: (tenant: TenantId, id: AgentId) => 'active' | 'stopped' | 'unknown'
  readonly instance: (tenant: TenantId, id: InstanceId) => Instance | null
  readonly ownedObject: (
    tenant: TenantId,
    key: Pick<OwnedObject, 'kind' | 'server' | 'id'>,
  ) => OwnedObject | null
  readonly pinnedTool: (tenant: TenantId, server: string, tool: string) => Digest | null
  /** Whether a single-use id was used up and is still remembered. */
  readonly isConsumed: (tenant: TenantId, id: string) => boolean
}
