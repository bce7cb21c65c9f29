import { blankDraft } from '../core/blank-draft.ts'
import type { EpochMillis } from '../core/clock.ts'
import type { DecisionId, PersonId } from '../core/ids.ts'
import type { InboundCall } from '../core/path.ts'
import type { Reason } from '../core/reason.ts'
import type { RecordDraft } from '../core/record.ts'
import type { Transition } from '../registry/transition.ts'

/** Whose state changes. */
export type About = { readonly kind: 'sponsor' | 'agent' | 'tool'; readonly id: string }

/** The record of a change that an operator made. */
export function lifecycleDraft(of: {
  readonly call: InboundCall
  readonly id: DecisionId
  readonly at: EpochMillis
  readonly transition: Transition
  readonly about: About
}): RecordDraft {
  const { transition, about } = of
  return {
    ...base(of.call, of.id, of.at),
    type: transition.record,
    decision: 'allow',
    effect: 'applied',
    principal: 'operator',
    sponsor: about.kind === 'sponsor' ? (about.id as PersonId) : null,
    resource: { kind: about.kind, id: about.id },
    action: transition.record,
    tool: about.kind === 'tool' ? about.id : null,
  }
}

/** The record of a sign-in by development mode: from here on, somebody has that person's authority. */
export const signInDraft = (of: {
  readonly call: InboundCall
  readonly id: DecisionId
  readonly at: EpochMillis
  readonly person: PersonId
}): RecordDraft => ({
  ...base(of.call, of.id, of.at),
  decision: 'allow',
  effect: 'applied',
  principal: 'operator',
  subject: of.person,
  resource: { kind: 'person', id: of.person },
  action: 'sign_in',
})

/** The record of a request that had no operator's credential. */
export const refusedDraft = (of: {
  readonly call: InboundCall
  readonly id: DecisionId
  readonly at: EpochMillis
  readonly why: Reason
}): RecordDraft => ({
  ...base(of.call, of.id, of.at),
  decision: 'deny',
  effect: 'withheld',
  reason: of.why,
})

const base = (call: InboundCall, id: DecisionId, at: EpochMillis): RecordDraft =>
  blankDraft({ id, at, tenant: call.tenant, surface: 'control', source: call.source })
