/** Exit codes of every command (CONTRACTS 7). `audit verify` has finer ones of its own. */
export const EXIT: {
  readonly ok: 0
  readonly unexpected: 1
  readonly usage: 2
  readonly invalid: 3
  readonly testsFailed: 4
  readonly denied: 5
  readonly needsApproval: 6
  readonly unreachable: 7
  readonly verificationFailed: 8
  readonly gateExceeded: 9
} = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  invalid: 3,
  testsFailed: 4,
  denied: 5,
  needsApproval: 6,
  unreachable: 7,
  verificationFailed: 8,
  gateExceeded: 9,
}
