import type { Reason } from '../core/reason.ts'
import type { RecordDraft } from '../core/record.ts'

/**
 * The record of a call that was refused at the last moment: same call, but denied, with nothing
 * released, nothing signed and nothing obliged. What policy said stays visible in `basis`.
 */
export const refusalOf = (draft: RecordDraft, reason: Reason): RecordDraft => ({
  ...draft,
  type: 'decision',
  decision: 'deny',
  effect: 'withheld',
  reason,
  mints: null,
  obligations: [],
})
