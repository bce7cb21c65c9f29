import type { EpochKey, Instance } from '../core/change.ts'
import type { AgentFacts, Facts, PersonFacts, SponsorFacts, SponsorStatus } from '../core/facts.ts'
import {
  currentActor,
  type ClientCaller,
  type DecisionCaller,
  type InstanceCaller,
  type Principal,
} from '../core/identity.ts'
import type { AgentId, InstanceId, PersonId, TenantId } from '../core/ids.ts'
import type { JsonObject } from '../core/json.ts'
import type { Asked, Gather } from '../core/path.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'

/** What configuration says of an agent; whether it runs is state. */
export type RegisteredAgent = Omit<AgentFacts, 'status'>

export type GatherDeps = {
  readonly epochs: (tenant: TenantId, keys: readonly EpochKey[]) => readonly number[]
  readonly sponsorStatus: (tenant: TenantId, id: PersonId) => SponsorStatus
  readonly sponsorGroups: (tenant: TenantId, id: PersonId) => readonly string[]
  readonly agent: (tenant: TenantId, id: AgentId) => RegisteredAgent | null
  readonly agentStatus: (tenant: TenantId, id: AgentId) => AgentFacts['status']
  readonly instance: (tenant: TenantId, id: InstanceId) => Instance | null
  readonly person: (tenant: TenantId, id: PersonId) => PersonFacts | null
  /** The principal that a registered caller of the decision API sent, as data. */
  readonly asserted: (asked: Asked) => Asserted | null
  readonly revisions: (tenant: TenantId) => Facts['revisions']
}

export type Asserted = { readonly principal: Principal; readonly auxData: JsonObject }

/**
 * Makes the path's `gather` step from the registry, the directory of people and the epochs. It
 * fails where a fact contradicts the credential: `revoked` for an instance that the registry does
 * not have, `subject_mismatch` or `sponsor_mismatch` for one that is bound to somebody else
 * (SECURITY 2). Everything that policy may weigh (status, roles, raised epochs) is a fact instead.
 */
export const createGather =
  (deps: GatherDeps): Gather =>
  async (caller, asked) => {
    switch (caller.kind) {
      case 'instance':
        return instanceFacts(deps, caller)
      case 'client':
        return ok(clientFacts(deps, caller))
      case 'decision_caller':
        return ok(assertedFacts(deps, caller, asked))
    }
  }

function instanceFacts(deps: GatherDeps, caller: InstanceCaller): Result<Facts, Reason> {
  const { tenant, subject } = caller
  for (const actor of caller.actors) {
    const bound = checkBinding(caller, actor, deps.instance(tenant, actor.instance))
    if (!bound.ok) return bound
  }
  const actors = caller.actors.map((actor) => agentFacts(deps, tenant, actor.agent))
  const current = actors.at(-1)
  if (current !== undefined && current.sponsor !== null && current.sponsor !== caller.sponsor)
    return fail(reason('sponsor_mismatch', 'another sponsor answers for this agent now'))
  const sponsors = new Set<PersonId>([caller.sponsor])
  for (const { sponsor } of actors) if (sponsor !== null) sponsors.add(sponsor)
  return ok({
    subject: subject.kind === 'user' ? deps.person(tenant, subject.id) : null,
    actors,
    sponsors: [...sponsors].map((id) => sponsorFacts(deps, tenant, id)),
    // The token itself carries its grants; those of earlier links come with sub-agents.
    grants: [],
    raised: raisedEpochs(deps, caller),
    asserted: null,
    auxData: {},
    revisions: deps.revisions(tenant),
  })
}

/** The registry's row of each instance in the chain must say what the token says. */
function checkBinding(
  caller: InstanceCaller,
  actor: InstanceCaller['actors'][number],
  row: Instance | null,
): Result<null, Reason> {
  if (
    row === null ||
    row.agent !== actor.agent ||
    row.parent !== actor.parent ||
    row.run !== caller.run
  )
    return fail(reason('revoked', 'the registry does not have this instance'))
  const subject = caller.subject.kind === 'user' ? caller.subject.id : null
  if (row.subject !== subject)
    return fail(reason('subject_mismatch', 'this instance acts for somebody else'))
  if (row.sponsor !== caller.sponsor)
    return fail(reason('sponsor_mismatch', 'somebody else answers for this instance'))
  return ok(null)
}

function clientFacts(deps: GatherDeps, caller: ClientCaller): Facts {
  const { tenant } = caller
  const agent = agentFacts(deps, tenant, caller.agent)
  return {
    subject: caller.subject === null ? null : deps.person(tenant, caller.subject),
    actors: [agent],
    sponsors: agent.sponsor === null ? [] : [sponsorFacts(deps, tenant, agent.sponsor)],
    grants: [],
    raised: [],
    asserted: null,
    auxData: {},
    revisions: deps.revisions(tenant),
  }
}

function assertedFacts(deps: GatherDeps, caller: DecisionCaller, asked: Asked): Facts {
  const asserted = deps.asserted(asked)
  return {
    subject: null,
    actors: [],
    sponsors: [],
    grants: [],
    raised: [],
    asserted: asserted?.principal ?? null,
    auxData: asserted?.auxData ?? {},
    revisions: deps.revisions(caller.tenant),
  }
}

/** Names the epochs that are higher now than when the token was made. */
function raisedEpochs(deps: GatherDeps, caller: InstanceCaller): readonly string[] {
  const current = currentActor(caller)
  const ancestors = caller.actors.slice(0, -1)
  const { epochs } = caller
  const seen: readonly (readonly [EpochKey, number])[] = [
    [{ of: 'tenant' }, epochs.tenant],
    [{ of: 'sponsor', id: caller.sponsor }, epochs.sponsor],
    [{ of: 'agent', id: current.agent }, epochs.agent],
    [{ of: 'instance', id: current.instance }, epochs.instance],
    [{ of: 'run', id: caller.run }, epochs.run],
    // An ancestor's epoch is raised only to end it, so that any raise ends its descendants.
    ...ancestors.map(({ instance }): [EpochKey, number] => [{ of: 'instance', id: instance }, 0]),
  ]
  const now = deps.epochs(
    caller.tenant,
    seen.map(([key]) => key),
  )
  // An epoch that cannot be read counts as raised.
  return seen.flatMap(([key, value], i) => ((now[i] ?? Infinity) > value ? [key.of] : []))
}

function agentFacts(deps: GatherDeps, tenant: TenantId, id: AgentId): AgentFacts {
  const registered = deps.agent(tenant, id)
  if (registered === null) return { ...UNKNOWN_AGENT, id }
  return { ...registered, status: deps.agentStatus(tenant, id) }
}

const UNKNOWN_AGENT: Omit<AgentFacts, 'id'> = {
  status: 'unknown',
  acts: 'delegated',
  sponsor: null,
  roles: [],
  attr: {},
  scope: '',
}

const sponsorFacts = (deps: GatherDeps, tenant: TenantId, id: PersonId): SponsorFacts => ({
  id,
  status: deps.sponsorStatus(tenant, id),
  groups: deps.sponsorGroups(tenant, id),
})
