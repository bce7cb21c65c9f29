import type { Clock } from '../core/clock.ts'
import type { ClientCaller } from '../core/identity.ts'
import type { AgentId, PersonId } from '../core/ids.ts'
import type { InboundCall, Issue, Verify } from '../core/path.ts'
import type { Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { parseGrants } from '../grant/parse-grants.ts'
import { createVerify } from '../identity/create-verify.ts'
import {
  readTrustedKeys,
  type SignatureAlgorithm,
  type TrustedKeys,
} from '../identity/trusted-keys.ts'
import { createVerifyBudget } from '../identity/verify-budget.ts'
import { createVerifyClient, type ClientCredentials } from '../identity/verify-client.ts'
import {
  createVerifyDecisionCaller,
  credentialHashOf,
  type RegisteredCaller,
} from '../identity/verify-decision-caller.ts'
import { createVerifyInstanceToken } from '../identity/verify-instance-token.ts'
import {
  createVerifyPersonToken,
  DEVELOPMENT_PERSON_TYPES,
  PROVIDER_TYPES,
  type PersonIssuer,
} from '../identity/verify-person-token.ts'
import { createIssue, type UpstreamCredential } from '../sts/issue.ts'
import type { Config } from './config/config.ts'
import type { TokenKeys } from './token-keys.ts'

export type IdentityDeps = {
  readonly clock: Clock
  readonly keys: TokenKeys
  readonly clientCredentials: (call: InboundCall) => Promise<Result<ClientCredentials, Reason>>
}

/** Builds the steps `verify` and `issue` from the configuration. Fails with a sentence on unusable keys. */
export function wireIdentity(
  deps: IdentityDeps,
  config: Config,
): Result<{ readonly verify: Verify; readonly issue: Issue }, string> {
  const { clock, keys } = deps
  const { issuer } = config.tokens
  const budget = createVerifyBudget({ clock })
  const agentKeys = keysOfAgents(config)
  if (!agentKeys.ok) return agentKeys
  const issuers = personIssuers(config, keys)
  if (!issuers.ok) return issuers
  const verifyPerson = createVerifyPersonToken({ issuer, issuers: issuers.value, clock, budget })
  const verify = createVerify({
    development: config.mode === 'development',
    verifyInstanceToken: createVerifyInstanceToken({
      issuer,
      parseGrants,
      clock,
      keys: () => keys.trusted,
      budget,
    }),
    verifyClient: createVerifyClient({
      audiences: [
        issuer,
        config.publicUrl,
        `${config.publicUrl}/token`,
        `${config.publicUrl}/issue`,
      ],
      agentKeys: (_tenant, agent) => agentKeys.value.get(agent) ?? null,
      developmentAgents: config.agents.flatMap((agent) =>
        agent.development ? [agent.id as AgentId] : [],
      ),
      clientCredentials: deps.clientCredentials,
      verifyPerson,
      clock,
      budget,
    }),
    verifyDecisionCaller: createVerifyDecisionCaller(config.callers.map(registeredCaller)),
  })
  const issue = createIssue({
    issuer,
    signingKey: () => keys.set.signing,
    upstreams: upstreamsOf(config),
  })
  return ok({ verify, issue })
}

function keysOfAgents(
  config: Config,
): Result<ReadonlyMap<ClientCaller['agent'], TrustedKeys>, string> {
  const result = new Map<AgentId, TrustedKeys>()
  for (const agent of config.agents) {
    if (agent.jwks === null) continue
    const keys = readTrustedKeys(agent.jwks)
    if (!keys.ok)
      return fail(`the keys of agent \`${agent.id}\` cannot be used: ${keys.error.detail}`)
    result.set(agent.id as AgentId, keys.value)
  }
  return ok(result)
}

/** In development we are the issuer of people's tokens; elsewhere it is who the configuration names. */
function personIssuers(config: Config, keys: TokenKeys): Result<readonly PersonIssuer[], string> {
  if (config.mode === 'development') {
    const { issuer } = config.tokens
    const types = DEVELOPMENT_PERSON_TYPES
    return ok([
      { issuer, alias: null, algorithms: ['ES256'], audience: issuer, keys: keys.trusted, types },
    ])
  }
  const result: PersonIssuer[] = []
  for (const issuer of config.issuers) {
    const trusted = readTrustedKeys(issuer.jwks)
    if (!trusted.ok)
      return fail(`the keys of issuer \`${issuer.issuer}\` cannot be used: ${trusted.error.detail}`)
    result.push({
      issuer: issuer.issuer,
      alias: issuer.primary ? null : issuer.alias,
      algorithms: issuer.algorithms as readonly SignatureAlgorithm[],
      audience: issuer.audience,
      keys: trusted.value,
      types: PROVIDER_TYPES,
    })
  }
  return ok(result)
}

const registeredCaller = (caller: Config['callers'][number]): RegisteredCaller =>
  caller.kind === 'local'
    ? { kind: 'local', id: 'local', surfaces: ['cerbos'] }
    : {
        kind: 'credential',
        id: caller.id,
        surfaces: ['cerbos'],
        credentialHash: credentialHashOf(caller.credential),
      }

function upstreamsOf(config: Config): ReadonlyMap<string, UpstreamCredential> {
  const upstreams = new Map<string, UpstreamCredential>()
  for (const server of config.servers)
    upstreams.set(`mcp:${server.id}`, upstreamCredential(server.credential, server.url))
  for (const provider of config.providers)
    upstreams.set(`llm:${provider.id}`, upstreamCredential(provider.credential, provider.url))
  return upstreams
}

const upstreamCredential = (
  credential: Config['servers'][number]['credential'],
  audience: string,
): UpstreamCredential =>
  credential.kind === 'call_token' ? { kind: 'call_token', audience } : credential

/** Who may sponsor: every person that an agent names. */
export const sponsorsOf = (config: Config): readonly PersonId[] => [
  ...new Set(config.agents.map((agent) => agent.sponsor as PersonId)),
]
