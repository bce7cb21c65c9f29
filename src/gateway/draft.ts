import type { EpochMillis } from '../core/clock.ts'
import type { Instance } from '../core/change.ts'
import { allows, type Decision, type Deny } from '../core/decision.ts'
import type { Facts } from '../core/facts.ts'
import { principalIdOf, type Caller } from '../core/identity.ts'
import type { DecisionId, Digest } from '../core/ids.ts'
import type { Asked, InboundCall, Release } from '../core/path.ts'
import type { Context, Surface } from '../core/question.ts'
import { writeReplay } from '../core/replay.ts'
import type { Reason } from '../core/reason.ts'
import type { Effect, Outcome, RecordDraft, RecordItem } from '../core/record.ts'

/** What is known of a call so far: a refusal records as much as there is. */
export type Attempt = {
  readonly call: InboundCall
  readonly id: DecisionId
  readonly surface: Surface
  readonly caller: Caller | null
  readonly asked: Asked | null
}

/** An attempt that was decided. `denied` is set when the call as a whole is refused. */
export type Decided = {
  readonly attempt: Attempt
  readonly context: Context
  readonly facts: Facts
  readonly release: Release
  readonly decisions: readonly Decision[]
  readonly denied: Deny | null
}

/** The record of a decision, before its effect. */
export function decisionDraft(
  decided: Decided,
  at: EpochMillis,
  digest: (text: string) => Digest,
): RecordDraft {
  const { attempt, decisions, denied } = decided
  const asked = attempt.asked
  const first = decisions[0] ?? null
  const decisive = denied ?? first
  const kind = asked?.kind ?? 'call'
  return recordDraft(attempt, at, {
    id: attempt.id,
    type: 'decision',
    decision: kind === 'list' ? 'allow' : decisionOf(decisions, denied),
    effect: effectOf(kind, denied, asked),
    reason: reasonOf(kind, denied, decisions),
    policy: decisive?.policy ?? { release: decided.release.digest, id: '', rule: null, scope: '' },
    basis: kind === 'list' ? [] : decisions.flatMap((decision) => decision.basis),
    obligations: decisions.flatMap((decision) =>
      allows(decision) ? decision.obligations.map((obligation) => obligation.kind) : [],
    ),
    requestHash: asked?.requestHash ?? null,
    items: kind === 'list' || decisions.length < 2 ? [] : itemsOf(asked, decisions),
    list: asked !== null && kind === 'list' ? listOf(asked, decisions, digest) : null,
    outcome: null,
    replay:
      attempt.caller === null
        ? null
        : writeReplay({
            caller: attempt.caller,
            asks: asked?.asks ?? [],
            context: decided.context,
            facts: decided.facts,
          }),
  })
}

/** The record of a refusal at any step before the decision. */
export const refusalDraft = (attempt: Attempt, why: Reason, at: EpochMillis): RecordDraft =>
  recordDraft(attempt, at, {
    ...NOTHING_SAID,
    id: attempt.id,
    type: 'decision',
    decision: 'deny',
    effect: 'withheld',
    reason: why,
    requestHash: attempt.asked?.requestHash ?? null,
  })

/** The record of what became of a released call. */
export const outcomeDraft = (
  attempt: Attempt,
  outcome: Outcome,
  id: string,
  at: EpochMillis,
): RecordDraft =>
  recordDraft(attempt, at, {
    ...NOTHING_SAID,
    id,
    type: 'outcome',
    decision: null,
    effect: outcome.effect,
    outcome,
  })

function decisionOf(decisions: readonly Decision[], denied: Deny | null): 'allow' | 'deny' {
  return denied === null && decisions.every(allows) ? 'allow' : 'deny'
}

/** Of several checks each has a reason of its own, in `items`. */
function reasonOf(
  kind: Asked['kind'],
  denied: Deny | null,
  decisions: readonly Decision[],
): Reason | null {
  const only = kind === 'check' && decisions.length === 1 ? decisions[0] : undefined
  const decisive = denied ?? only
  return decisive === undefined || allows(decisive) ? null : decisive.reasons[0]
}

function effectOf(kind: Asked['kind'], denied: Deny | null, asked: Asked | null): Effect {
  if (denied !== null) return 'withheld'
  if (kind !== 'call') return 'not_observed'
  return asked?.mints === null ? 'pending' : 'applied'
}

function itemsOf(asked: Asked | null, decisions: readonly Decision[]): readonly RecordItem[] {
  return (asked?.asks ?? []).map((ask, i) => {
    const decision = decisions[i]
    const denied = decision !== undefined && !allows(decision) ? decision : null
    return {
      action: ask.action,
      resource: { kind: ask.resource.kind, id: ask.resource.id },
      decision: decision !== undefined && denied === null ? 'allow' : 'deny',
      reason: denied?.reasons[0] ?? null,
      policy: decision?.policy ?? null,
    }
  })
}

