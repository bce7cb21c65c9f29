import { numericDate, type Clock } from '../../core/clock.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { AuxToken, AuxTokens } from './read-aux-tokens.ts'

/** The claims of a token that keys of one set signed, or null; times are not looked at. */
export type VerifyWithKeys = (token: string) => Promise<JsonObject | null>

/** What policies see as `request.auxData`. */
export type VerifyAuxData = (tokens: AuxTokens) => Promise<Result<JsonObject, Reason>>

export type AuxDataDeps = {
  readonly clock: Clock
  /** By the id under which callers name them. */
  readonly keySets: ReadonlyMap<string, VerifyWithKeys>
  /** How far the clock of an issuer may be off ours. */
  readonly skewSeconds: number
}

/**
 * Makes the verification of tokens sent beside a request: signed by the key set that is named, or
 * by the only one, and good now (`exp`, `nbf` and `iat` where they stand, RFC 7519 §4.1). Whatever
 * is wrong with any of them fails with one `malformed`, which says nothing about the token.
 */
export function createVerifyAuxData(deps: AuxDataDeps): VerifyAuxData {
  return async ({ jwt, jwts }) => {
    if (jwt === null && jwts.length === 0) return NONE
    const one = jwt === null ? EMPTY : await claimsOf(deps, jwt)
    if (one === null) return INVALID
    const many = Object.create(null) as Record<string, Json>
    for (const [name, token] of jwts) {
      const claims = await claimsOf(deps, token)
      if (claims === null) return INVALID
      many[name] = { claims }
    }
    return ok({ jwt: one, jwts: many })
  }
}

const EMPTY: JsonObject = Object.freeze(Object.create(null) as JsonObject)

/** Policies read claims of a token that was not sent as of one without claims. */
const NONE: Result<JsonObject, Reason> = ok({ jwt: EMPTY, jwts: EMPTY })
const INVALID: Result<never, Reason> = fail(reason('malformed', 'invalid auxData'))

async function claimsOf(
  deps: AuxDataDeps,
  { token, keySet }: AuxToken,
): Promise<JsonObject | null> {
  const verify = keySetOf(deps, keySet)
  const claims = verify === null ? null : await verify(token)
  return claims !== null && isJsonObject(claims) && isGoodNow(deps, claims) ? claims : null
}

/** A token that names no set can only mean the only one. */
function keySetOf({ keySets }: AuxDataDeps, id: string): VerifyWithKeys | null {
  if (id !== '') return keySets.get(id) ?? null
  const [only = null, ...others] = keySets.values()
  return others.length === 0 ? only : null
}

function isGoodNow({ clock, skewSeconds }: AuxDataDeps, claims: JsonObject): boolean {
  const now = numericDate(clock.now())
  const { exp = Infinity, nbf = 0, iat = 0 } = claims
  if (typeof exp !== 'number' || typeof nbf !== 'number' || typeof iat !== 'number') return false
  return now < exp + skewSeconds && nbf <= now + skewSeconds && iat <= now + skewSeconds
}
