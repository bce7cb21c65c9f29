import type { Clock } from '../core/clock.ts'
import type { AgentId, PersonId } from '../core/ids.ts'
import { isJsonObject, type Json } from '../core/json.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { isPerson } from './actor-chain.ts'
import { expiryOf, hasBegun, soleAudienceOf } from './claim.ts'
import { readCompactJws, type UnverifiedJws } from './compact-jws.ts'
import type { SignatureAlgorithm, TrustedKeys } from './trusted-keys.ts'
import type { VerifyBudget } from './verify-budget.ts'
import { verifySignature } from './verify-signature.ts'

/** Who may say who a person is, with everything pinned: nothing is fetched, nothing is negotiated. */
export type PersonIssuer = {
  readonly issuer: string
  /** Null for the primary issuer, whose people have bare ids; else `<alias>:<sub>` (SECURITY 3). */
  readonly alias: string | null
  readonly algorithms: readonly SignatureAlgorithm[]
  /** Our name at that issuer: a token for anyone else is refused. */
  readonly audience: string
  readonly keys: TrustedKeys
  /** Accepted values of the `typ` header, exactly; null stands for none at all. */
  readonly types: readonly (string | null)[]
}

/** `typ` of ID tokens and access tokens as identity providers send them. */
export const PROVIDER_TYPES: readonly (string | null)[] = [null, 'JWT', 'at+jwt']
/** `typ` of the tokens that we sign for people in `mode: development`. */
export const DEVELOPMENT_PERSON_TYPES: readonly (string | null)[] = ['person+jwt']

export type PresentedPerson = {
  readonly token: string
  /** Who wants to act for the person. */
  readonly agent: AgentId
  readonly source: string
}

export type VerifyPersonToken = (presented: PresentedPerson) => Promise<Result<PersonId, Reason>>

export type VerifyPersonTokenDeps = {
  /** Our own issuer, as it stands in the `iss` of an actor. */
  readonly issuer: string
  readonly issuers: readonly PersonIssuer[]
  readonly clock: Clock
  readonly budget: VerifyBudget
}

/**
 * Makes the verifier of subject tokens (RFC 8693 §2.1): a person's token from a configured issuer,
 * addressed to us. `may_act`, when present, must name this agent; a token that already names an
 * actor is refused, because exchanging it here would lose that actor. Fails with
 * `subject_required` (no acceptable token), `token_expired`, `subject_mismatch` (`may_act`),
 * `unsupported` (`act`) or `rate_limited`.
 */
export const createVerifyPersonToken =
  (deps: VerifyPersonTokenDeps): VerifyPersonToken =>
  async (presented) => {
    const jws = readCompactJws(presented.token)
    if (!jws.ok) return unacceptable('is not a signed token')
    const issuer = deps.issuers.find((known) => known.issuer === jws.value.claims['iss'])
    if (issuer === undefined) return unacceptable('is from an issuer that is not configured')
    const unsigned = checkBeforeSignature(issuer, jws.value, deps.clock)
    if (!unsigned.ok) return unsigned
    if (!deps.budget.take(presented.source))
      return fail(reason('rate_limited', 'too many bad credentials from this address'))
    if (!(await verifySignature(issuer.keys, issuer.algorithms, jws.value)))
      return unacceptable('has no good signature')
    deps.budget.giveBack(presented.source)
    const { claims } = jws.value
    if (claims['cnf'] !== undefined)
      return fail(reason('proof_required', 'the subject token is bound to a key'))
    if (claims['act'] !== undefined)
      return fail(reason('unsupported', 'exchanging a token that already names an actor'))
    if (!mayAct(claims['may_act'], presented.agent, deps.issuer))
      return fail(reason('subject_mismatch', 'the subject token is not meant for this agent'))
    return personOf(issuer, claims['sub'])
  }

function checkBeforeSignature(
  issuer: PersonIssuer,
  { header, claims }: UnverifiedJws,
  clock: Clock,
): Result<null, Reason> {
  const type = header['typ'] ?? null
  if (!issuer.types.some((accepted) => accepted === type)) return unacceptable('is of another type')
  if (!issuer.algorithms.some((accepted) => accepted === header['alg']))
    return unacceptable('is signed by an algorithm that its issuer may not use')
  if (soleAudienceOf(claims) !== issuer.audience)
    return unacceptable('is not addressed to this service')
  const now = clock.now() / 1000
  const exp = expiryOf(claims)
  if (exp === null) return unacceptable('has no expiry')
  if (exp <= now) return fail(reason('token_expired', 'the subject token has expired'))
  return hasBegun(claims, now) ? ok(null) : unacceptable('is from the future')
}

/** RFC 8693 §4.4. An object that names nobody allows nobody. */
function mayAct(claim: Json | undefined, agent: AgentId, ourIssuer: string): boolean {
  if (claim === undefined) return true
  if (!isJsonObject(claim) || claim['sub'] !== `agent:${agent}`) return false
  return claim['iss'] === undefined || claim['iss'] === ourIssuer
}

/** A colon in a bare id would let one issuer name people of another. */
function personOf(issuer: PersonIssuer, sub: Json | undefined): Result<PersonId, Reason> {
  if (typeof sub !== 'string' || sub.includes(':')) return unacceptable('names nobody we can name')
  const id = issuer.alias === null ? sub : `${issuer.alias}:${sub}`
  return isPerson(id) ? ok(id) : unacceptable('names nobody we can name')
}

const unacceptable = (what: string): { readonly ok: false; readonly error: Reason } =>
  fail(reason('subject_required', `the subject token ${what}`))