/** Lists keep counts and one digest: one record a list, however long it is. */
function listOf(
  asked: Asked,
  decisions: readonly Decision[],
  digest: (text: string) => Digest,
): RecordDraft['list'] {
  const shown = asked.asks.filter((_, i) => decisions[i]?.effect === 'allow')
  const names = shown.map((ask) => `${ask.resource.kind} ${ask.resource.id}`)
  return { total: decisions.length, shown: shown.length, names: digest(names.join('\n')) }
}

/** What differs between the records of one call. */
type Said = Pick<
  RecordDraft,
  | 'id'
  | 'type'
  | 'decision'
  | 'effect'
  | 'reason'
  | 'policy'
  | 'basis'
  | 'obligations'
  | 'requestHash'
  | 'items'
  | 'list'
  | 'outcome'
  | 'replay'
>

const NOTHING_SAID: Omit<Said, 'id' | 'type' | 'decision' | 'effect'> = {
  reason: null,
  policy: null,
  basis: [],
  obligations: [],
  requestHash: null,
  items: [],
  list: null,
  outcome: null,
  replay: null,
}

/** Every field by name, in one literal: built from parts, a record costs several times as much. */
function recordDraft(attempt: Attempt, at: EpochMillis, said: Said): RecordDraft {
  const { call, asked } = attempt
  const parties = partiesOf(attempt.caller, mintedInstance(asked))
  const matter = matterOf(asked)
  return {
    id: said.id,
    type: said.type,
    at,
    tenant: call.tenant,
    surface: attempt.surface,
    source: call.source,
    decisionId: attempt.id,
    decision: said.decision,
    effect: said.effect,
    reason: said.reason,
    policy: said.policy,
    basis: said.basis,
    principal: parties.principal,
    subject: parties.subject,
    sponsor: parties.sponsor,
    instance: parties.instance,
    parent: parties.parent,
    run: parties.run,
    clientRunId: asked?.clientRunId ?? null,
    chain: parties.chain,
    tool: asked?.tool ?? null,
    resource: matter.resource,
    action: matter.action,
    purpose: parties.purpose,
    token: parties.token,
    mints: asked?.mints ?? null,
    assurance: parties.assurance,
    assertedBy: parties.assertedBy,
    approvals: [],
    consent: null,
    obligations: said.obligations,
    requestHash: said.requestHash,
    items: said.items,
    list: said.list,
    count: null,
    outcome: said.outcome,
    replay: said.replay,
  }
}

/**
 * What the record is about. A list is about a kind and names no entry, also when it has only one;
 * a batch of checks is about its items.
 */
function matterOf(asked: Asked | null): Pick<RecordDraft, 'action' | 'resource'> {
  const first = asked?.asks[0]
  if (asked === null || first === undefined) return NO_MATTER
  const { kind, id } = first.resource
  if (asked.kind === 'list') return { action: 'list', resource: { kind, id: '*' } }
  if (asked.kind === 'check' && asked.asks.length > 1) return NO_MATTER
  return { action: first.action, resource: { kind, id } }
}

const NO_MATTER = { action: null, resource: null } as const

type Parties = Pick<
  RecordDraft,
  | 'principal'
  | 'subject'
  | 'sponsor'
  | 'instance'
  | 'parent'
  | 'run'
  | 'chain'
  | 'purpose'
  | 'token'
  | 'assurance'
  | 'assertedBy'
>

const NOBODY: Parties = {
  principal: null,
  subject: null,
  sponsor: null,
  instance: null,
  parent: null,
  run: null,
  chain: [],
  purpose: null,
  token: null,
  assurance: null,
  assertedBy: null,
}

function partiesOf(caller: Caller | null, minted: Instance | null): Parties {
  if (caller === null) return NOBODY
  switch (caller.kind) {
    case 'instance': {
      const current = caller.actors.at(-1) ?? caller.actors[0]
      return {
        principal: `agent:${current.agent}`,
        subject: principalIdOf(caller.subject),
        sponsor: caller.sponsor,
        instance: current.instance,
        parent: current.parent,
        run: caller.run,
        chain: caller.actors.map(({ agent, instance }) => ({ agent, instance })),
        purpose: caller.purpose,
        token: caller.token.id,
        assurance: caller.assurance,
        assertedBy: null,
      }
    }
    case 'client':
      return {
        ...NOBODY,
        principal: `agent:${caller.agent}`,
        subject: caller.subject ?? `agent:${caller.agent}`,
        sponsor: minted?.sponsor ?? null,
        instance: minted?.id ?? null,
        parent: minted?.parent ?? null,
        run: minted?.run ?? null,
        purpose: minted?.purpose ?? null,
        assurance: caller.assurance,
      }
    case 'decision_caller':
      return {
        ...NOBODY,
        principal: `caller:${caller.id}`,
        assurance: caller.assurance,
        assertedBy: caller.id,
      }
  }
}

/** The instance that a token request creates, so that its record names it. */
function mintedInstance(asked: Asked | null): Instance | null {
  for (const change of asked?.changes ?? [])
    if (change.kind === 'put_instance') return change.instance
  return null
}
