import type { CompiledRule } from '../policy/release.ts'
import type { Rollout } from '../policy/tree.ts'
import type { Evaluation } from './evaluation.ts'

/** Whether a rule that is rolled out to some counts for this subject or agent; else it is as if absent. */
export function isPresent(
  { release, rollout }: Evaluation,
  rule: CompiledRule,
  { percent, key }: Rollout,
): boolean {
  if (percent >= 100) return true
  if (percent <= 0) return false
  const whom = key === 'agent' ? rollout.agent : rollout.subject
  return release.percentileOf(JSON.stringify([rule.ref.id, rule.ref.rule, key, whom])) < percent
}
