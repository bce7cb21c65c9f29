import { hash } from 'node:crypto'
import { epochMillis, type Clock } from '../core/clock.ts'
import type { Assurance, ClientCaller } from '../core/identity.ts'
import { isAgentId, type AgentId, type TenantId } from '../core/ids.ts'
import type { InboundCall } from '../core/path.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { expiryOf, hasBegun, soleAudienceOf } from './claim.ts'
import { readCompactJws, type UnverifiedJws } from './compact-jws.ts'
import { readCredential } from './credential.ts'
import { isLoopback } from './origin.ts'
import { SIGNATURE_ALGORITHMS, type TrustedKeys } from './trusted-keys.ts'
import type { VerifyBudget } from './verify-budget.ts'
import type { VerifyPersonToken } from './verify-person-token.ts'
import { verifySignature } from './verify-signature.ts'

/** What a token request says about who asks and for whom; read from its body. */
export type ClientCredentials = {
  /** A JWT signed by the agent's own key (RFC 7523 §2.2). */
  readonly assertion: string | null
  readonly clientId: string | null
  /** The token of the person on whose behalf the agent asks. */
  readonly subjectToken: string | null
}

export type VerifyClientDeps = {
  /** Our names as the audience of an assertion: the issuer and the URLs of the token endpoints. */
  readonly audiences: readonly string[]
  /** Public keys of a registered agent, or null. */
  readonly agentKeys: (tenant: TenantId, agent: AgentId) => TrustedKeys | null
  /**
   * The prepared agents of `mode: development`: a caller on loopback without credential is the
   * first of them, or the one its `client_id` names. Empty in production.
   */
  readonly developmentAgents: readonly AgentId[]
  readonly clientCredentials: (call: InboundCall) => Promise<Result<ClientCredentials, Reason>>
  readonly verifyPerson: VerifyPersonToken
  readonly clock: Clock
  readonly budget: VerifyBudget
}

export type VerifyClient = (call: InboundCall) => Promise<Result<ClientCaller, Reason>>

/** An assertion is made for one request; a longer life only helps a thief. */
export const ASSERTION_SECONDS_MAX = 300
const ASSERTION_ID_LENGTH_MAX = 256
const ASSERTION_TYPES: readonly unknown[] = [undefined, 'JWT', 'client-authentication+jwt']

/**
 * Makes the step that says which agent asks the token service, and for which person. The agent
 * proves itself by an assertion in the body, or as `Authorization: Bearer` where the body has no
 * room for one; its `jti` goes into `singleUse` for `commit` to consume. Fails with
 * `unauthenticated`, `malformed` (two credentials), `rate_limited`, or as the subject token does.
 */
export const createVerifyClient =
  (deps: VerifyClientDeps): VerifyClient =>
  async (call) => {
    const header = readCredential(call, { apiKey: false })
    if (!header.ok) return header
    const stated = await deps.clientCredentials(call)
    if (!stated.ok) return stated
    if (header.value !== null && stated.value.assertion !== null)
      return fail(reason('malformed', 'two credentials at once'))
    const assertion = header.value ?? stated.value.assertion
    const client =
      assertion === null
        ? developmentAgent(deps, call, stated.value.clientId)
        : await verifyAssertion(deps, call, assertion)
    if (!client.ok) return client
    const { agent } = client.value
    if (stated.value.clientId !== null && stated.value.clientId !== agent) return notAuthenticated()

    const { subjectToken } = stated.value
    if (subjectToken === null) return ok(callerOf(call, client.value, null))
    const person = await deps.verifyPerson({ token: subjectToken, agent, source: call.source })
    return person.ok ? ok(callerOf(call, client.value, person.value)) : person
  }

type Client = {
  readonly agent: AgentId
  readonly assurance: Assurance
  readonly singleUse: ClientCaller['singleUse']
}

const callerOf = (
  call: InboundCall,
  client: Client,
  subject: ClientCaller['subject'],
): ClientCaller => ({ kind: 'client', tenant: call.tenant, subject, ...client })

function developmentAgent(
  deps: VerifyClientDeps,
  call: InboundCall,
  clientId: string | null,
): Result<Client, Reason> {
  const agent = deps.developmentAgents.find((id) => clientId === null || id === clientId)
  if (agent === undefined || !isLoopback(call.source)) return notAuthenticated()
  return ok({ agent, assurance: 'development', singleUse: [] })
}

async function verifyAssertion(
  deps: VerifyClientDeps,
  call: InboundCall,
  assertion: string,
): Promise<Result<Client, Reason>> {
  const jws = readCompactJws(assertion)
  if (!jws.ok) return notAuthenticated()
  if (jws.value.header['typ'] === 'at+jwt')
    return fail(reason('unsupported', 'exchanging an instance token for another'))
  const checked = checkAssertion(deps, jws.value)
  if (checked === null) return notAuthenticated()
  const keys = deps.agentKeys(call.tenant, checked.agent)
  if (keys === null) return notAuthenticated()
  if (!deps.budget.take(call.source))
    return fail(reason('rate_limited', 'too many bad credentials from this address'))
  if (!(await verifySignature(keys, SIGNATURE_ALGORITHMS, jws.value))) return notAuthenticated()
  deps.budget.giveBack(call.source)
  return ok({
    agent: checked.agent,
    assurance: 'private_key_jwt',
    singleUse: [{ id: checked.id, expiresAt: epochMillis(checked.exp * 1000) }],
  })
}

/** RFC 7523 §3: issuer and subject are the agent, the audience is us, it ends soon and has an id. */
function checkAssertion(
  deps: VerifyClientDeps,
  { header, claims }: UnverifiedJws,
): { readonly agent: AgentId; readonly id: string; readonly exp: number } | null {
  const { iss: agent, sub, jti } = claims as Readonly<Record<'iss' | 'sub' | 'jti', unknown>>
  if (!ASSERTION_TYPES.includes(header['typ'])) return null
  if (typeof agent !== 'string' || agent !== sub || !isAgentId(agent)) return null
  const audience = soleAudienceOf(claims)
  if (audience === null || !deps.audiences.includes(audience)) return null
  const now = deps.clock.now() / 1000
  const exp = expiryOf(claims)
  if (exp === null || exp <= now || exp > now + ASSERTION_SECONDS_MAX || !hasBegun(claims, now))
    return null
  if (typeof jti !== 'string' || jti === '' || jti.length > ASSERTION_ID_LENGTH_MAX) return null
  // Hashed, so that an id chosen by the client has a fixed length and cannot meet another agent's.
  return {
    agent,
    id: `assertion:${agent}:${hash('sha256', jti, 'base64url')}`,
    exp: Math.ceil(exp),
  }
}

/** One answer for every way to fail: it must not tell which agents exist. */
const notAuthenticated = (): { readonly ok: false; readonly error: Reason } =>
  fail(reason('unauthenticated', 'the agent did not authenticate itself'))
