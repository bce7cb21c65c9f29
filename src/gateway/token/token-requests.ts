import { BODY_BYTES_UNVERIFIED_MAX } from '../../core/limits.ts'
import type { InboundCall } from '../../core/path.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { readExchangeBody } from './read-exchange-body.ts'
import { readIssueBody } from './read-issue-body.ts'
import { endpointOf, type StatedCredentials, type TokenRequest } from './token-request.ts'

export type TokenRequests = {
  readonly read: (call: InboundCall) => Promise<Result<TokenRequest, Reason>>
  /** For `verify`: the credentials that stand in the body. */
  readonly clientCredentials: (call: InboundCall) => Promise<Result<StatedCredentials, Reason>>
}

/**
 * Reads each request's body once, though two steps need it: `verify` for the credentials, `read`
 * for the rest. What was read is kept as long as the call itself. At most 64 KiB, because nobody is
 * verified yet.
 */
export function createTokenRequests(): TokenRequests {
  const known = new WeakMap<InboundCall, Promise<Result<TokenRequest, Reason>>>()
  const read: TokenRequests['read'] = (call) => {
    const request = known.get(call) ?? readRequest(call)
    known.set(call, request)
    return request
  }
  return {
    read,
    clientCredentials: async (call) => {
      const request = await read(call)
      if (request.ok) return ok(request.value.credentials)
      // Nobody authenticates in the body of `/issue`. What is wrong with it is said by `read`, and
      // so only to an agent that is known.
      return endpointOf(call.path) === 'issue' ? ok(NOTHING_STATED) : request
    },
  }
}

const NOTHING_STATED: StatedCredentials = { assertion: null, clientId: null, subjectToken: null }

async function readRequest(call: InboundCall): Promise<Result<TokenRequest, Reason>> {
  const endpoint = endpointOf(call.path)
  if (endpoint === null) return fail(reason('not_found', 'no such endpoint'))
  const body = await call.body(BODY_BYTES_UNVERIFIED_MAX)
  if (!body.ok) return body
  return endpoint === 'issue' ? readIssueBody(body.value) : readExchangeBody(body.value)
}
