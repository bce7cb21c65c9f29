import { hash } from 'node:crypto'
import type { Clock, EpochMillis } from '../../core/clock.ts'
import type { Digest } from '../../core/ids.ts'
import type { Forwarded } from '../../core/path.ts'
import type { Outcome } from '../../core/record.ts'
import type { WholeReply } from './rpc-reply.ts'

/** A reply that is sent whole, with the outcome of the call that it answers. */
export function wholeReply(
  deps: { readonly clock: Clock },
  startedAt: EpochMillis,
  reply: WholeReply,
  outcome: Pick<Outcome, 'effect' | 'ended'>,
): Forwarded {
  return {
    reply,
    outcome: {
      ...outcome,
      status: reply.status,
      bytesSent: reply.body.byteLength,
      durationMs: deps.clock.now() - startedAt,
      responseHash: `sha256:${hash('sha256', reply.body, 'base64url')}` as Digest,
    },
  }
}
