import { invariant } from '../../core/bug.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Classified, Credential, InboundCall, Reply, SurfacePort } from '../../core/path.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { grantJsonOf, planToken, type PlanDeps, type PlannedToken } from './plan-token.ts'
import { refuseToken } from './refuse-token.ts'
import { endpointOf, type Endpoint } from './token-request.ts'
import type { TokenRequests } from './token-requests.ts'

export type TokenClassified = Classified & { readonly endpoint: Endpoint }

export type TokenPortDeps = PlanDeps & {
  readonly publicUrl: string
  /** Shared with `verify`, which reads the credentials from the same body. */
  readonly requests: TokenRequests
}

/**
 * The token service as a door of the gateway: `POST /issue` (the short form) and `POST /token`
 * (RFC 8693, RFC 6749 §4.4). Both ask policy for the action `issue` on the audience.
 */
export const createTokenPort = (
  deps: TokenPortDeps,
): SurfacePort<TokenClassified, PlannedToken> => ({
  name: 'token',
  classify,
  read: async (call, { endpoint }, caller) => {
    invariant(caller.kind === 'client', 'the token service is asked by clients')
    const request = await deps.requests.read(call)
    if (!request.ok) return request
    const sponsorMustBeStated = deps.requireSponsor && endpoint === 'issue'
    return planToken(deps, {
      request: request.value,
      caller,
      sponsorMustBeStated,
      at: call.receivedAt,
    })
  },
  refuse: (call, classified, refusal) =>
    refuseToken(deps, call, classified?.endpoint ?? endpointOf(call.path) ?? 'issue', refusal),
  forward: async (_call, { endpoint }, { asked }, credential) => ({
    reply: tokenReply(endpoint, asked, credential),
    outcome: null,
  }),
})

const CONTENT_TYPES: Readonly<Record<Endpoint, string>> = {
  issue: 'application/json',
  token: 'application/x-www-form-urlencoded',
}

function classify(call: InboundCall): Result<TokenClassified, Reason> {
  const endpoint = endpointOf(call.path)
  if (endpoint === null) return fail(reason('not_found', 'no such endpoint'))
  if (call.method !== 'POST') return fail(reason('unsupported', 'tokens are asked for by POST'))
  const contentType = call.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (contentType !== CONTENT_TYPES[endpoint])
    return fail(reason('malformed', `the content type must be ${CONTENT_TYPES[endpoint]}`))
  return ok({ surface: 'token', expects: 'client', audience: null, endpoint })
}

function tokenReply(endpoint: Endpoint, asked: PlannedToken, credential: Credential): Reply {
  invariant(credential.kind === 'token', 'issue signed the planned token')
  const common: JsonObject = {
    token_type: 'Bearer',
    expires_in: credential.expiresInSeconds,
    jti: credential.id,
    txn: asked.plan.instance.run,
  }
  const body: JsonObject =
    endpoint === 'issue'
      ? { token: credential.token, ...common }
      : {
          access_token: credential.token,
          issued_token_type: asked.issuedType,
          ...common,
          authorization_details: asked.plan.grants.map(grantJsonOf),
        }
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    },
    body: new TextEncoder().encode(JSON.stringify(body)),
  }
}
