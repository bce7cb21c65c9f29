import { matchesName } from '../policy/match-names.ts'
import { foldName } from '../policy/names.ts'
import type { CompiledRule } from '../policy/release.ts'

/** Whether a rule with resources of its own is about the kind that is asked for. */
export function isAboutKind(rule: CompiledRule, kind: string): boolean {
  const { resources } = rule
  if (resources === null || resources.any || resources.names.has(kind)) return true
  const folded = foldName(kind)
  if (matchesName(resources, folded)) return true
  // Patterns of the Cerbos dialect meet the folded kind alone, as they do there.
  return !rule.foldsKinds && folded !== kind && matchesName(resources, kind)
}
