import type { PersonFacts } from '../core/facts.ts'
import type { AgentId, PersonId } from '../core/ids.ts'
import type { RegisteredAgent } from '../pip/gather.ts'
import type { Config } from './config/config.ts'

/** Agents and people as the configuration names them; whether they are active is state, not here. */
export type Directory = {
  readonly agent: (id: AgentId) => RegisteredAgent | null
  readonly person: (id: PersonId) => PersonFacts
  readonly groups: (id: PersonId) => readonly string[]
}

export function createDirectory(config: Config): Directory {
  const agents = new Map<string, RegisteredAgent>()
  for (const { id, acts, sponsor, roles, attr, scope } of config.agents)
    agents.set(id, { id: id as AgentId, acts, sponsor: sponsor as PersonId, roles, attr, scope })
  const people = new Map(config.people.map((person) => [person.id, person]))
  return {
    agent: (id) => agents.get(id) ?? null,
    person: (id) => {
      // Somebody an issuer vouches for and nobody gave a role has no role, and so no authority.
      const { roles, attr } = people.get(id) ?? { roles: [], attr: {} }
      return { id, roles, attr }
    },
    groups: (id) => people.get(id)?.groups ?? [],
  }
}
