import type { InboundCall, Refusal, Reply } from '../../core/path.ts'
import { disclose, statusOfRefusal, type DenialStatus } from '../denial.ts'
import { isTooLarge } from '../json-body.ts'
import { violationsDetail, type CheckProblem } from './violation.ts'

/**
 * Says a refusal as the Cerbos API does: a gRPC code, a message, and for values that break a rule
 * the details. Everything that is wrong with a request is 400; a check that was answered with a
 * denial is no refusal.
 */
export function refuseCheck(call: Pick<InboundCall, 'method'>, refusal: Refusal): Reply {
  if (refusal.at === 'classify' && refusal.reason.code === 'unsupported')
    return call.method === 'POST' ? reply(404, NOT_FOUND) : reply(501, WRONG_METHOD)
  const status = statusOfRefusal(refusal)
  const { reason } = refusal
  const details = hasViolations(reason) ? { details: [violationsDetail(reason.violations)] } : {}
  const body = { code: grpcCodeOf(status), message: disclose(refusal).reason.detail, ...details }
  return reply(isTooLarge(reason) ? 413 : status, body)
}

/** Reasons of `readCheck` bring the violations; others have none. */
const hasViolations = (reason: Refusal['reason']): reason is CheckProblem =>
  'violations' in reason && Array.isArray(reason.violations)

const NOT_FOUND = { code: 5, message: 'Not Found' }
const WRONG_METHOD = { code: 12, message: 'Method Not Allowed' }

const reply = (status: number, body: object): Reply => ({
  status,
  headers: {
    'content-type': 'application/json',
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  },
  body: new TextEncoder().encode(JSON.stringify(body)),
})

/** The gRPC status codes that stand for these statuses (google.rpc.Code). */
function grpcCodeOf(status: DenialStatus): number {
  switch (status) {
    case 400:
      return 3
    case 401:
      return 16
    case 403:
      return 7
    case 404:
      return 5
    case 429:
      return 8
    case 502:
    case 503:
      return 14
  }
}
