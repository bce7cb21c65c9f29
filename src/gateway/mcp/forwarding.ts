import type { Change } from '../../core/change.ts'
import type { Clock, EpochMillis } from '../../core/clock.ts'
import type { Credential, InboundCall, Permit } from '../../core/path.ts'
import type { Reason } from '../../core/reason.ts'
import type { Result } from '../../core/result.ts'
import type { ReadState } from '../../core/state.ts'
import type { SendUpstream } from '../upstream.ts'
import type { McpAsked } from './asked.ts'
import type { McpClassified } from './classify.ts'

/** Records that an object made upstream belongs to the caller, before the caller learns of it. */
export type Own = (
  change: Extract<Change, { kind: 'own' }>,
  permit: Permit,
) => Promise<Result<unknown, Reason>>

export type ForwardDeps = {
  readonly send: SendUpstream
  readonly clock: Clock
  readonly state: Pick<ReadState, 'ownedObject'>
  readonly own: Own
}

/** One permitted call on its way. */
export type Forwarding = {
  readonly call: InboundCall
  readonly classified: McpClassified
  readonly permit: Permit<McpAsked>
  readonly credential: Credential
  readonly startedAt: EpochMillis
}
