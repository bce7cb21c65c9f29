import type { Grant, Principal } from './identity.ts'
import type { AgentId, PersonId } from './ids.ts'
import type { JsonObject } from './json.ts'

/** The states of a sponsor that matter to a decision; `unknown` is one we have never heard of. */
export type SponsorStatus = 'active' | 'suspended' | 'unknown'

/** What the registry says of one sponsor: accountable only, never a source of authority. */
export type SponsorFacts = {
  readonly id: PersonId
  readonly status: SponsorStatus
  readonly groups: readonly string[]
}

/** What the registry says of one actor of the chain. */
export type AgentFacts = {
  readonly id: AgentId
  readonly status: 'active' | 'stopped' | 'unknown'
  readonly acts: 'delegated' | 'autonomous'
  readonly sponsor: PersonId | null
  readonly roles: readonly string[]
  readonly attr: JsonObject
  readonly scope: string
}

/** What sources say of the person whose authority is used. */
export type PersonFacts = {
  readonly id: PersonId
  readonly roles: readonly string[]
  readonly attr: JsonObject
}

/**
 * Everything `decide` may know beyond the question: gathered before it, so that it stays pure.
 * `actors` stands in the order of the caller's chain; for a policy-only answer `asserted` is the
 * principal as sent, and nothing else is set.
 */
export type Facts = {
  readonly subject: PersonFacts | null
  readonly actors: readonly AgentFacts[]
  readonly sponsors: readonly SponsorFacts[]
  /** Grants of earlier links of the chain, each of which must cover the ask; the token carries its own. */
  readonly grants: readonly Grant[]
  /** Names of the epochs raised since the token was minted: empty means nothing was revoked. */
  readonly raised: readonly string[]
  readonly asserted: Principal | null
  readonly auxData: JsonObject
  readonly revisions: Revisions
}

/** Which versions of data and of revocations a decision used; `commit` compares them again. */
export type Revisions = { readonly data: number; readonly revocation: number }
