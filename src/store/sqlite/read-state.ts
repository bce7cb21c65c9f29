import type { DatabaseSync } from 'node:sqlite'
import type { Instance, OwnedObject } from '../../core/change.ts'
import { epochMillis } from '../../core/clock.ts'
import type { AgentId, Digest, InstanceId, PersonId, RunId } from '../../core/ids.ts'
import type { ReadState } from '../../core/state.ts'
import { epochId } from './epoch-id.ts'
import { type Row, textOf, textOrNull, wholeOf } from './row.ts'

/**
 * Reads of the state through a connection of its own, on the request's thread. Each sees the last
 * commit that is durable; a commit under way is caught by its own preconditions.
 */
export function createReadState(database: DatabaseSync): ReadState {
  const epoch = database.prepare('select value from epoch where tenant = ? and kind = ? and id = ?')
  const sponsor = database.prepare('select status from sponsor where tenant = ? and id = ?')
  const agent = database.prepare('select status from agent where tenant = ? and id = ?')
  const instance = database.prepare('select * from instance where tenant = ? and id = ?')
  const owned = database.prepare(
    'select * from owned_object where tenant = ? and kind = ? and server = ? and id = ?',
  )
  const pinned = database.prepare(
    'select digest from pinned_tool where tenant = ? and server = ? and tool = ?',
  )
  const consumed = database.prepare('select 1 from single_use where tenant = ? and id = ?')
  return {
    epochs: (tenant, keys) =>
      keys.map((key) => Number(epoch.get(tenant, key.of, epochId(key))?.['value'] ?? 0)),
    sponsorStatus: (tenant, id) => {
      const status = sponsor.get(tenant, id)?.['status']
      return status === 'active' || status === 'suspended' ? status : 'unknown'
    },
    agentStatus: (tenant, id) => {
      const status = agent.get(tenant, id)?.['status']
      return status === 'active' || status === 'stopped' ? status : 'unknown'
    },
    instance: (tenant, id) => orNull(instance.get(tenant, id), toInstance),
    ownedObject: (tenant, { kind, server, id }) =>
      orNull(owned.get(tenant, kind, server, id), toOwnedObject),
    pinnedTool: (tenant, server, tool) =>
      orNull(pinned.get(tenant, server, tool), (row) => textOf(row, 'digest') as Digest),
    isConsumed: (tenant, id) => consumed.get(tenant, id) !== undefined,
  }
}

const orNull = <T>(row: Row | undefined, read: (row: Row) => T): T | null =>
  row === undefined ? null : read(row)

const toInstance = (row: Row): Instance => ({
  id: textOf(row, 'id') as InstanceId,
  agent: textOf(row, 'agent') as AgentId,
  parent: textOrNull(row, 'parent') as InstanceId | null,
  sponsor: textOf(row, 'sponsor') as PersonId,
  subject: textOrNull(row, 'subject') as PersonId | null,
  run: textOf(row, 'run') as RunId,
  purpose: textOf(row, 'purpose'),
  createdAt: epochMillis(wholeOf(row, 'created_at')),
})

const toOwnedObject = (row: Row): OwnedObject => ({
  kind: textOf(row, 'kind') as OwnedObject['kind'],
  server: textOf(row, 'server'),
  id: textOf(row, 'id'),
  instance: textOf(row, 'instance') as InstanceId,
  createdAt: epochMillis(wholeOf(row, 'created_at')),
})
