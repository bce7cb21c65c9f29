import type { InboundCall } from '../core/path.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'

/** RFC 6750 §2.1, with the scheme in any case (RFC 9110 §11.1). */
const BEARER_PATTERN = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

/**
 * The one credential in a request's headers, or null when there is none: `Authorization: Bearer`,
 * and with `apiKey` also `x-api-key`, as LLM clients send it. Two credentials at once are
 * `malformed`: we never choose for the caller. Another scheme is `unauthenticated`.
 */
export function readCredential(
  call: Pick<InboundCall, 'headers'>,
  options: { readonly apiKey: boolean },
): Result<string | null, Reason> {
  const authorization = call.headers['authorization']
  const apiKey = options.apiKey ? call.headers['x-api-key'] : undefined
  if (authorization !== undefined && apiKey !== undefined) return twoAtOnce()
  if (apiKey !== undefined) return apiKey.includes(',') ? twoAtOnce() : ok(apiKey)
  if (authorization === undefined) return ok(null)
  // Repeated headers arrive joined with a comma, which no bearer token may contain.
  if (authorization.includes(',')) return twoAtOnce()
  const token = BEARER_PATTERN.exec(authorization)?.[1]
  return token === undefined
    ? fail(reason('unauthenticated', 'only `Authorization: Bearer` is accepted'))
    : ok(token)
}

const twoAtOnce = (): { readonly ok: false; readonly error: Reason } =>
  fail(reason('malformed', 'two credentials at once'))
