import type { Verify } from '../core/path.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail } from '../core/result.ts'
import { readCredential } from './credential.ts'
import { cameThroughProxy } from './origin.ts'
import type { VerifyClient } from './verify-client.ts'
import type { VerifyDecisionCaller } from './verify-decision-caller.ts'
import type { VerifyInstanceToken } from './verify-instance-token.ts'

export type VerifyDeps = {
  /** In `mode: development` nothing that came through a proxy is answered (SECURITY 7). */
  readonly development: boolean
  readonly verifyInstanceToken: VerifyInstanceToken
  readonly verifyClient: VerifyClient
  readonly verifyDecisionCaller: VerifyDecisionCaller
}

/** The path's `verify` step: the kind of caller that the surface expects, and no other. */
export const createVerify =
  (deps: VerifyDeps): Verify =>
  async (call, classified) => {
    if (deps.development && cameThroughProxy(call))
      return unauthenticated('development mode answers no request that came through a proxy')
    switch (classified.expects) {
      case 'instance': {
        const { audience } = classified
        const credential = readCredential(call, { apiKey: classified.surface === 'llm' })
        if (!credential.ok) return credential
        if (credential.value === null || audience === null)
          return unauthenticated('no credential was presented')
        const { tenant, source } = call
        return deps.verifyInstanceToken({ token: credential.value, audience, tenant, source })
      }
      case 'client':
        return deps.verifyClient(call)
      case 'decision_caller':
        return deps.verifyDecisionCaller(call, classified)
    }
  }

const unauthenticated = (detail: string): { readonly ok: false; readonly error: Reason } =>
  fail(reason('unauthenticated', detail))
