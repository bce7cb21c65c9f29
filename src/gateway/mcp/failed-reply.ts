import type { Forwarded } from '../../core/path.ts'
import type { Outcome } from '../../core/record.ts'
import type { SendPlan } from './asked.ts'
import { RPC_INTERNAL_ERROR } from './fault.ts'
import type { ForwardDeps, Forwarding } from './forwarding.ts'
import { jsonReply, rpcError } from './rpc-reply.ts'
import { wholeReply } from './whole-reply.ts'

/** 502: the record says what became of the call, the client that there is no answer to it. */
export function failedReply(
  deps: Pick<ForwardDeps, 'clock'>,
  { startedAt }: Forwarding,
  plan: SendPlan,
  outcome: Pick<Outcome, 'effect' | 'ended'>,
  detail: string,
): Forwarded {
  return wholeReply(
    deps,
    startedAt,
    jsonReply(502, rpcError(plan.id, RPC_INTERNAL_ERROR, detail)),
    outcome,
  )
}
