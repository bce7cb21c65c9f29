import { hash, timingSafeEqual } from 'node:crypto'
import type { DecisionCaller } from '../core/identity.ts'
import type { Classified, InboundCall } from '../core/path.ts'
import type { Surface } from '../core/question.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { readCredential } from './credential.ts'
import { cameThroughProxy, isLoopback } from './origin.ts'

/**
 * Who may ask for decisions (SECURITY 5): whoever is on this machine, or who knows a credential,
 * of which we keep only the SHA-256.
 */
export type RegisteredCaller =
  | { readonly kind: 'local'; readonly id: string; readonly surfaces: readonly Surface[] }
  | {
      readonly kind: 'credential'
      readonly id: string
      readonly surfaces: readonly Surface[]
      readonly credentialHash: Uint8Array
    }

/** The SHA-256 under which a caller's credential is registered. */
export const credentialHashOf = (credential: string): Uint8Array =>
  hash('sha256', credential, 'buffer')

export type VerifyDecisionCaller = (
  call: InboundCall,
  classified: Classified,
) => Result<DecisionCaller, Reason>

/** Fails with `caller_not_registered`, or `malformed` for two credentials at once. */
export const createVerifyDecisionCaller =
  (callers: readonly RegisteredCaller[]): VerifyDecisionCaller =>
  (call, { surface }) => {
    const credential = readCredential(call, { apiKey: false })
    if (!credential.ok) return credential
    const registered =
      credential.value === null
        ? findLocal(callers, call)
        : findByCredential(callers, credential.value)
    if (registered === null || !registered.surfaces.includes(surface))
      return fail(reason('caller_not_registered', 'this caller is not registered for decisions'))
    return ok({
      kind: 'decision_caller',
      tenant: call.tenant,
      id: registered.id,
      assurance: registered.kind === 'local' ? 'local' : 'bearer',
    })
  }

function findLocal(
  callers: readonly RegisteredCaller[],
  call: InboundCall,
): RegisteredCaller | null {
  if (!isLoopback(call.source) || cameThroughProxy(call)) return null
  return callers.find((caller) => caller.kind === 'local') ?? null
}

/** Compares with every registered credential in constant time, so that time says nothing. */
function findByCredential(
  callers: readonly RegisteredCaller[],
  credential: string,
): RegisteredCaller | null {
  const presented = credentialHashOf(credential)
  let found: RegisteredCaller | null = null
  for (const caller of callers)
    if (caller.kind === 'credential' && timingSafeEqual(caller.credentialHash, presented))
      found = caller
  return found
}
