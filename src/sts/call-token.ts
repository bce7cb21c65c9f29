import { hash } from 'node:crypto'
import { canonicalJson } from '../core/canonical-json.ts'
import { numericDate, seconds, type EpochMillis } from '../core/clock.ts'
import { currentActor, principalIdOf, type InstanceCaller } from '../core/identity.ts'
import type { DecisionId, TokenId } from '../core/ids.ts'
import type { Json } from '../core/json.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { grantJson } from '../grant/parse-grants.ts'
import { actClaim, revClaim, scopeOf, type Minted, type Minter } from './instance-token.ts'
import { signJwt } from './sign-jwt.ts'

/** A call token is used at once or never (CONTRACTS 3). */
export const CALL_TOKEN_SECONDS = 30

export type ToolCall = { readonly tool: string; readonly args: Json }

/**
 * Signs the token that one allowed call carries to its upstream: `typ` `txntoken+jwt`, 30 s at
 * most and never longer than the caller's own token, used once, and for a tool call bound to the
 * tool and its arguments by `rah`. A call without a tool has no `rah`, so that its token is good
 * for no tool. Fails with `token_expired` when the caller's token ended in between.
 */
export function mintCallToken(
  minter: Minter,
  mint: {
    readonly caller: InstanceCaller
    readonly audience: string
    readonly call: ToolCall | null
    readonly decisionId: DecisionId
    readonly id: TokenId
    readonly at: EpochMillis
  },
): Result<Minted, Reason> {
  const { caller } = mint
  const current = currentActor(caller)
  const iat = numericDate(mint.at)
  const exp = seconds(Math.min(iat + CALL_TOKEN_SECONDS, numericDate(caller.token.expiresAt)))
  if (exp <= iat) return fail(reason('token_expired', 'the token has expired'))
  const depth = caller.actors.length - 1
  const token = signJwt(minter.key, 'txntoken+jwt', {
    iss: minter.issuer,
    sub: principalIdOf(caller.subject),
    aud: mint.audience,
    client_id: current.agent,
    iat,
    exp,
    jti: mint.id,
    ...actClaim(
      minter.issuer,
      caller.subject,
      caller.actors.map((actor) => actor.agent),
    ),
    scope: scopeOf(caller.grants),
    authorization_details: caller.grants.map(grantJson),
    txn: caller.run,
    sponsor_id: caller.sponsor,
    agent_instance_id: current.instance,
    parent_agent_id: current.parent,
    ttl_seconds: exp - iat,
    purpose: caller.purpose,
    // One call of the same instance: no step of delegation, and none can follow it.
    del_depth: depth,
    del_max_depth: depth,
    par_hash: null,
    root_exp: numericDate(caller.token.rootExpiresAt),
    rev: revClaim(caller.epochs),
    lin: caller.actors.slice(0, -1).map((actor) => actor.instance),
    tenant: caller.tenant,
    use: 'once',
    ...(mint.call === null ? {} : { rah: requestHash(mint.call) }),
    decision_id: mint.decisionId,
  })
  return ok({ token, id: mint.id, expiresInSeconds: seconds(exp - iat) })
}

/** What binds a token to a call: base64url SHA-256 of the canonical JSON of tool and arguments. */
export const requestHash = (call: ToolCall): string =>
  hash('sha256', canonicalJson({ args: call.args, tool: call.tool }), 'base64url')
