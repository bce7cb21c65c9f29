import type { DatabaseSync } from 'node:sqlite'
import type { Precondition } from '../../core/change.ts'
import { type Reason, reason } from '../../core/reason.ts'
import { epochId } from './epoch-id.ts'

/** Compares a precondition with the state inside the open transaction; the reason when it fails. */
export type CheckPrecondition = (tenant: string, precondition: Precondition) => Reason | null

export function createCheckPrecondition(database: DatabaseSync): CheckPrecondition {
  const epoch = database.prepare('select value from epoch where tenant = ? and kind = ? and id = ?')
  const sponsor = database.prepare('select status from sponsor where tenant = ? and id = ?')
  const agent = database.prepare('select status from agent where tenant = ? and id = ?')
  return (tenant, precondition) => {
    switch (precondition.kind) {
      case 'epoch_at_most': {
        const key = precondition.epoch
        const value = epoch.get(tenant, key.of, epochId(key))?.['value'] ?? 0
        return Number(value) <= precondition.value
          ? null
          : reason('revoked', `revoked since the token was issued: ${key.of}`)
      }
      case 'sponsor_active': {
        const status = sponsor.get(tenant, precondition.id)?.['status']
        if (status === 'active') return null
        return status === undefined
          ? reason('sponsor_missing', `no sponsor \`${precondition.id}\` is registered`)
          : reason('sponsor_inactive', `sponsor \`${precondition.id}\` is suspended`)
      }
      case 'agent_active':
        return agent.get(tenant, precondition.id)?.['status'] === 'active'
          ? null
          : reason('revoked', `agent \`${precondition.id}\` is stopped`)
    }
  }
}
