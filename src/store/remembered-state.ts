import type { Change, EpochKey, Instance, OwnedObject } from '../core/change.ts'
import type { AgentFacts, SponsorStatus } from '../core/facts.ts'
import type { Digest, TenantId } from '../core/ids.ts'
import type { Commit } from '../core/path.ts'
import type { ReadState } from '../core/state.ts'
import { epochId } from './sqlite/epoch-id.ts'

/** Entries of one kind that are remembered, some 300 bytes each; beyond it all of that kind are read again. */
export const REMEMBERED_MAX: number = 20_000

/** A state that remembers, and the way by which it learns that something changed. */
export type RememberedState = {
  readonly state: ReadState
  /** The same commit; what it may have changed is forgotten before anybody is told that it happened. */
  readonly commit: Commit
  /** For what changes the state otherwise: the registry that is seeded at the start. */
  readonly forgetAll: () => void
}

/**
 * Remembers what was read of the state, one read from the disk for each entry until a commit
 * changes it. This is exact, as `ReadState` promises: only this process writes, each of its changes
 * passes `commit`, and what a change is about is forgotten before the commit is acknowledged,
 * whether or not it says that it succeeded. Single-use ids are never remembered.
 */
export function rememberState(read: ReadState, commit: Commit): RememberedState {
  const epochs: Readonly<Record<EpochKey['of'], Memory<number>>> = {
    tenant: createMemory(),
    sponsor: createMemory(),
    agent: createMemory(),
    instance: createMemory(),
    run: createMemory(),
  }
  const sponsors = createMemory<SponsorStatus>()
  const agents = createMemory<AgentFacts['status']>()
  const instances = createMemory<Instance | null>()
  const owned = createMemory<OwnedObject | null>()
  const pins = createMemory<Digest | null>()

  const forget = (tenant: TenantId, change: Change): void => {
    switch (change.kind) {
      case 'consume':
        return
      case 'bump':
        return epochs[change.epoch.of].forget(tenant, epochId(change.epoch))
      case 'set_sponsor_status':
        return sponsors.forget(tenant, change.id)
      case 'set_agent_status':
        return agents.forget(tenant, change.id)
      case 'put_instance':
        return instances.forget(tenant, change.instance.id)
      case 'own':
      case 'disown':
        return owned.forget(tenant, ownedKey(change.object))
      case 'pin_tool':
        return pins.forget(tenant, pinKey(change.server, change.tool))
    }
  }
  const epochOf = (tenant: TenantId, key: EpochKey): number =>
    epochs[key.of].get(tenant, epochId(key), () => read.epochs(tenant, [key])[0] ?? 0)
  return {
    state: {
      epochs: (tenant, keys) => keys.map((key) => epochOf(tenant, key)),
      sponsorStatus: (tenant, id) => sponsors.get(tenant, id, () => read.sponsorStatus(tenant, id)),
      agentStatus: (tenant, id) => agents.get(tenant, id, () => read.agentStatus(tenant, id)),
      instance: (tenant, id) => instances.get(tenant, id, () => read.instance(tenant, id)),
      ownedObject: (tenant, key) =>
        owned.get(tenant, ownedKey(key), () => read.ownedObject(tenant, key)),
      pinnedTool: (tenant, server, tool) =>
        pins.get(tenant, pinKey(server, tool), () => read.pinnedTool(tenant, server, tool)),
      isConsumed: read.isConsumed,
    },
    commit: async (draft, changes, preconditions) => {
      try {
        return await commit(draft, changes, preconditions)
      } finally {
        for (const change of changes) forget(draft.tenant, change)
      }
    },
    forgetAll: () => {
      const all = [...Object.values(epochs), sponsors, agents, instances, owned, pins]
      for (const memory of all) memory.clear()
    },
  }
}

const ownedKey = ({ kind, server, id }: Pick<OwnedObject, 'kind' | 'server' | 'id'>): string =>
  `${kind} ${server} ${id}`

/** Names of servers have no spaces, so that no two pairs have one key. */
const pinKey = (server: string, tool: string): string => `${server} ${tool}`

type Memory<V> = {
  readonly get: (tenant: TenantId, id: string, read: () => V) => V
  readonly forget: (tenant: TenantId, id: string) => void
  readonly clear: () => void
}

function createMemory<V>(): Memory<V> {
  const tenants = new Map<TenantId, Map<string, { readonly value: V }>>()
  return {
    get: (tenant, id, read) => {
      const known = tenants.get(tenant)?.get(id)
      if (known !== undefined) return known.value
      const value = read()
      const entries = tenants.get(tenant) ?? new Map<string, { readonly value: V }>()
      if (entries.size >= REMEMBERED_MAX) entries.clear()
      tenants.set(tenant, entries.set(id, { value }))
      return value
    },
    forget: (tenant, id) => void tenants.get(tenant)?.delete(id),
    clear: () => tenants.clear(),
  }
}
