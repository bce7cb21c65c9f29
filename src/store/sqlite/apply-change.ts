import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Change, Instance, OwnedObject } from '../../core/change.ts'
import type { EpochMillis } from '../../core/clock.ts'
import { type Reason, reason } from '../../core/reason.ts'
import type { RecordDraft } from '../../core/record.ts'
import { epochId } from './epoch-id.ts'

/**
 * Used ids are kept this much longer than they live, and one that expired longer ago is refused
 * unseen: so an id that was forgotten cannot be used again, whatever leeway its verifier gave.
 */
export const SINGLE_USE_MARGIN_MS: number = 10 * 60 * 1000

/** Carries out one change inside the open transaction; the reason when it cannot be done. */
export type ApplyChange = (draft: RecordDraft, now: EpochMillis, change: Change) => Reason | null

type Statements = { readonly [name in keyof typeof SQL]: StatementSync }

const SQL = {
  consume: `insert into single_use (tenant, id, expires_at) values (?, ?, ?) on conflict do nothing`,
  bump: `insert into epoch (tenant, kind, id, value) values (?, ?, ?, 1)
    on conflict do update set value = value + 1`,
  sponsor: 'update sponsor set status = ? where tenant = ? and id = ?',
  agent: 'update agent set status = ? where tenant = ? and id = ?',
  putInstance: `insert into instance
    (tenant, id, agent, parent, sponsor, subject, run, purpose, created_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  own: `insert into owned_object (tenant, kind, server, id, instance, created_at)
    values (?, ?, ?, ?, ?, ?)
    on conflict do update set instance = instance where instance = excluded.instance`,
  disown: 'delete from owned_object where tenant = ? and kind = ? and server = ? and id = ?',
  pinFirst: `insert into pinned_tool (tenant, server, tool, digest) values (?, ?, ?, ?)
    on conflict do update set digest = digest where digest = excluded.digest`,
  pinReviewed: `insert into pinned_tool (tenant, server, tool, digest) values (?, ?, ?, ?)
    on conflict do update set digest = excluded.digest`,
} as const

export function createApplyChange(database: DatabaseSync): ApplyChange {
  const statements = Object.fromEntries(
    Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]),
  ) as Statements
  return (draft, now, change) => applyChange(statements, draft, now, change)
}

function applyChange(
  run: Statements,
  draft: RecordDraft,
  now: EpochMillis,
  change: Change,
): Reason | null {
  const { tenant } = draft
  switch (change.kind) {
    case 'consume': {
      if (change.expiresAt < now - SINGLE_USE_MARGIN_MS) {
        return reason('token_expired', 'the single-use credential expired long ago')
      }
      const used = run.consume.run(tenant, change.id, change.expiresAt).changes === 0
      return used ? reason('replayed', 'the single-use credential was used before') : null
    }
    case 'bump':
      run.bump.run(tenant, change.epoch.of, epochId(change.epoch))
      return null
    case 'set_sponsor_status': {
      const known = run.sponsor.run(change.status, tenant, change.id).changes === 1
      return known ? null : reason('sponsor_missing', `no sponsor \`${change.id}\` is registered`)
    }
    case 'set_agent_status': {
      const known = run.agent.run(change.status, tenant, change.id).changes === 1
      return known ? null : reason('not_found', `no agent \`${change.id}\` is registered`)
    }
    case 'put_instance':
      return putInstance(run, tenant, change.instance)
    case 'own':
      return own(run, tenant, change.object)
    case 'disown':
      run.disown.run(tenant, change.object.kind, change.object.server, change.object.id)
      return null
    case 'pin_tool': {
      // Only a review replaces a pin; a first use that finds another digest came too late.
      const pin = draft.type === 'tool.accepted' ? run.pinReviewed : run.pinFirst
      const pinned = pin.run(tenant, change.server, change.tool, change.digest).changes === 1
      return pinned
        ? null
        : reason('definition_changed', `the definition of \`${change.tool}\` is not the pinned one`)
    }
  }
}

/** An instance is bound for life (SECURITY 2): it is put once and never again. */
function putInstance(run: Statements, tenant: string, instance: Instance): Reason | null {
  const made = run.putInstance.run(
    tenant,
    instance.id,
    instance.agent,
    instance.parent,
    instance.sponsor,
    instance.subject,
    instance.run,
    instance.purpose,
    instance.createdAt,
  )
  return made.changes === 1 ? null : reason('replayed', 'the instance exists already')
}

/** What one instance owns no other can take over, even if the upstream gives out the same id twice. */
function own(run: Statements, tenant: string, object: OwnedObject): Reason | null {
  const { kind, server, id, instance, createdAt } = object
  const owned = run.own.run(tenant, kind, server, id, instance, createdAt)
  return owned.changes === 1 ? null : reason('not_found', 'the object belongs to another caller')
}
