import type { Change, Precondition } from '../core/change.ts'
import type { Caller, InstanceCaller } from '../core/identity.ts'
import type { Asked } from '../core/path.ts'

/** What the call changes when it is allowed: what was asked, and what the credential used up. */
export function changesOf(caller: Caller, asked: Asked): readonly Change[] {
  if (caller.kind !== 'client' || caller.singleUse.length === 0) return asked.changes
  const consumed = caller.singleUse.map(
    (used): Change => ({ kind: 'consume', id: used.id, expiresAt: used.expiresAt }),
  )
  return [...consumed, ...asked.changes]
}

/** What `commit` compares again in its transaction, so that a revocation in between still counts. */
export function preconditionsOf(caller: Caller): readonly Precondition[] {
  switch (caller.kind) {
    case 'instance':
      return instancePreconditions(caller)
    case 'client':
      return [{ kind: 'agent_active', id: caller.agent }]
    case 'decision_caller':
      return []
  }
}

function instancePreconditions(caller: InstanceCaller): readonly Precondition[] {
  const { epochs } = caller
  const result: Precondition[] = [
    { kind: 'epoch_at_most', epoch: { of: 'tenant' }, value: epochs.tenant },
    { kind: 'epoch_at_most', epoch: { of: 'sponsor', id: caller.sponsor }, value: epochs.sponsor },
    { kind: 'epoch_at_most', epoch: { of: 'run', id: caller.run }, value: epochs.run },
    { kind: 'sponsor_active', id: caller.sponsor },
  ]
  for (const actor of caller.actors) result.push({ kind: 'agent_active', id: actor.agent })
  const current = caller.actors.at(-1) ?? caller.actors[0]
  result.push(
    { kind: 'epoch_at_most', epoch: { of: 'agent', id: current.agent }, value: epochs.agent },
    { kind: 'epoch_at_most', epoch: { of: 'instance', id: current.instance }, value: epochs.instance },
  )
  return result
}
