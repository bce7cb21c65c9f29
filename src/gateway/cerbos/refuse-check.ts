import type { Refusal, Reply } from '../../core/path.ts'
import { disclose, statusOfRefusal, type DenialStatus } from '../denial.ts'
import { isTooLarge } from '../json-body.ts'

/**
 * Says a refusal as the Cerbos API does: a gRPC code, a message and no details. Everything that is
 * wrong with a request is 400; a check that was answered with a denial is no refusal.
 */
export function refuseCheck(refusal: Refusal): Reply {
  const status =
    refusal.at === 'classify' && refusal.reason.code === 'unsupported'
      ? 404
      : statusOfRefusal(refusal)
  const { detail } = disclose(refusal).reason
  const body = { code: grpcCodeOf(status), message: detail, details: [] }
  return {
    status: isTooLarge(refusal.reason) ? 413 : status,
    headers: {
      'content-type': 'application/json',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
    body: new TextEncoder().encode(JSON.stringify(body)),
  }
}

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
