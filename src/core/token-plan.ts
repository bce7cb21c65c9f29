import type { Instance } from './change.ts'
import type { Seconds } from './clock.ts'
import type { Epochs, Grant } from './identity.ts'
import type { Audience, TokenId } from './ids.ts'
import type { Asked } from './path.ts'

/**
 * The instance token that a request asks for, planned in full before `decide`, so that `issue` only
 * signs. Its epochs are read before `commit`: a revocation in between makes the token dead on arrival.
 */
export type TokenPlan = {
  readonly audience: Audience
  readonly instance: Instance
  readonly grants: readonly Grant[]
  readonly epochs: Epochs
  readonly ttlSeconds: Seconds
}

/** A request for an instance token, understood in full. */
export type TokenAsked = Asked & { readonly mints: TokenId; readonly plan: TokenPlan }

/** Whether the request asks for an instance token; only the token surface makes such requests. */
export const plansToken = (asked: Asked): asked is TokenAsked => asked.mints !== null
