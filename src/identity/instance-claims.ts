import { epochMillis } from '../core/clock.ts'
import { currentActor, type Epochs, type Grant, type InstanceCaller } from '../core/identity.ts'
import { isName, type Audience, type RunId, type TenantId, type TokenId } from '../core/ids.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { ACTOR_CHAIN_LENGTH_MAX } from '../core/limits.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { isPerson, readActors, readSubject } from './actor-chain.ts'
import { isCount, isListOf, isUuidText, objectOrNull } from './claim.ts'

export type InstanceClaimsDeps = {
  readonly issuer: string
  readonly parseGrants: (value: Json | undefined) => Result<readonly Grant[], Reason>
}

/** CONTRACTS 3: longer tokens are never issued, so one that claims more is not ours. */
export const TTL_SECONDS_MAX = 900
/** A purpose is an id or a short phrase. */
export const PURPOSE_LENGTH_MAX = 200

/**
 * Reads the claims of an instance token whose signature, type, issuer, audience and times are
 * good: every claim of CONTRACTS 3 must be there and well formed, and they must agree with each
 * other. Fails with `unauthenticated`, naming the claim and never its value, or `proof_required`.
 */
export function readInstanceClaims(
  deps: InstanceClaimsDeps,
  claims: JsonObject,
): Result<InstanceCaller, Reason> {
  if (claims['cnf'] !== undefined)
    return fail(
      reason('proof_required', 'the token is bound to a key whose proof is not accepted here'),
    )
  if (claims['use'] !== undefined || claims['rah'] !== undefined) return bad('use')

  const times = readTimes(claims)
  if (times === null) return bad('exp, iat, ttl_seconds or root_exp')
  const { jti, txn, tenant, scope, purpose, sponsor_id: sponsor } = claims as Claims
  if (!isUuidText(jti)) return bad('jti')
  if (!isUuidText(txn)) return bad('txn')
  if (typeof tenant !== 'string' || !isName(tenant)) return bad('tenant')
  if (typeof scope !== 'string') return bad('scope')
  if (typeof purpose !== 'string' || purpose.length === 0 || purpose.length > PURPOSE_LENGTH_MAX)
    return bad('purpose')
  if (!isPerson(sponsor)) return bad('sponsor_id')
  const epochs = readEpochs(claims['rev'])
  if (epochs === null) return bad('rev')
  const chain = readChain(deps, claims)
  if (chain === null) return bad('sub, act, client_id, lin, del_depth or parent_agent_id')
  const grants = deps.parseGrants(claims['authorization_details'])
  if (!grants.ok) return bad('authorization_details')

  return ok({
    kind: 'instance',
    tenant: tenant as TenantId,
    subject: chain.subject,
    actors: chain.actors,
    sponsor,
    grants: grants.value,
    audience: claims['aud'] as Audience,
    run: txn as RunId,
    purpose,
    token: { id: jti as TokenId, ...times },
    epochs,
    assurance: 'bearer',
  })
}

type Claims = {
  readonly jti?: Json
  readonly txn?: Json
  readonly tenant?: Json
  readonly scope?: Json
  readonly purpose?: Json
  readonly sponsor_id?: Json
}

function readTimes(claims: JsonObject): Omit<InstanceCaller['token'], 'id'> | null {
  const {
    iat,
    exp,
    ttl_seconds: ttl,
    root_exp: rootExp,
  } = claims as {
    readonly iat?: Json
    readonly exp?: Json
    readonly ttl_seconds?: Json
    readonly root_exp?: Json
  }
  if (!isCount(iat) || !isCount(exp) || !isCount(ttl) || !isCount(rootExp)) return null
  if (ttl !== exp - iat || ttl < 1 || ttl > TTL_SECONDS_MAX || rootExp < exp) return null
  return {
    issuedAt: epochMillis(iat * 1000),
    expiresAt: epochMillis(exp * 1000),
    rootExpiresAt: epochMillis(rootExp * 1000),
  }
}

function readEpochs(value: Json | undefined): Epochs | null {
  const rev = objectOrNull(value)
  if (rev === null || Object.keys(rev).length !== 5) return null
  const { t, s, a, i, x } = rev as { t?: Json; s?: Json; a?: Json; i?: Json; x?: Json }
  if (!isCount(t) || !isCount(s) || !isCount(a) || !isCount(i) || !isCount(x)) return null
  return { tenant: t, sponsor: s, agent: a, instance: i, run: x }
}

function readChain(
  deps: InstanceClaimsDeps,
  claims: JsonObject,
): Pick<InstanceCaller, 'subject' | 'actors'> | null {
  const subject = readSubject(claims['sub'])
  const instance = claims['agent_instance_id']
  const ancestors = claims['lin']
  if (subject === null || !isUuidText(instance) || !isListOf(ancestors, isUuidText)) return null
  const actors = readActors({
    issuer: deps.issuer,
    subject,
    act: claims['act'],
    ancestors,
    instance,
  })
  if (actors === null) return null
  const current = currentActor({ actors } as InstanceCaller)
  const depth = actors.length - 1
  const {
    del_depth: claimed,
    del_max_depth: max,
    par_hash: parentHash,
  } = claims as {
    readonly del_depth?: Json
    readonly del_max_depth?: Json
    readonly par_hash?: Json
  }
  if (claims['client_id'] !== current.agent || claims['parent_agent_id'] !== current.parent)
    return null
  if (claimed !== depth || !isCount(max) || max < depth || max >= ACTOR_CHAIN_LENGTH_MAX)
    return null
  // Only a child has a parent whose token it can name (it stops moving a child under another task).
  if (depth === 0 ? parentHash !== null : typeof parentHash !== 'string') return null
  return { subject, actors }
}

const bad = (claim: string): { readonly ok: false; readonly error: Reason } =>
  fail(reason('unauthenticated', `the token's ${claim} is missing or malformed`))
