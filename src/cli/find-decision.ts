import type { Ledger, ShownRecord } from '../store/open-ledger.ts'

/** How far back `last` looks for a decision. */
const LAST_LOOKS_BACK = 1000

/** The record of a decision and what followed it; `last` is the newest of somebody we know. */
export function findDecision(ledger: Ledger, decision: string): readonly ShownRecord[] {
  if (decision !== 'last') return ledger.byDecision(decision)
  // Refusals of strangers are decisions too, but not what somebody means who asks for the last one.
  const last = ledger
    .last(LAST_LOOKS_BACK)
    .findLast(({ record }) => record.type === 'decision' && record.principal !== null)
  return last === undefined ? [] : ledger.byDecision(last.record.policy_decision_id)
}
