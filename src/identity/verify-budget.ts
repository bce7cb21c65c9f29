import type { Clock } from '../core/clock.ts'

/**
 * Signature checks that fail cost us most and the sender nothing. A source may cause this many a
 * second, about 2 % of a core at 60 µs each; a check that succeeds is given back, so a source of
 * good tokens (a gateway in front of us, say) is never limited.
 */
export const FAILED_VERIFICATIONS_PER_SECOND = 300

/** Sources counted within one second; a flood from more addresses shares one budget. */
export const BUDGET_SOURCES_MAX = 10_000

export type VerifyBudget = {
  /** Takes one check, or says that the source has none left in this second. */
  readonly take: (source: string) => boolean
  readonly giveBack: (source: string) => void
}

const OTHERS = 'others'

/** Makes the budget that all verifiers share, counted by whole seconds of the clock. */
export function createVerifyBudget(deps: {
  readonly clock: Clock
  readonly perSecond?: number
}): VerifyBudget {
  const perSecond = deps.perSecond ?? FAILED_VERIFICATIONS_PER_SECOND
  const spent = new Map<string, number>()
  let second = 0
  const bucketOf = (source: string): string =>
    spent.has(source) || spent.size < BUDGET_SOURCES_MAX ? source : OTHERS
  return {
    take: (source) => {
      const now = Math.floor(deps.clock.now() / 1000)
      if (now !== second) {
        spent.clear()
        second = now
      }
      const bucket = bucketOf(source)
      const count = spent.get(bucket) ?? 0
      if (count >= perSecond) return false
      spent.set(bucket, count + 1)
      return true
    },
    giveBack: (source) => {
      const bucket = bucketOf(source)
      const count = spent.get(bucket) ?? 0
      if (count > 0) spent.set(bucket, count - 1)
    },
  }
}
