import type { Refusal, Refuse, Reply } from '../../core/path.ts'
import { challengeFor } from '../challenge.ts'
import { denialObject, disclose, statusOfRefusal } from '../denial.ts'
import { isTooLarge } from '../json-body.ts'
import { dialectOf, type LlmClassified } from './classify.ts'
import { nativeError, type ErrorStatus, type NativeError } from './native-error.ts'
import type { Catalogue, Dialect } from './provider.ts'

/** Says a refusal as the provider's native error (CONTRACTS 4, row LLM). */
export const createRefuse =
  (catalogue: Catalogue): Refuse<LlmClassified> =>
  (call, classified, refusal) => {
    const dialect = classified?.provider.dialect ?? dialectOf(catalogue, call)
    const { code, detail } = disclose(refusal).reason
    const reply = errorReply(dialect, {
      status: llmStatusOf(refusal),
      code,
      message: detail,
      denial: denialObject(refusal),
    })
    const challenge = challengeFor(
      disclose(refusal).reason,
      classified?.audience ?? null,
      catalogue.publicUrl,
      call,
    )
    if (challenge === null) return reply
    return { ...reply, headers: { ...reply.headers, 'www-authenticate': challenge } }
  }

/**
 * A reply that carries a native error. `x-should-retry` keeps the official clients, which repeat
 * 429 and 5xx by themselves, from repeating what cannot succeed (SECURITY 19).
 */
export function errorReply(dialect: Dialect, error: NativeError): Reply {
  return {
    status: error.status,
    headers: {
      'content-type': 'application/json',
      'x-should-retry': error.denial['retryable'] === true ? 'true' : 'false',
    },
    body: new TextEncoder().encode(JSON.stringify(nativeError(dialect, error))),
  }
}

/** An operation that we do not offer is an address at which there is nothing. */
function llmStatusOf(refusal: Refusal): ErrorStatus {
  if (isTooLarge(refusal.reason)) return 413
  if (refusal.at === 'classify' && refusal.reason.code === 'unsupported') return 404
  return statusOfRefusal(refusal)
}
