import type { PersonFacts } from '../core/facts.ts'
import type { AgentId, PersonId } from '../core/ids.ts'
import type { Gather } from '../core/path.ts'
import type { ReadState } from '../core/state.ts'
import { createGather, type RegisteredAgent } from '../pip/gather.ts'
import type { Config } from './config/config.ts'

/** Builds the step `gather` over the registry in the store and the people in the configuration. */
export function wireGather(config: Config, state: ReadState): Gather {
  const agents = new Map<AgentId, RegisteredAgent>()
  for (const agent of config.agents)
    agents.set(agent.id as AgentId, {
      id: agent.id as AgentId,
      acts: agent.acts,
      sponsor: agent.sponsor as PersonId,
      roles: agent.roles,
      attr: agent.attr,
      scope: agent.scope,
    })
  const people = new Map<PersonId, PersonFacts>()
  const groups = new Map<PersonId, readonly string[]>()
  for (const person of config.people) {
    const id = person.id as PersonId
    people.set(id, { id, roles: person.roles, attr: person.attr })
    groups.set(id, person.groups)
  }
  return createGather({
    epochs: state.epochs,
    sponsorStatus: state.sponsorStatus,
    sponsorGroups: (_tenant, id) => groups.get(id) ?? [],
    agent: (_tenant, id) => agents.get(id) ?? null,
    agentStatus: state.agentStatus,
    instance: state.instance,
    // Somebody an issuer vouches for and nobody gave a role: no roles, never none of the checks.
    person: (_tenant, id) => people.get(id) ?? { id, roles: [], attr: {} },
    asserted: (asked) =>
      asked.asserted === undefined ? null : { principal: asked.asserted, auxData: {} },
    revisions: () => ({ data: 0, revocation: 0 }),
  })
}
