import type { AgentFacts, Facts, SponsorFacts } from '../core/facts.ts'
import type { Caller, Principal } from '../core/identity.ts'
import type { AgentId, InstanceId, PersonId } from '../core/ids.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Question } from '../core/question.ts'
import type { CompiledRelease } from '../policy/release.ts'
import { DEFAULT_VERSION } from '../policy/names.ts'
import { contextJson } from './context-json.ts'

/** One principal of the formula; null where the facts about it are missing. */
export type Party = {
  readonly factor: 'subject' | 'actor'
  /** As policies and records name it. */
  readonly id: string
  readonly principal: Principal | null
}

/** One agent of the chain as the question names it, with what the registry says of it. */
export type Link = {
  readonly agent: AgentId
  readonly instance: InstanceId | null
  readonly parent: InstanceId | null
  readonly facts: AgentFacts | null
}

/** The chain of agents, oldest first. Facts of another agent count as missing. */
export function linksOf(caller: Caller, facts: Facts): readonly Link[] {
  const factsAt = (index: number, agent: AgentId): AgentFacts | null => {
    const found = facts.actors[index]
    return found?.id === agent ? found : null
  }
  switch (caller.kind) {
    case 'instance':
      return caller.actors.map(({ agent, instance, parent }, index) => ({
        agent,
        instance,
        parent,
        facts: factsAt(index, agent),
      }))
    case 'client': {
      const { agent } = caller
      return [{ agent, instance: null, parent: null, facts: factsAt(0, agent) }]
    }
    case 'decision_caller':
      return []
  }
}

/** The person whose authority is used, or null when an agent acts on its own. */
export function personOf(caller: Caller): PersonId | null {
  switch (caller.kind) {
    case 'instance':
      return caller.subject.kind === 'user' ? caller.subject.id : null
    case 'client':
      return caller.subject
    case 'decision_caller':
      return null
  }
}

/**
 * Every principal whose policies must allow (SECURITY 1): the subject, then each agent of the chain.
 * For an agent on its own the subject is the first agent of the chain. A policy-only answer is about
 * the principal as it was sent and no one else.
 */
export function partiesOf(
  release: CompiledRelease,
  question: Question,
  facts: Facts,
  links: readonly Link[],
): readonly Party[] {
  const { caller } = question
  if (caller.kind === 'decision_caller') {
    const { asserted } = facts
    return [{ factor: 'subject', id: asserted?.id ?? `caller:${caller.id}`, principal: asserted }]
  }
  const identity = release.needs.identity ? identityAttributes(question, facts, links) : null
  const scope = links.at(-1)?.facts?.scope ?? ''
  const person = personOf(caller)
  const parties: Party[] = []
  if (person !== null) parties.push(personParty(person, facts, { identity, scope }))
  for (const [index, link] of links.entries()) {
    const party = agentParty(link, { identity, scope })
    if (person === null && index === 0) parties.push({ ...party, factor: 'subject' })
    parties.push(party)
  }
  return parties
}

type Common = { readonly identity: JsonObject | null; readonly scope: string }

function personParty(id: PersonId, facts: Facts, common: Common): Party {
  const { subject } = facts
  if (subject === null || subject.id !== id) return { factor: 'subject', id, principal: null }
  const attr = attributes(subject.attr, common.identity, 'user')
  const principal = {
    id,
    roles: subject.roles,
    attr,
    scope: common.scope,
    policyVersion: DEFAULT_VERSION,
  }
  return { factor: 'subject', id, principal }
}

function agentParty(link: Link, common: Common): Party {
  const id = `agent:${link.agent}`
  if (link.facts === null) return { factor: 'actor', id, principal: null }
  const roles = link.facts.roles.includes('agent')
    ? link.facts.roles
    : [...link.facts.roles, 'agent']
  const attr = attributes(link.facts.attr, common.identity, 'agent')
  const principal = { id, roles, attr, scope: common.scope, policyVersion: DEFAULT_VERSION }
  return { factor: 'actor', id, principal }
}

/** Attributes from sources under those that only we set, whatever the sources say of them. */
function attributes(
  own: JsonObject,
  identity: JsonObject | null,
  kind: 'user' | 'agent',
): JsonObject {
  // Nothing in the release reads a reserved attribute, so what stands there makes no difference.
  if (identity === null) return own
  return Object.assign(Object.create(null) as Record<string, Json>, own, identity, { kind })
}

function identityAttributes(question: Question, facts: Facts, links: readonly Link[]): JsonObject {
  const { caller } = question
  const current = links.at(-1)
  const instance = caller.kind === 'instance' ? caller : null
  return {
    agent_id: current?.agent ?? null,
    instance_id: current?.instance ?? null,
    parent_id: current?.parent ?? null,
    depth: Math.max(0, links.length - 1),
    sponsor: sponsorJson(facts, instance?.sponsor ?? current?.facts?.sponsor ?? null),
    subject: subjectJson(question, facts, links),
    chain: links.map(({ agent }) => `agent:${agent}`),
    purpose: instance?.purpose ?? null,
    grant: (instance?.grants ?? []).map((grant) => ({ ...grant })),
    session: {},
    assurance: caller.assurance,
    context: contextJson(question),
  }
}

function sponsorJson(facts: Facts, id: PersonId | null): Json {
  const found: SponsorFacts | undefined = facts.sponsors.find((sponsor) => sponsor.id === id)
  if (id === null) return null
  return { id, status: found?.status ?? 'unknown', groups: found?.groups ?? [] }
}

function subjectJson(question: Question, facts: Facts, links: readonly Link[]): Json {
  const person = personOf(question.caller)
  if (person !== null) {
    const known = facts.subject?.id === person ? facts.subject : null
    return { id: person, roles: known?.roles ?? [], attr: known?.attr ?? {} }
  }
  const first = links[0]
  if (first === undefined) return null
  return {
    id: `agent:${first.agent}`,
    roles: first.facts?.roles ?? [],
    attr: first.facts?.attr ?? {},
  }
}
