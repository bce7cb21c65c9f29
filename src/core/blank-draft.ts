import type { EpochMillis } from './clock.ts'
import type { DecisionId, TenantId } from './ids.ts'
import type { Surface } from './question.ts'
import type { RecordDraft } from './record.ts'

/** A record that says only when, by which door and from where: every other field is filled by who knows it. */
export const blankDraft = (of: {
  readonly id: DecisionId
  readonly at: EpochMillis
  readonly tenant: TenantId
  readonly surface: Surface
  readonly source: string | null
}): RecordDraft => ({
  ...of,
  type: 'decision',
  decisionId: of.id,
  decision: null,
  effect: 'withheld',
  reason: null,
  policy: null,
  basis: [],
  principal: null,
  subject: null,
  sponsor: null,
  instance: null,
  parent: null,
  run: null,
  clientRunId: null,
  chain: [],
  tool: null,
  resource: null,
  action: null,
  purpose: null,
  token: null,
  mints: null,
  assurance: null,
  assertedBy: null,
  approvals: [],
  consent: null,
  obligations: [],
  requestHash: null,
  items: [],
  list: null,
  count: null,
  outcome: null,
  replay: null,
})
