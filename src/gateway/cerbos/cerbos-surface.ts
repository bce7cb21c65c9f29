import type { Principal } from '../../core/identity.ts'
import type { JsonObject } from '../../core/json.ts'
import type {
  Asked,
  Classified,
  Classify,
  Forwarded,
  InboundCall,
  Permit,
  SurfacePort,
} from '../../core/path.ts'
import { reason } from '../../core/reason.ts'
import { fail, ok } from '../../core/result.ts'
import { readJsonBody } from '../json-body.ts'
import { answerCheck } from './answer-check.ts'
import type { Checks } from './check-resource.ts'
import { readCheck, type CheckEntry, type CheckLimits } from './read-check.ts'
import { refuseCheck } from './refuse-check.ts'
import type { VerifyAuxData } from './verify-aux-data.ts'

/** A check understood in full: each ask is answered, none is enforced here. */
export type CheckAsked = Asked & {
  /** Echoed in the answer. */
  readonly requestId: string
  readonly includeMeta: boolean
  /** The principal on whose word of the caller the answer rests; `gather` puts it into the facts. */
  readonly asserted: Principal
  readonly auxData: JsonObject
  /** The asks grouped by resource, in the order of `asks`. */
  readonly entries: readonly CheckEntry[]
}

/** Longest request; what the API that we serve accepts over gRPC. */
export const CHECK_BYTES_MAX: number = 4 * 1024 * 1024

export type CerbosDeps = {
  /** Shared with the `decide` of this door's path. */
  readonly checks: Checks
  readonly verifyAuxData: VerifyAuxData
  readonly limits: CheckLimits
}

/** The door for enforcement points that speak the Cerbos API: `POST /api/check/resources`. */
export const createCerbosSurface = (deps: CerbosDeps): SurfacePort<Classified, CheckAsked> => ({
  name: 'cerbos',
  classify: (call) =>
    call.method === 'POST' && call.path === '/api/check/resources' ? CHECK : NO_SUCH_CALL,
  read: async (call) => {
    const body = await readJsonBody(announcedAsJson(call), CHECK_BYTES_MAX)
    if (!body.ok) return body
    const { bytes, value, digest } = body.value
    const request = readCheck(value, deps.limits, () => new TextDecoder().decode(bytes))
    if (!request.ok) return request
    const { requestId, includeMeta, principal, entries, tokens } = request.value
    const auxData = await deps.verifyAuxData(tokens)
    if (!auxData.ok) return auxData
    return ok({
      kind: 'check',
      asks: entries.flatMap(({ resource, actions }) => deps.checks.asked(resource, actions)),
      tool: null,
      purpose: null,
      clientRunId: null,
      clientInfo: null,
      requestHash: digest,
      changes: [],
      mints: null,
      requestId,
      includeMeta,
      asserted: principal,
      auxData: auxData.value,
      entries,
    })
  },
  refuse: (call, _classified, refusal) => refuseCheck(call, refusal),
  forward: (_call, _classified, permit) => Promise.resolve(forwarded(deps, permit)),
})

/**
 * Clients of this API send JSON under whatever type their HTTP library chooses, the official one
 * `text/plain`. Pages of other sites cannot profit: the listener refuses them by Origin and
 * Sec-Fetch-Site before this door is reached (SECURITY 6).
 */
function announcedAsJson({ headers, body }: InboundCall): Pick<InboundCall, 'headers' | 'body'> {
  if (!ANY_TEXT.test(headers['content-type'] ?? '')) return { headers, body }
  const encoding = headers['content-encoding'] ?? 'identity'
  return { headers: { 'content-type': 'application/json', 'content-encoding': encoding }, body }
}

const ANY_TEXT = /^(?:|text\/plain\b.*|application\/x-www-form-urlencoded\b.*)$/i

const CHECK: ReturnType<Classify<Classified>> = ok({
  surface: 'cerbos',
  expects: 'decision_caller',
  audience: null,
})
const NO_SUCH_CALL: ReturnType<Classify<Classified>> = fail(
  reason('unsupported', 'this call is not offered by the server'),
)

function forwarded({ checks }: CerbosDeps, { asked, decisionId }: Permit<CheckAsked>): Forwarded {
  const text = answerCheck({ ...asked, callId: decisionId }, checks.answer)
  return { reply: { status: 200, headers: JSON_REPLY, body: Buffer.from(text) }, outcome: null }
}

const JSON_REPLY: Readonly<Record<string, string>> = { 'content-type': 'application/json' }
