import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Precondition } from '../../core/change.ts'
import { type Reason, reason } from '../../core/reason.ts'
import { epochId } from './epoch-id.ts'

/** Compares preconditions with the state inside the open transaction. */
export type PreconditionChecks = {
  /** The reason when the precondition fails. What was read is remembered until `forget`. */
  readonly check: (tenant: string, precondition: Precondition) => Reason | null
  /**
   * INVARIANT(fresh-state): called when a transaction begins, after every entry with changes, and
   * so whenever what was read can have become untrue. Nobody else writes while one is open.
   */
  readonly forget: () => void
}

export function createPreconditionChecks(database: DatabaseSync): PreconditionChecks {
  const epochOf = database.prepare(
    'select value as found from epoch where tenant = ? and kind = ? and id = ?',
  )
  const sponsorOf = database.prepare(
    'select status as found from sponsor where tenant = ? and id = ?',
  )
  const agentOf = database.prepare('select status as found from agent where tenant = ? and id = ?')
  const known = new Map<string, unknown>()
  const read = (statement: StatementSync, name: string, keys: readonly string[]): unknown => {
    if (known.has(name)) return known.get(name)
    const found = statement.get(...keys)?.['found']
    known.set(name, found)
    return found
  }
  return {
    check: (tenant, precondition) => {
      switch (precondition.kind) {
        case 'epoch_at_most': {
          const { of } = precondition.epoch
          const id = epochId(precondition.epoch)
          const value = read(epochOf, `epoch ${tenant} ${of} ${id}`, [tenant, of, id]) ?? 0
          return Number(value) <= precondition.value
            ? null
            : reason('revoked', `revoked since the token was issued: ${of}`)
        }
        case 'sponsor_active': {
          const { id } = precondition
          const status = read(sponsorOf, `sponsor ${tenant} ${id}`, [tenant, id])
          if (status === 'active') return null
          return status === undefined
            ? reason('sponsor_missing', `no sponsor \`${id}\` is registered`)
            : reason('sponsor_inactive', `sponsor \`${id}\` is suspended`)
        }
        case 'agent_active': {
          const { id } = precondition
          return read(agentOf, `agent ${tenant} ${id}`, [tenant, id]) === 'active'
            ? null
            : reason('revoked', `agent \`${id}\` is stopped`)
        }
      }
    },
    forget: () => known.clear(),
  }
}
