import type { Remedy } from '../../core/decision.ts'
import type { Refusal } from '../../core/path.ts'
import { disclose } from '../denial.ts'

/** A denial in one or two sentences for the model: why, and what would be allowed. */
export function deniedText(refusal: Refusal): string {
  const { reason, remedies } = disclose(refusal)
  const why = `Denied: ${reason.detail}.`
  if (remedies.length === 0) return why
  return `${why} It would be allowed ${remedies.map(remedyText).join(', or ')}.`
}

function remedyText(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'arguments': {
      const example =
        remedy.example === undefined ? '' : ` (for example ${JSON.stringify(remedy.example)})`
      return `with ${remedy.condition}${example}`
    }
    case 'approval':
      return `after an approval by ${remedy.who}${remedy.url === undefined ? '' : ` at ${remedy.url}`}`
    case 'scope':
      return `with the scope ${remedy.scope}`
  }
}
