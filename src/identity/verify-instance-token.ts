import { hash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { InstanceCaller } from '../core/identity.ts'
import type { Audience, TenantId } from '../core/ids.ts'
import { TOKEN_BYTES_MAX } from '../core/limits.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { createBoundedMap } from './bounded-map.ts'
import { expiryOf, hasBegun } from './claim.ts'
import { readCompactJws, type UnverifiedJws } from './compact-jws.ts'
import { readInstanceClaims, type InstanceClaimsDeps } from './instance-claims.ts'
import type { TrustedKeys } from './trusted-keys.ts'
import type { VerifyBudget } from './verify-budget.ts'
import { verifySignature } from './verify-signature.ts'

export type PresentedToken = {
  readonly token: string
  /** Where the token must be good; compared as bytes with its one `aud`. */
  readonly audience: Audience
  readonly tenant: TenantId
  readonly source: string
}

export type VerifyInstanceToken = (
  presented: PresentedToken,
) => Promise<Result<InstanceCaller, Reason>>

export type VerifyInstanceTokenDeps = InstanceClaimsDeps & {
  readonly clock: Clock
  /** The current snapshot; another object means that keys changed, and empties the caches. */
  readonly keys: () => TrustedKeys
  readonly budget: VerifyBudget
}

/** Verified tokens remembered; about 2 KB each, so 40 MB at most. */
export const VERIFIED_TOKENS_MAX = 20_000
/** Refused tokens remembered, so that repeating one costs a hash instead of a signature check. */
export const REFUSED_TOKENS_MAX = 10_000

/**
 * Makes the verifier of our own instance tokens (CONTRACTS 3): ES256, `typ` exactly `at+jwt`, one
 * audience, lifetime at most 900 s, every claim in place. Whatever is cheap comes before the
 * signature (SECURITY 13), and a verified token is remembered by digest while it lives; audience,
 * tenant and expiry are compared at every use (SECURITY 21), revocation is the work of later steps.
 */
export function createVerifyInstanceToken(deps: VerifyInstanceTokenDeps): VerifyInstanceToken {
  const verified = createBoundedMap<InstanceCaller>(VERIFIED_TOKENS_MAX)
  const refused = createBoundedMap<Reason>(REFUSED_TOKENS_MAX)
  let keys = deps.keys()

  const forgetWhenKeysChanged = (): void => {
    const current = deps.keys()
    if (current === keys) return
    keys = current
    verified.clear()
    refused.clear()
  }

  return async (presented) => {
    if (presented.token.length > TOKEN_BYTES_MAX)
      return unauthenticated('the credential is longer than 8 KiB')
    forgetWhenKeysChanged()
    const digest = hash('sha256', presented.token, 'base64url')
    const known = verified.get(digest)
    if (known !== undefined) {
      const usable = checkUse(known, presented, deps.clock)
      if (!usable.ok && usable.error.code === 'token_expired') verified.delete(digest)
      return usable
    }
    const before = refused.get(digest)
    if (before !== undefined) return fail(before)

    const jws = checkBeforeSignature(deps, presented)
    if (!jws.ok) return jws
    if (!deps.budget.take(presented.source))
      return fail(reason('rate_limited', 'too many bad credentials from this address'))
    const usedKeys = keys
    const signed = await verifySignature(usedKeys, ['ES256'], jws.value)
    if (signed) deps.budget.giveBack(presented.source)
    const caller = signed
      ? readInstanceClaims(deps, jws.value.claims)
      : unauthenticated('the signature of the token is not ours')
    // A check that began before the keys changed says nothing about the keys of now.
    const current = deps.keys() === usedKeys
    if (!caller.ok) {
      if (current) refused.set(digest, caller.error)
      return caller
    }
    if (!current) return unauthenticated('the signing keys changed, present the token again')
    verified.set(digest, caller.value)
    return checkUse(caller.value, presented, deps.clock)
  }
}

/** What an unverified token already says about itself; nothing is believed, only refused. */
function checkBeforeSignature(
  deps: VerifyInstanceTokenDeps,
  presented: PresentedToken,
): Result<UnverifiedJws, Reason> {
  const jws = readCompactJws(presented.token)
  if (!jws.ok) return jws
  const { header, claims } = jws.value
  if (header['typ'] !== 'at+jwt') return unauthenticated('the credential is not an instance token')
  if (header['alg'] !== 'ES256' || typeof header['kid'] !== 'string')
    return unauthenticated('the token is not signed as ours are')
  if (claims['iss'] !== deps.issuer) return unauthenticated('the token is not from this issuer')
  if (claims['aud'] !== presented.audience) return wrongAudience()
  const now = deps.clock.now() / 1000
  const exp = expiryOf(claims)
  if (exp === null) return unauthenticated('the token has no expiry')
  if (exp <= now) return expired()
  if (!hasBegun(claims, now)) return unauthenticated('the token is from the future')
  return jws
}

function checkUse(
  caller: InstanceCaller,
  presented: PresentedToken,
  clock: Clock,
): Result<InstanceCaller, Reason> {
  if (caller.token.expiresAt <= clock.now()) return expired()
  if (caller.audience !== presented.audience) return wrongAudience()
  if (caller.tenant !== presented.tenant) return unauthenticated('the token is not for this tenant')
  return ok(caller)
}

type Failed = { readonly ok: false; readonly error: Reason }

const unauthenticated = (detail: string): Failed => fail(reason('unauthenticated', detail))
const expired = (): Failed => fail(reason('token_expired', 'the token has expired'))
const wrongAudience = (): Failed =>
  fail(reason('audience_mismatch', 'the token is good for another audience'))
