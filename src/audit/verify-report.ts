import type { Finding, Verification } from './verify-ledger.ts'

/** Exit codes of `reeve audit verify` (CONTRACTS 7). */
export type VerifyExit = 0 | 10 | 20 | 30 | 40

/** The answer of `reeve audit verify`. */
export type VerifyReport = {
  readonly verdict: 'valid' | 'incomplete' | 'unanchored' | 'diverged' | 'invalid'
  readonly exitCode: VerifyExit
  /** Sentences for people; without an anchor the first one says UNANCHORED (SECURITY 25). */
  readonly lines: readonly string[]
}

/** Findings shown of each kind; the number of all is given beside them. */
const FINDINGS_SHOWN = 10

/** Says what a verification found, what it proves and what it does not. */
export function reportVerification(
  verification: Verification,
  options: { readonly requireAnchor: boolean; readonly sealsChecked: boolean },
): VerifyReport {
  const verdict = verdictOf(verification, options.requireAnchor)
  return {
    verdict,
    exitCode: EXIT_CODES[verdict],
    lines: [
      anchorLine(verification),
      `${verdict}: ${counted(verification.size, 'entry', 'entries')}`,
      ...findingLines('invalid', verification.invalid),
      ...findingLines('diverged', verification.diverged),
      ...findingLines('missing', verification.missing),
      ...countLines(verification),
      ...proofLines(verification, verdict, options.sealsChecked),
    ],
  }
}

/** The report on a ledger whose file cannot even be read through. */
export const damagedReport = (detail: string): VerifyReport => ({
  verdict: 'invalid',
  exitCode: EXIT_CODES.invalid,
  lines: [
    'UNANCHORED: the ledger could not be compared with anything',
    `invalid: the database is damaged: ${detail}`,
  ],
})

const EXIT_CODES: { readonly [verdict in VerifyReport['verdict']]: VerifyExit } = {
  valid: 0,
  incomplete: 10,
  unanchored: 20,
  diverged: 30,
  invalid: 40,
}

function verdictOf(found: Verification, requireAnchor: boolean): VerifyReport['verdict'] {
  if (found.invalid.length > 0) return 'invalid'
  if (found.diverged.length > 0) return 'diverged'
  if (found.missing.length > 0) return 'incomplete'
  return requireAnchor && found.anchoredSize === null ? 'unanchored' : 'valid'
}

function anchorLine({ anchoredSize, size }: Verification): string {
  if (anchoredSize === null) {
    return 'UNANCHORED: no checkpoint kept elsewhere vouches for this ledger'
  }
  const after = size - anchoredSize
  return `ANCHORED up to entry ${anchoredSize} of ${size}${after > 0 ? `; the last ${after} are newer than the anchor` : ''}`
}

const findingLines = (kind: string, findings: readonly Finding[]): readonly string[] => [
  ...findings
    .slice(0, FINDINGS_SHOWN)
    .map(({ index, detail }) =>
      index === null ? `${kind}: ${detail}` : `${kind}: entry ${index}: ${detail}`,
    ),
  ...(findings.length > FINDINGS_SHOWN
    ? [`${kind}: and ${findings.length - FINDINGS_SHOWN} more`]
    : []),
]

function countLines(found: Verification): readonly string[] {
  const lines: string[] = []
  if (found.decisionsWithoutOutcome > 0) {
    const count = counted(found.decisionsWithoutOutcome, 'released call has', 'released calls have')
    lines.push(`${count} no outcome yet: under way, or lost in a crash not yet settled`)
  }
  if (found.outcomesWithoutDecision > 0) {
    const count = counted(found.outcomesWithoutDecision, 'outcome belongs', 'outcomes belong')
    lines.push(`${count} to no open decision`)
  }
  if (found.groupsErased > 0) {
    const count = counted(found.groupsErased, 'sealed group is', 'sealed groups are')
    lines.push(`${count} erased: its key is gone, the proof of its entry still holds`)
  }
  return lines
}

function proofLines(
  found: Verification,
  verdict: VerifyReport['verdict'],
  sealsChecked: boolean,
): readonly string[] {
  const lines: string[] = []
  if (verdict === 'valid' || verdict === 'unanchored') {
    lines.push(
      'proves: every entry is the one that was signed, in its place, none removed between others',
    )
    if (sealsChecked)
      lines.push('proves: every sealed value that still opens is the one committed to')
    if (found.anchoredSize !== null) {
      lines.push(
        'proves: nothing up to the anchor was cut off, rewritten or signed anew since it was kept',
      )
    }
  }
  if (!sealsChecked)
    lines.push('does not prove: that sealed values are the committed ones (no seal key given)')
  if (found.groupsErased > 0) {
    lines.push('does not prove: that keys of erased values were destroyed on purpose')
  }
  lines.push(
    found.anchoredSize === null
      ? 'does not prove: that the end was not cut off, or all of it signed anew by a holder of the key; give --checkpoint FILE'
      : 'does not prove: anything about the end of the ledger after the anchor being complete',
    'does not prove: that what was recorded is true, only that it was not changed since',
  )
  return lines
}

const counted = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`
