import type { Basis, Factor } from '../core/decision.ts'
import type { Facts } from '../core/facts.ts'
import type { Caller, InstanceCaller } from '../core/identity.ts'
import type { Audience, PersonId } from '../core/ids.ts'
import type { Ask, Question } from '../core/question.ts'
import type { Reason } from '../core/reason.ts'
import { reason } from '../core/reason.ts'
import { covers } from '../grant/covers.ts'
import type { Link } from './parties.ts'
import { personOf } from './parties.ts'

/** One factor of the formula that policies do not decide: whether it holds, and why not. */
export type Finding = { readonly basis: Basis; readonly reason: Reason | null }

/**
 * The factors of SECURITY 1 beside policies, in the order in which their reasons are given: epochs,
 * each agent's standing, each sponsor, the bond to the subject, token, grants, limits. All are
 * evaluated, also after one failed. A policy-only answer has none of them.
 */
export function findingsOf(
  question: Question,
  facts: Facts,
  links: readonly Link[],
): readonly Finding[] {
  const { caller, ask } = question
  if (caller.kind === 'decision_caller') return []
  const who = principalOf(links)
  return [
    finding('epochs', who, revoked(facts)),
    ...links.map((link) => finding('ceiling', `agent:${link.agent}`, standing(link))),
    ...sponsorsOf(caller, links).map(({ agent, id }) =>
      finding('sponsor', id ?? `agent:${agent}`, sponsorship(facts, id, agent)),
    ),
    finding('ceiling', who, bond(caller, facts, links)),
    finding('token', who, tokenHolds(question)),
    finding('grant', who, granted(caller, ask, facts)),
    finding('limits', who, null),
  ]
}

const principalOf = (links: readonly Link[]): string => {
  const current = links.at(-1)
  return current === undefined ? 'unknown' : `agent:${current.agent}`
}

const finding = (factor: Factor, principal: string, why: Reason | null): Finding => ({
  basis: { factor, principal, effect: why === null ? 'allow' : 'deny', policy: null, rule: null },
  reason: why,
})

const revoked = (facts: Facts): Reason | null =>
  facts.raised.length === 0 ? null : reason('revoked', `revoked by ${facts.raised.join(', ')}`)

function standing({ agent, facts }: Link): Reason | null {
  switch (facts?.status) {
    case 'active':
      return null
    case 'stopped':
      return reason('revoked', `agent \`${agent}\` is stopped`)
    case 'unknown':
    case undefined:
      return reason('caller_not_registered', `agent \`${agent}\` is not registered`)
  }
}

/** Every sponsor in the chain: the one that the token names, and each agent's own. */
function sponsorsOf(
  caller: Exclude<Caller, { kind: 'decision_caller' }>,
  links: readonly Link[],
): readonly { readonly id: PersonId | null; readonly agent: string }[] {
  const all = links.map(({ agent, facts }) => ({ id: facts?.sponsor ?? null, agent }))
  const own = caller.kind === 'instance' ? caller.sponsor : null
  if (own === null || all.some(({ id }) => id === own)) return all
  return [...all, { id: own, agent: links.at(-1)?.agent ?? '' }]
}

function sponsorship(facts: Facts, id: PersonId | null, agent: string): Reason | null {
  if (id === null) return reason('sponsor_missing', `no sponsor answers for agent \`${agent}\``)
  switch (facts.sponsors.find((sponsor) => sponsor.id === id)?.status) {
    case 'active':
      return null
    case 'suspended':
      return reason('sponsor_inactive', `the sponsor of agent \`${agent}\` is suspended`)
    case 'unknown':
    case undefined:
      return reason('sponsor_missing', `the sponsor of agent \`${agent}\` is not known`)
  }
}

/** Whether the agents act as they are registered (SECURITY 2), for the subject that was named. */
function bond(caller: Caller, facts: Facts, links: readonly Link[]): Reason | null {
  const person = personOf(caller)
  for (const { agent, facts: known } of links) {
    if (known?.acts === 'delegated' && person === null) {
      return reason('subject_required', `agent \`${agent}\` acts only on behalf of a person`)
    }
    if (known?.acts === 'autonomous' && person !== null) {
      return reason('subject_mismatch', `agent \`${agent}\` acts only on its own behalf`)
    }
  }
  if (person !== null && RESERVED_PREFIX.test(person)) {
    return reason('subject_mismatch', 'the subject is named like an agent or a service')
  }
  if (person !== null && facts.subject?.id !== person) {
    return reason('subject_mismatch', 'the subject is not the one whose facts are known')
  }
  const alone =
    caller.kind === 'instance' && caller.subject.kind === 'agent' ? caller.subject.id : null
  if (alone !== null && links[0]?.agent !== alone) {
    return reason('subject_mismatch', 'the subject is not the agent that began the chain')
  }
  return null
}

/** How policies name agents and services; a person of that name would be taken for one (SECURITY 3). */
const RESERVED_PREFIX = /^(?:agent|service):/

function tokenHolds({ caller, ask, context }: Question): Reason | null {
  if (caller.kind !== 'instance') return null
  const { expiresAt, rootExpiresAt } = caller.token
  if (expiresAt <= context.time || rootExpiresAt <= context.time) {
    return reason('token_expired', 'the token has expired')
  }
  return reachesAudience(caller, ask)
    ? null
    : reason('audience_mismatch', 'the token is for another audience')
}

/** Whether the audience is the one under which this kind of resource is served (CONTRACTS 3). */
function reachesAudience({ audience }: InstanceCaller, { resource }: Ask): boolean {
  if (resource.kind.startsWith('mcp:')) return audience.endsWith(`/mcp/${resource.kind.slice(4)}`)
  if (resource.kind !== 'model') return true
  return audience.endsWith(`/llm/${resource.id.split('/', 1)[0] ?? ''}`)
}

/**
 * Every grant in the chain; none at all means that nothing was narrowed. The grants within one token
 * are alternatives (RFC 9396 §2), those of earlier links must each cover the use as well. A token
 * that is asked for is used where it will be good, which is what its id names.
 */
function granted(caller: Caller, ask: Ask, facts: Facts): Reason | null {
  const own = caller.kind === 'instance' ? caller : null
  const use = { audience: own?.audience ?? (ask.resource.id as Audience), action: ask.action }
  const grants = own?.grants ?? []
  const narrowed = grants.length > 0 && !grants.some((grant) => covers(grant, use))
  if (!narrowed && facts.grants.every((grant) => covers(grant, use))) return null
  return reason(
    'grant_exceeded',
    `what was delegated does not cover \`${ask.action}\` on \`${ask.resource.kind}\``,
  )
}
