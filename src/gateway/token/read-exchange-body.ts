import type { Json } from '../../core/json.ts'
import { readJsonText } from '../../core/read-json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { StatedCredentials, TokenRequest } from './token-request.ts'
import {
  ACCESS_TOKEN_TYPE,
  CLIENT_CREDENTIALS_GRANT,
  ID_TOKEN_TYPE,
  isPurpose,
  JWT_BEARER_ASSERTION,
  JWT_TYPE,
  TOKEN_EXCHANGE_GRANT,
} from './token-words.ts'

/** Parameters of one form; real requests have about ten. */
export const PARAMETERS_MAX = 32
const DETAILS_DEPTH_MAX = 16

const SUBJECT_TYPES: readonly string[] = [ACCESS_TOKEN_TYPE, JWT_TYPE, ID_TOKEN_TYPE]
const ISSUED_TYPES: readonly string[] = [ACCESS_TOKEN_TYPE, JWT_TYPE]

type Form = ReadonlyMap<string, string>

/**
 * Reads `POST /token`: a token exchange (RFC 8693 §2.1) for an agent that acts for a person, or
 * client credentials (RFC 6749 §4.4) for one that acts for itself. The actor is always the
 * authenticated client; parameters that we do not know are ignored, as RFC 6749 §3.2 asks, those
 * that would mean something we do not do are refused.
 */
export function readExchangeBody(bytes: Uint8Array): Result<TokenRequest, Reason> {
  const read = readForm(bytes)
  if (!read.ok) return read
  const form = read.value
  const credentials = readCredentials(form)
  if (!credentials.ok) return credentials
  const target = readTarget(form)
  if (!target.ok) return target
  if (form.has('actor_token') || form.has('actor_token_type'))
    return malformed('the actor is the authenticated client: send no `actor_token`')
  if (form.has('scope'))
    return fail(
      reason('grant_exceeded', 'authority is asked for by `authorization_details`, not by `scope`'),
    )
  const issuedType = form.get('requested_token_type') ?? ACCESS_TOKEN_TYPE
  if (!ISSUED_TYPES.includes(issuedType))
    return malformed('`requested_token_type` must be access_token or jwt')
  const details = readDetails(form)
  if (!details.ok) return details
  const purpose = form.get('purpose') ?? null
  if (purpose !== null && !isPurpose(purpose)) return malformed('`purpose` must be a short text')
  return ok({
    credentials: credentials.value,
    target: target.value,
    statedSponsor: form.get('sponsor_id') ?? null,
    ttlSeconds: null,
    purpose,
    details: details.value,
    issuedType,
  })
}

function readForm(bytes: Uint8Array): Result<Form, Reason> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return malformed('the body is not a form')
  }
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    // RFC 6749 §3.2: no parameter twice, and one without a value counts as left out.
    if (form.has(name)) return malformed('a parameter stands twice')
    if (form.size >= PARAMETERS_MAX)
      return malformed(`a form may have at most ${PARAMETERS_MAX} parameters`)
    form.set(name, value)
  }
  for (const [name, value] of form) if (value === '') form.delete(name)
  return ok(form)
}

function readCredentials(form: Form): Result<StatedCredentials, Reason> {
  const assertion = form.get('client_assertion') ?? null
  const assertionType = form.get('client_assertion_type') ?? null
  if (form.has('client_secret'))
    return fail(reason('unauthenticated', 'shared secrets are not accepted'))
  if ((assertion === null) !== (assertionType === null))
    return malformed('`client_assertion` and `client_assertion_type` come together')
  if (assertionType !== null && assertionType !== JWT_BEARER_ASSERTION)
    return fail(reason('unauthenticated', 'the client assertion must be a JWT'))
  const subjectToken = form.get('subject_token') ?? null
  const subjectType = form.get('subject_token_type') ?? null
  const clientId = form.get('client_id') ?? null
  const stated = { assertion, clientId, subjectToken }
  switch (form.get('grant_type')) {
    case undefined:
      return malformed('`grant_type` is missing')
    case TOKEN_EXCHANGE_GRANT:
      if (subjectToken === null || subjectType === null)
        return malformed('a token exchange needs `subject_token` and `subject_token_type`')
      if (!SUBJECT_TYPES.includes(subjectType))
        return malformed('`subject_token_type` must be access_token, id_token or jwt')
      return ok(stated)
    case CLIENT_CREDENTIALS_GRANT:
      if (subjectToken !== null || subjectType !== null)
        return malformed('client credentials take no `subject_token`')
      return ok(stated)
    default:
      return fail(reason('unsupported', 'this `grant_type` is not supported'))
  }
}

/** RFC 8707 allows several resources; a token of ours has exactly one audience. */
function readTarget(form: Form): Result<string, Reason> {
  const resource = form.get('resource')
  const audience = form.get('audience')
  if ((resource === undefined) === (audience === undefined))
    return malformed('exactly one of `resource` and `audience` must be given')
  return ok(resource ?? audience ?? '')
}

function readDetails(form: Form): Result<Json | undefined, Reason> {
  const text = form.get('authorization_details')
  if (text === undefined) return ok(undefined)
  const read = readJsonText(text, { depthMax: DETAILS_DEPTH_MAX })
  return read.ok ? read : malformed('`authorization_details` is not JSON')
}

const malformed = (detail: string): { readonly ok: false; readonly error: Reason } =>
  fail(reason('malformed', detail))
