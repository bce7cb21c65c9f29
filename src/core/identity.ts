import type { EpochMillis } from './clock.ts'
import type { AgentId, Audience, InstanceId, PersonId, RunId, TenantId, TokenId } from './ids.ts'
import type { JsonObject } from './json.ts'

/** The party whose authority is used (`sub`): a person when delegated, else the agent itself. */
export type Subject =
  | { readonly kind: 'user'; readonly id: PersonId }
  | { readonly kind: 'agent'; readonly id: AgentId }

/** Who acts: one instance of one registered agent. `parent` is null for a root. */
export type Actor = {
  readonly agent: AgentId
  readonly instance: InstanceId
  readonly parent: InstanceId | null
}

/** How strongly the caller proved who it is. */
export type Assurance = 'bearer' | 'dpop' | 'mtls' | 'private_key_jwt' | 'development' | 'local'

/** Counters read at mint; a token dies when any of them has since been raised (CONTRACTS 3, `rev`). */
export type Epochs = {
  readonly tenant: number
  readonly sponsor: number
  readonly agent: number
  readonly instance: number
  readonly run: number
}

/** What was delegated, as carried in `authorization_details` (RFC 9396), type `agent_tool_call`. */
export type Grant = {
  readonly type: 'agent_tool_call'
  readonly locations: readonly Audience[]
  /** Exact tool names; absent means every tool at the locations. */
  readonly tools?: readonly string[]
}

/** An agent instance that presented one of our instance tokens. */
export type InstanceCaller = {
  readonly kind: 'instance'
  readonly tenant: TenantId
  readonly subject: Subject
  // INVARIANT(actor-order): actors run oldest to newest; the last one is acting now.
  readonly actors: readonly [Actor, ...Actor[]]
  readonly sponsor: PersonId
  readonly grants: readonly Grant[]
  readonly audience: Audience
  readonly run: RunId
  readonly purpose: string
  readonly token: {
    readonly id: TokenId
    readonly issuedAt: EpochMillis
    readonly expiresAt: EpochMillis
    readonly rootExpiresAt: EpochMillis
  }
  readonly epochs: Epochs
  readonly assurance: Assurance
}

/**
 * An agent that asks the token service for an instance token: authenticated itself, and with a
 * subject when it presented a person's token. `instance` is the parent when it already runs as one.
 */
export type ClientCaller = {
  readonly kind: 'client'
  readonly tenant: TenantId
  readonly agent: AgentId
  readonly subject: PersonId | null
  readonly assurance: Assurance
  /** Ids that this request used up and that `commit` must consume (a client assertion's `jti`). */
  readonly singleUse: readonly { readonly id: string; readonly expiresAt: EpochMillis }[]
}

/** A registered caller of the decision API (SECURITY 5): asks, and never counts as enforcement. */
export type DecisionCaller = {
  readonly kind: 'decision_caller'
  readonly tenant: TenantId
  readonly id: string
  readonly assurance: Assurance
}

/** Who made a request, by the kind of credential that `verify` accepted. */
export type Caller = InstanceCaller | ClientCaller | DecisionCaller

/** A principal as policies see it (`P`). Roles of agents and of people never mix. */
export type Principal = {
  readonly id: string
  readonly roles: readonly string[]
  readonly attr: JsonObject
  readonly scope: string
  readonly policyVersion: string
}

/** The one place that answers "who acts now"; reading `sub` for that is the classic mistake. */
export const currentActor = (caller: InstanceCaller): Actor =>
  caller.actors.at(-1) ?? caller.actors[0]

/** The subject as policies name it (`P.id`): a person bare, an agent as `agent:<id>`. */
export const principalIdOf = (subject: Subject): string => {
  switch (subject.kind) {
    case 'user':
      return subject.id
    case 'agent':
      return `agent:${subject.id}`
  }
}
