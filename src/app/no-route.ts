import { blankDraft } from '../core/blank-draft.ts'
import type { Clock } from '../core/clock.ts'
import type { DecisionId, NewId } from '../core/ids.ts'
import type { InboundCall, Refusal, Reply } from '../core/path.ts'
import type { Surface } from '../core/question.ts'
import { reason, type Reason } from '../core/reason.ts'
import { problem, statusOfRefusal } from '../gateway/denial.ts'
import type { RecordStranger } from '../gateway/stranger-log.ts'

export type NoRouteDeps = {
  readonly clock: Clock
  readonly newId: NewId
  readonly recordStranger: RecordStranger
}

export const NOTHING_HERE: Reason = reason('not_found', 'there is nothing at this address')

/** Answers a request that was let in at none of our doors; without a reason, because there is none. */
export type NoRoute = (call: InboundCall, why?: Reason) => Reply

/** Makes the answer for one listener (RFC 9457), which records the request as a stranger's refusal. */
export const createNoRoute =
  (deps: NoRouteDeps, surface: Surface): NoRoute =>
  (call, why = NOTHING_HERE) => {
    const id = deps.newId() as DecisionId
    const draft = blankDraft({
      id,
      at: deps.clock.now(),
      tenant: call.tenant,
      surface,
      source: call.source,
    })
    deps.recordStranger({ ...draft, decision: 'deny', reason: why })
    const refusal: Refusal = { decisionId: id, at: 'classify', reason: why, decision: null }
    const status = statusOfRefusal(refusal)
    return {
      status,
      headers: { 'content-type': 'application/problem+json', 'reeve-decision-id': id },
      body: new TextEncoder().encode(JSON.stringify(problem(refusal, status))),
    }
  }
