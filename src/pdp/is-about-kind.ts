import { matchesName } from '../policy/match-names.ts'
import { foldName } from '../policy/names.ts'
import type { CompiledRule } from '../policy/release.ts'

/** Whether a rule with resources of its own is about the kind that is asked for. */
export function isAboutKind(rule: CompiledRule, kind: string): boolean {
  const { resources } = rule
  if (resources === null || matchesName(resources, kind)) return true
  const folded = foldName(kind)
  return folded !== kind && matchesName(resources, folded)
}
