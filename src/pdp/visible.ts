import type { Visible } from '../core/path.ts'
import { compiledOf, factorsHold, judge, policiesMightHold } from './judge.ts'
import { unknownMembers } from './unknown-members.ts'

/**
 * Whether some arguments could make the ask allowed, by the whole formula with the arguments
 * unknown; an approval that could be given counts as given. False only when every choice of arguments is denied; unsure is true (SECURITY 16).
 */
export const visible: Visible = (release, question, facts) => {
  const { resource } = question.ask
  const judgement = judge(compiledOf(release), question, facts, unknownMembers(resource))
  return factorsHold(judgement) && policiesMightHold(judgement)
}
