import { invariant } from '../../core/bug.ts'
import { allows } from '../../core/decision.ts'
import type { Principal } from '../../core/identity.ts'
import type {
  Asked,
  Classified,
  Classify,
  Forwarded,
  Permit,
  SurfacePort,
} from '../../core/path.ts'
import { reason } from '../../core/reason.ts'
import { fail, ok } from '../../core/result.ts'
import { readJsonBody } from '../json-body.ts'
import { readCheck, type CheckEntry } from './read-check.ts'
import { refuseCheck } from './refuse-check.ts'

/** A check understood in full: each ask is answered, none is enforced here. */
export type CheckAsked = Asked & {
  /** Echoed in the answer. */
  readonly requestId: string
  /** The principal on whose word of the caller the answer rests; `gather` puts it into the facts. */
  readonly asserted: Principal
  /** The asks grouped by resource, in the order of `asks`. */
  readonly entries: readonly CheckEntry[]
}

/** Longest request; what the API that we serve accepts over gRPC. */
export const CHECK_BYTES_MAX: number = 4 * 1024 * 1024

/** The door for enforcement points that speak the Cerbos API: `POST /api/check/resources`. */
export const CERBOS_SURFACE: SurfacePort<Classified, CheckAsked> = {
  name: 'cerbos',
  classify: (call) =>
    call.method === 'POST' && call.path === '/api/check/resources' ? CHECK : NO_SUCH_CALL,
  read: async (call) => {
    const body = await readJsonBody(call, CHECK_BYTES_MAX)
    if (!body.ok) return body
    const request = readCheck(body.value.value)
    if (!request.ok) return request
    const { requestId, principal, entries } = request.value
    return ok({
      kind: 'check',
      asks: entries.flatMap((entry) => entry.asks),
      tool: null,
      purpose: null,
      clientRunId: null,
      clientInfo: null,
      requestHash: body.value.digest,
      changes: [],
      mints: null,
      requestId,
      asserted: principal,
      entries,
    })
  },
  refuse: (_call, _classified, refusal) => refuseCheck(refusal),
  forward: (_call, _classified, permit) => Promise.resolve(answerOf(permit)),
}

const CHECK: ReturnType<Classify<Classified>> = ok({
  surface: 'cerbos',
  expects: 'decision_caller',
  audience: null,
})
const NO_SUCH_CALL: ReturnType<Classify<Classified>> = fail(
  reason('unsupported', 'this call is not offered by the server'),
)

/** Effects only, in the order of the request; fields that hold their default are left out. */
function answerOf({ asked, decisions, decisionId }: Permit<CheckAsked>): Forwarded {
  invariant(asked.asks.length === decisions.length, 'a check has one decision per ask')
  let next = 0
  const results = asked.entries.map(({ echo, asks }) => {
    const actions = Object.create(null) as Record<string, 'EFFECT_ALLOW' | 'EFFECT_DENY'>
    for (const { action } of asks) {
      const decision = decisions[next++]
      actions[action] = decision !== undefined && allows(decision) ? 'EFFECT_ALLOW' : 'EFFECT_DENY'
    }
    return { resource: echo, actions }
  })
  const answer = {
    ...(asked.requestId === '' ? {} : { requestId: asked.requestId }),
    results,
    cerbosCallId: decisionId,
  }
  return {
    reply: {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: new TextEncoder().encode(JSON.stringify(answer)),
    },
    outcome: null,
  }
}
