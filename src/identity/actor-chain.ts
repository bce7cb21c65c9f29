import type { Actor, Subject } from '../core/identity.ts'
import { isAgentId, isPersonId, type InstanceId, type PersonId } from '../core/ids.ts'
import { isJsonObject, type Json } from '../core/json.ts'
import { ACTOR_CHAIN_LENGTH_MAX } from '../core/limits.ts'

/** Prefixes of principals that are not people; no person's id may begin so (SECURITY 3). */
const RESERVED_PREFIXES: readonly string[] = ['agent:', 'service:', 'caller:', 'user:']
const ACTOR_MEMBERS: readonly string[] = ['sub', 'iss', 'sub_profile', 'act']

export const isPerson = (value: Json | undefined): value is PersonId =>
  typeof value === 'string' &&
  isPersonId(value) &&
  !RESERVED_PREFIXES.some((prefix) => value.startsWith(prefix))

/** `agent:<id>` is the agent itself, a person's id is the person; anything else is nobody. */
export function readSubject(sub: Json | undefined): Subject | null {
  if (isPerson(sub)) return { kind: 'user', id: sub }
  if (typeof sub !== 'string' || !sub.startsWith('agent:')) return null
  const id = sub.slice('agent:'.length)
  return isAgentId(id) ? { kind: 'agent', id } : null
}

/**
 * Reads the chain of actors from `act` (RFC 8693 §4.1), whose outermost member acts now. When the
 * subject is an agent, that agent is the oldest actor and does not stand in `act`. Instances come
 * from `lin` (ancestors, oldest first) and `agent_instance_id`. Null when anything does not fit:
 * a chain is copied whole or refused, never cut short.
 */
export function readActors(claims: {
  readonly issuer: string
  readonly subject: Subject
  readonly act: Json | undefined
  readonly ancestors: readonly string[]
  readonly instance: string
}): readonly [Actor, ...Actor[]] | null {
  // INVARIANT(actor-order): `act` nests newest to oldest, so that each name goes to the front.
  const agents: Actor['agent'][] = []
  for (let act = claims.act; act !== undefined; act = act['act']) {
    if (!isJsonObject(act) || agents.length >= ACTOR_CHAIN_LENGTH_MAX) return null
    if (Object.keys(act).some((member) => !ACTOR_MEMBERS.includes(member))) return null
    if (act['iss'] !== claims.issuer || act['sub_profile'] !== 'ai_agent') return null
    const actor = readSubject(act['sub'])
    if (actor?.kind !== 'agent') return null
    agents.unshift(actor.id)
  }
  if (claims.subject.kind === 'agent') agents.unshift(claims.subject.id)
  if (agents.length > ACTOR_CHAIN_LENGTH_MAX) return null
  const instances = [...claims.ancestors, claims.instance] as InstanceId[]
  if (instances.length !== agents.length || new Set(instances).size !== instances.length)
    return null
  const [first, ...rest] = agents.map((agent, i): Actor => {
    const instance = instances[i] as InstanceId
    return { agent, instance, parent: instances[i - 1] ?? null }
  })
  return first === undefined ? null : [first, ...rest]
}
