import type { Instance } from '../core/change.ts'
import type { EpochMillis } from '../core/clock.ts'
import type { AgentFacts } from '../core/facts.ts'
import type { InstanceId, PersonId, RunId } from '../core/ids.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'

/** What a root instance is made of; ids are new. */
export type InstanceRequest = {
  readonly agent: Pick<AgentFacts, 'id' | 'acts' | 'sponsor'>
  readonly id: InstanceId
  readonly run: RunId
  /** The person whose authority is used, as verified. */
  readonly subject: PersonId | null
  /** The sponsor that the request names; it decides nothing, it must only be the right one. */
  readonly statedSponsor: string | null
  readonly sponsorMustBeStated: boolean
  readonly purpose: string
  readonly at: EpochMillis
}

/**
 * A new run of an agent, bound for life to one subject, one sponsor and one purpose (SECURITY 2).
 * The sponsor is the agent's own, whatever the request says. Fails with `sponsor_missing`,
 * `sponsor_mismatch`, `subject_required` (delegated without a person) or `subject_mismatch`
 * (autonomous with one).
 */
export function newInstance(request: InstanceRequest): Result<Instance, Reason> {
  const { agent, subject, statedSponsor } = request
  if (agent.sponsor === null || (statedSponsor === null && request.sponsorMustBeStated))
    return fail(reason('sponsor_missing', 'a sponsor must answer for this agent'))
  if (statedSponsor !== null && statedSponsor !== agent.sponsor)
    return fail(reason('sponsor_mismatch', 'somebody else answers for this agent'))
  if (agent.acts === 'delegated' && subject === null)
    return fail(reason('subject_required', 'this agent acts for a person, whose token is required'))
  if (agent.acts === 'autonomous' && subject !== null)
    return fail(reason('subject_mismatch', 'this agent acts for itself, not for a person'))
  return ok({
    id: request.id,
    agent: agent.id,
    parent: null,
    sponsor: agent.sponsor,
    subject,
    run: request.run,
    purpose: request.purpose,
    createdAt: request.at,
  })
}
