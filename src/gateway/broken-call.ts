import type { DecisionId } from '../core/ids.ts'

/**
 * A bug of ours met while a call was on its way. The call is denied and recorded as far as that is
 * possible; the process edge reports the cause and answers 500 under the decision's id.
 */
export class BrokenCall extends Error {
  override readonly name = 'BrokenCall'
  readonly decisionId: DecisionId

  constructor(decisionId: DecisionId, cause: unknown) {
    super(`the call of decision ${decisionId} broke off`, { cause })
    this.decisionId = decisionId
  }
}
