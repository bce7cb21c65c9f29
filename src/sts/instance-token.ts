import { invariant } from '../core/bug.ts'
import { numericDate, seconds, type EpochMillis, type Seconds } from '../core/clock.ts'
import type { Epochs, Grant, Subject } from '../core/identity.ts'
import { principalIdOf } from '../core/identity.ts'
import type { AgentId, Audience, TenantId, TokenId } from '../core/ids.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { TokenPlan } from '../core/token-plan.ts'
import { grantJson } from '../grant/parse-grants.ts'
import { subset } from '../grant/subset.ts'
import { signJwt } from './sign-jwt.ts'
import type { SigningKey } from './signing-keys.ts'

export type Minter = { readonly issuer: string; readonly key: SigningKey }

export type Minted = {
  readonly token: string
  readonly id: TokenId
  readonly expiresInSeconds: Seconds
}

/** Signs the instance token of a plan: `typ` `at+jwt` (RFC 9068), good at one audience. */
export function mintInstanceToken(
  minter: Minter,
  mint: {
    readonly plan: TokenPlan
    readonly id: TokenId
    readonly tenant: TenantId
    readonly at: EpochMillis
  },
): Minted {
  const { plan } = mint
  const { instance } = plan
  const everything: Grant = { type: 'agent_tool_call', locations: [plan.audience] }
  invariant(
    plan.grants.every((grant) => subset(grant, everything)),
    'a token grants nothing beyond its audience',
  )
  const subject = subjectOf(plan)
  const iat = numericDate(mint.at)
  const exp = seconds(iat + plan.ttlSeconds)
  const token = signJwt(minter.key, 'at+jwt', {
    iss: minter.issuer,
    sub: principalIdOf(subject),
    aud: plan.audience,
    client_id: instance.agent,
    iat,
    exp,
    jti: mint.id,
    ...actClaim(minter.issuer, subject, [instance.agent]),
    scope: scopeOf(plan.grants),
    authorization_details: plan.grants.map(grantJson),
    txn: instance.run,
    sponsor_id: instance.sponsor,
    agent_instance_id: instance.id,
    parent_agent_id: instance.parent,
    ttl_seconds: plan.ttlSeconds,
    purpose: instance.purpose,
    del_depth: 0,
    del_max_depth: 0,
    par_hash: null,
    root_exp: exp,
    rev: revClaim(plan.epochs),
    lin: [],
    tenant: mint.tenant,
  })
  return { token, id: mint.id, expiresInSeconds: plan.ttlSeconds }
}

/** Delegated: the person. Autonomous: the agent itself (SECURITY 2). */
const subjectOf = ({ instance }: TokenPlan): Subject =>
  instance.subject === null
    ? { kind: 'agent', id: instance.agent }
    : { kind: 'user', id: instance.subject }

/**
 * The chain as nested `act` (RFC 8693 §4.1), newest outermost. `agents` run oldest to newest; an
 * agent that is the subject itself does not stand in it.
 */
export function actClaim(
  issuer: string,
  subject: Subject,
  agents: readonly AgentId[],
): { readonly act?: Json } {
  let act: JsonObject | null = null
  for (const agent of subject.kind === 'agent' ? agents.slice(1) : agents) {
    const actor: JsonObject = { sub: `agent:${agent}`, iss: issuer, sub_profile: 'ai_agent' }
    act = act === null ? actor : { ...actor, act }
  }
  return act === null ? {} : { act }
}

export const revClaim = (epochs: Epochs): JsonObject => ({
  t: epochs.tenant,
  s: epochs.sponsor,
  a: epochs.agent,
  i: epochs.instance,
  x: epochs.run,
})

/**
 * A projection of the grants for resource servers that read scopes: `<path>` of each location, with
 * its tools when they are named. Nothing reads it back into authority.
 */
export function scopeOf(grants: readonly Grant[]): string {
  const scopes = new Set<string>()
  for (const grant of grants)
    for (const location of grant.locations)
      if (grant.tools === undefined) scopes.add(placeOf(location))
      else for (const tool of grant.tools) scopes.add(`${placeOf(location)}:${tool}`)
  return [...scopes].join(' ')
}

/** `http://host/mcp/payments` is `mcp:payments`. */
const placeOf = (location: Audience): string => location.split('/').slice(-2).join(':')
