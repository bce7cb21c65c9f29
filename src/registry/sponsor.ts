import type { SponsorStatus } from '../core/facts.ts'
import type { PersonId } from '../core/ids.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import type { Transition } from './transition.ts'

/**
 * Takes a sponsor's agents out of service: every token they answer for dies at its next use, in
 * all its instances. Suspending twice is harmless and raises the epoch again. Fails with
 * `not_found` for a sponsor we have never heard of.
 */
export function suspendSponsor(id: PersonId, status: SponsorStatus): Result<Transition, Reason> {
  switch (status) {
    case 'unknown':
      return unknownSponsor()
    case 'active':
    case 'suspended':
      return ok({
        record: 'sponsor.suspended',
        changes: [
          { kind: 'set_sponsor_status', id, status: 'suspended' },
          { kind: 'bump', epoch: { of: 'sponsor', id } },
        ],
      })
  }
}

/** Lets new tokens be issued again. The epoch stays raised: what was revoked stays revoked. */
export function reactivateSponsor(id: PersonId, status: SponsorStatus): Result<Transition, Reason> {
  switch (status) {
    case 'unknown':
      return unknownSponsor()
    case 'active':
    case 'suspended':
      return ok({
        record: 'sponsor.reactivated',
        changes: [{ kind: 'set_sponsor_status', id, status: 'active' }],
      })
  }
}

const unknownSponsor = (): { readonly ok: false; readonly error: Reason } =>
  fail(reason('not_found', 'no such sponsor'))
