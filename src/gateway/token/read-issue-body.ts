import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/read-json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { ACCESS_TOKEN_TYPE, isPurpose } from './token-words.ts'
import type { TokenRequest } from './token-request.ts'

const MEMBERS: readonly string[] = ['tool', 'sponsor_id', 'ttl', 'args', 'purpose', 'on_behalf_of']
const BODY_DEPTH_MAX = 32

/**
 * Reads `POST /issue` (CONTRACTS 3). Closed: another member is `malformed`, and so is a member of
 * another type; nothing is converted. A token bound to arguments (`args`) is `unsupported`.
 */
export function readIssueBody(bytes: Uint8Array): Result<TokenRequest, Reason> {
  const read = readJson(bytes, { depthMax: BODY_DEPTH_MAX })
  if (!read.ok) return read
  if (!isJsonObject(read.value)) return malformed('the body must be an object')
  const body: JsonObject = read.value
  for (const member of Object.keys(body))
    if (!MEMBERS.includes(member))
      return malformed(`the body may only have ${MEMBERS.map((name) => `\`${name}\``).join(', ')}`)
  const { tool, sponsor_id: sponsor, ttl, purpose, on_behalf_of: subjectToken } = body as Body
  if (typeof tool !== 'string') return malformed('`tool` must be a name')
  if (sponsor !== undefined && typeof sponsor !== 'string')
    return malformed('`sponsor_id` must be one id')
  if (ttl !== undefined && typeof ttl !== 'number')
    return malformed('`ttl` must be a number of seconds')
  if (purpose !== undefined && !isPurpose(purpose))
    return malformed('`purpose` must be a short text')
  if (subjectToken !== undefined && typeof subjectToken !== 'string')
    return malformed('`on_behalf_of` must be a token')
  if (body['args'] !== undefined)
    return fail(reason('unsupported', '`args`: tokens for one call are made by the gateway itself'))
  return ok({
    credentials: { assertion: null, clientId: null, subjectToken: subjectToken ?? null },
    target: tool,
    statedSponsor: sponsor ?? null,
    ttlSeconds: ttl ?? null,
    purpose: purpose ?? null,
    details: undefined,
    issuedType: ACCESS_TOKEN_TYPE,
  })
}

type Body = {
  readonly tool?: Json
  readonly sponsor_id?: Json
  readonly ttl?: Json
  readonly purpose?: Json
  readonly on_behalf_of?: Json
}

const malformed = (detail: string): { readonly ok: false; readonly error: Reason } =>
  fail(reason('malformed', detail))
