import { hash } from 'node:crypto'
import { canonicalJson } from '../../core/canonical-json.ts'
import type { EpochKey, Instance } from '../../core/change.ts'
import { seconds, type EpochMillis, type Seconds } from '../../core/clock.ts'
import type { AgentFacts } from '../../core/facts.ts'
import type { ClientCaller, Epochs, Grant } from '../../core/identity.ts'
import type {
  AgentId,
  Audience,
  Digest,
  InstanceId,
  NewId,
  RunId,
  TenantId,
  TokenId,
} from '../../core/ids.ts'
import type { Json } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { TokenAsked } from '../../core/token-plan.ts'
import type { TokenRequest } from './token-request.ts'
import { UNSPECIFIED_PURPOSE } from './token-words.ts'

/** Where tokens can be asked for: the tool's name and the audience it stands for. */
export type Target = { readonly tool: string; readonly audience: Audience }

export type PlanDeps = {
  readonly defaultTtlSeconds: number
  readonly maxTtlSeconds: number
  /** Whether `/issue` must name the sponsor. */
  readonly requireSponsor: boolean
  /** By tool name and by audience. */
  readonly targets: ReadonlyMap<string, Target>
  readonly agent: (tenant: TenantId, id: AgentId) => Omit<AgentFacts, 'status'> | null
  readonly epochs: (tenant: TenantId, keys: readonly EpochKey[]) => readonly number[]
  readonly newInstance: NewInstance
  readonly parseGrants: (value: Json | undefined) => Result<readonly Grant[], Reason>
  readonly newId: NewId
}

/** The registry's rule for who may begin and for whom. */
export type NewInstance = (request: {
  readonly agent: Omit<AgentFacts, 'status'>
  readonly id: InstanceId
  readonly run: RunId
  readonly subject: ClientCaller['subject']
  readonly statedSponsor: string | null
  readonly sponsorMustBeStated: boolean
  readonly purpose: string
  readonly at: EpochMillis
}) => Result<Instance, Reason>

export type PlannedToken = TokenAsked & { readonly issuedType: string }

/** Turns a token request into the question for policy and the plan that `issue` will sign. */
export function planToken(
  deps: PlanDeps,
  ask: {
    readonly request: TokenRequest
    readonly caller: ClientCaller
    readonly sponsorMustBeStated: boolean
    readonly at: EpochMillis
  },
): Result<PlannedToken, Reason> {
  const { request, caller } = ask
  const ttlSeconds = readTtl(deps, request)
  if (!ttlSeconds.ok) return ttlSeconds
  const agent = deps.agent(caller.tenant, caller.agent)
  if (agent === null) return fail(reason('not_found', 'the agent is not registered'))
  const purpose = request.purpose ?? UNSPECIFIED_PURPOSE
  const instance = deps.newInstance({
    agent,
    id: deps.newId() as InstanceId,
    run: deps.newId() as RunId,
    subject: caller.subject,
    statedSponsor: request.statedSponsor,
    sponsorMustBeStated: ask.sponsorMustBeStated,
    purpose,
    at: ask.at,
  })
  if (!instance.ok) return instance
  // Who asks and for whom comes first, so that those refusals do not tell which tools exist.
  const details = readDetails(deps, request)
  if (!details.ok) return details
  const target = deps.targets.get(request.target)
  if (target === undefined)
    return fail(reason('not_found', 'the tool is not one of the supported tools'))
  const grants = grantsAt(target, details.value)
  if (!grants.ok) return grants
  const attr = { tool: target.tool, ttl_seconds: ttlSeconds.value, purpose }
  return ok({
    kind: 'call',
    asks: [
      {
        action: 'issue',
        resource: {
          kind: 'token',
          id: target.audience,
          attr,
          scope: agent.scope,
          policyVersion: 'default',
        },
      },
    ],
    tool: target.tool,
    purpose,
    clientRunId: null,
    clientInfo: null,
    requestHash: digestOf({ ...attr, audience: target.audience, details: request.details ?? null }),
    changes: [{ kind: 'put_instance', instance: instance.value }],
    mints: deps.newId() as TokenId,
    plan: {
      audience: target.audience,
      instance: instance.value,
      grants: grants.value,
      epochs: readEpochs(deps, caller.tenant, instance.value),
      ttlSeconds: ttlSeconds.value,
    },
    issuedType: request.issuedType,
  })
}

/** A larger lifetime is an error, never silently cut (CONTRACTS 3). */
function readTtl(deps: PlanDeps, request: TokenRequest): Result<Seconds, Reason> {
  const ttl = request.ttlSeconds ?? deps.defaultTtlSeconds
  return Number.isInteger(ttl) && ttl >= 1 && ttl <= deps.maxTtlSeconds
    ? ok(seconds(ttl))
    : fail(reason('malformed', `\`ttl\` must be whole seconds from 1 to ${deps.maxTtlSeconds}`))
}

/** What the request narrows the delegation to; null when it does not. */
function readDetails(
  deps: PlanDeps,
  request: TokenRequest,
): Result<readonly Grant[] | null, Reason> {
  return request.details === undefined ? ok(null) : deps.parseGrants(request.details)
}

/**
 * What is delegated: everything at the audience, or less. A place outside the audience answers
 * like a tool that does not exist, or it would tell that this one does.
 */
function grantsAt(
  { audience }: Target,
  details: readonly Grant[] | null,
): Result<readonly Grant[], Reason> {
  if (details === null) return ok([{ type: 'agent_tool_call', locations: [audience] }])
  return details.every(({ locations }) => locations.every((location) => location === audience))
    ? ok(details)
    : fail(reason('not_found', 'a grant names another place than the audience of the token'))
}

function readEpochs(deps: PlanDeps, tenant: TenantId, instance: Instance): Epochs {
  const [ofTenant, sponsor, agent, own, run] = deps.epochs(tenant, [
    { of: 'tenant' },
    { of: 'sponsor', id: instance.sponsor },
    { of: 'agent', id: instance.agent },
    { of: 'instance', id: instance.id },
    { of: 'run', id: instance.run },
  ])
  return {
    tenant: ofTenant ?? 0,
    sponsor: sponsor ?? 0,
    agent: agent ?? 0,
    instance: own ?? 0,
    run: run ?? 0,
  }
}

const digestOf = (value: Json): Digest =>
  `sha256:${hash('sha256', canonicalJson(value), 'base64url')}` as Digest

/** A grant as the reply shows it, in the shape in which it was asked for. */
export const grantJsonOf = (grant: Grant): Json =>
  grant.tools === undefined
    ? { type: grant.type, locations: grant.locations }
    : { type: grant.type, locations: grant.locations, tools: grant.tools }
