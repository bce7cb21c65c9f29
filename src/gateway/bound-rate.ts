import type { Clock } from '../core/clock.ts'
import { currentActor, type Caller } from '../core/identity.ts'
import type { Verify } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import { fail } from '../core/result.ts'

/** Calls a second, of one instance, of all instances a sponsor answers for, and of a tenant. */
export type RateLimits = {
  readonly instance: number
  readonly sponsor: number
  readonly tenant: number
}

/** Parties whose rate is remembered; beyond it the longest unseen are forgotten, and start full. */
export const RATE_PARTIES_MAX = 20_000

/** What has gathered for one party: it fills at the limit's rate up to one second's worth. */
type Bucket = { tokens: number; at: number }

/**
 * Bounds how fast known callers make records (SECURITY 23), each by its instance, its sponsor and
 * its tenant. What is too much fails as `rate_limited` at `verify`, so that its refusals are counted
 * like a stranger's and cannot fill the ledger either.
 */
export function boundRate(
  deps: { readonly clock: Clock; readonly limits: RateLimits },
  verify: Verify,
): Verify {
  const buckets = new Map<string, Bucket>()
  return async (call, classified) => {
    const caller = await verify(call, classified)
    if (!caller.ok) return caller
    const now = deps.clock.now()
    const parties = partiesOf(caller.value, deps.limits)
    const all = parties.map(([party, limit]) => refill(buckets, party, limit, now))
    const empty = all.findIndex((bucket) => bucket.tokens < 1)
    if (empty >= 0) return fail(reason('rate_limited', 'too many calls in a second'))
    for (const bucket of all) bucket.tokens -= 1
    return caller
  }
}

function refill(buckets: Map<string, Bucket>, party: string, limit: number, now: number): Bucket {
  const known = buckets.get(party)
  const gained = known === undefined ? limit : Math.max(0, now - known.at) * (limit / 1000)
  const bucket = known ?? { tokens: 0, at: now }
  bucket.tokens = Math.min(limit, bucket.tokens + gained)
  bucket.at = Math.max(bucket.at, now)
  // Moved to the end, so that the first one is always the longest unseen.
  if (known !== undefined) buckets.delete(party)
  buckets.set(party, bucket)
  if (buckets.size > RATE_PARTIES_MAX) {
    const [oldest] = buckets.keys()
    if (oldest !== undefined) buckets.delete(oldest)
  }
  return bucket
}

function partiesOf(caller: Caller, limits: RateLimits): readonly (readonly [string, number])[] {
  const tenant = [`tenant ${caller.tenant}`, limits.tenant] as const
  switch (caller.kind) {
    case 'instance':
      return [
        [`instance ${caller.tenant} ${currentActor(caller).instance}`, limits.instance],
        [`sponsor ${caller.tenant} ${caller.sponsor}`, limits.sponsor],
        tenant,
      ]
    case 'client':
      return [[`agent ${caller.tenant} ${caller.agent}`, limits.instance], tenant]
    case 'decision_caller':
      return [tenant]
  }
}
