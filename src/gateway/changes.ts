import type { Change, Precondition } from '../core/change.ts'
import { currentActor, type Caller, type InstanceCaller } from '../core/identity.ts'
import type { Asked } from '../core/path.ts'

/** What the call changes when it is allowed: what was asked, and what the credential used up. */
export function changesOf(caller: Caller, asked: Asked): readonly Change[] {
  const consumed = usedUp(caller)
  return consumed.length === 0 ? asked.changes : [...consumed, ...asked.changes]
}

/** Single-use ids that the credential brought; they are used up by a refusal too. */
export function usedUp(caller: Caller | null): readonly Change[] {
  if (caller === null || caller.kind !== 'client') return []
  return caller.singleUse.map(({ id, expiresAt }) => ({ kind: 'consume', id, expiresAt }))
}

/** What `commit` compares again in its transaction, so that a revocation in between still counts. */
export function preconditionsOf(caller: Caller, asked: Asked): readonly Precondition[] {
  switch (caller.kind) {
    case 'instance':
      return instancePreconditions(caller)
    case 'client':
      return [{ kind: 'agent_active', id: caller.agent }, ...newSponsors(asked)]
    case 'decision_caller':
      return []
  }
}

/** Who will answer for what is created here must still be able to. */
const newSponsors = (asked: Asked): readonly Precondition[] =>
  asked.changes.flatMap((change) =>
    change.kind === 'put_instance' ? [{ kind: 'sponsor_active', id: change.instance.sponsor }] : [],
  )

function instancePreconditions(caller: InstanceCaller): readonly Precondition[] {
  const { epochs } = caller
  const result: Precondition[] = [
    { kind: 'epoch_at_most', epoch: { of: 'tenant' }, value: epochs.tenant },
    { kind: 'epoch_at_most', epoch: { of: 'sponsor', id: caller.sponsor }, value: epochs.sponsor },
    { kind: 'epoch_at_most', epoch: { of: 'run', id: caller.run }, value: epochs.run },
    { kind: 'sponsor_active', id: caller.sponsor },
  ]
  for (const actor of caller.actors) result.push({ kind: 'agent_active', id: actor.agent })
  // An ancestor's epoch is raised only to end it, so that any raise ends its descendants.
  for (const { instance: id } of caller.actors.slice(0, -1))
    result.push({ kind: 'epoch_at_most', epoch: { of: 'instance', id }, value: 0 })
  const current = currentActor(caller)
  result.push(
    { kind: 'epoch_at_most', epoch: { of: 'agent', id: current.agent }, value: epochs.agent },
    {
      kind: 'epoch_at_most',
      epoch: { of: 'instance', id: current.instance },
      value: epochs.instance,
    },
  )
  return result
}
