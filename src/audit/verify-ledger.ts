import type { JsonObject } from '../core/json.ts'
import {
  type Checkpoint,
  isSignedBy,
  type NoteKey,
  parseNote,
  type VerifyEd25519,
} from './checkpoint.ts'
import { appendLeaf, EMPTY_FRONTIER, encodeFrontier, type Frontier, rootOf } from './merkle.ts'
import { type StoredRow, verifyRow, type VerifyRowDeps } from './verify-row.ts'

/** What is verified: everything that is stored about one tenant's ledger. */
export type LedgerEvidence = {
  /** In order of their index. */
  readonly rows: Iterable<StoredRow>
  /** Null when the ledger says that it was never written to. */
  readonly head: {
    readonly size: number
    readonly lastAt: number
    readonly frontier: Uint8Array
    readonly checkpoint: string
  } | null
  readonly key: NoteKey
  readonly origin: string
  readonly tenant: string
  /** A checkpoint of this log that was kept elsewhere, as text; null when there is none. */
  readonly anchor: string | null
  /**
   * The newest checkpoint as the writer left it outside the database; null when there is none. It
   * lies on the same disk, so it is no anchor: it shows what damage or a half-restored copy cut off.
   */
  readonly mark: string | null
}

export type VerifyDeps = VerifyRowDeps & { readonly verifyEd25519: VerifyEd25519 }

/** One thing that is wrong; `index` is null when it is about the ledger as a whole. */
export type Finding = { readonly index: number | null; readonly detail: string }

/** Everything that a walk over the ledger found. */
export type Verification = {
  readonly size: number
  readonly root: Uint8Array
  /** What cannot be explained but by a change from outside. */
  readonly invalid: readonly Finding[]
  /** Records that a producer numbered and that are not here. */
  readonly missing: readonly Finding[]
  /** What the kept checkpoint says that this ledger does not bear out. */
  readonly diverged: readonly Finding[]
  readonly anchoredSize: number | null
  readonly decisionsWithoutOutcome: number
  readonly outcomesWithoutDecision: number
  readonly groupsOpened: number
  readonly groupsErased: number
}

/** More findings than this say nothing new. */
export const FINDINGS_MAX: number = 100

/** Walks the whole ledger once, trusting nothing that is stored about it. Never throws on bad data. */
export function verifyLedger(deps: VerifyDeps, evidence: LedgerEvidence): Verification {
  const anchor = readCheckpoint(deps, evidence, evidence.anchor, 'kept checkpoint')
  const mark = readCheckpoint(deps, evidence, evidence.mark, 'high-water mark')
  const walk = startWalk(deps, evidence, {
    anchor: typeof anchor === 'object' ? anchor : null,
    mark: typeof mark === 'object' ? mark : null,
  })
  for (const row of evidence.rows) walk.take(row)
  const end = walk.end()
  const root = rootOf(deps.sha256, end.frontier)
  const invalid = [
    ...end.invalid,
    ...wrongHead(deps, evidence, end, root),
    ...(typeof mark === 'string' ? [whole(mark)] : []),
  ]
  const diverged = typeof anchor === 'string' ? [whole(anchor)] : end.diverged
  return {
    size: end.frontier.size,
    root,
    invalid,
    missing: end.missing,
    diverged,
    anchoredSize:
      typeof anchor === 'object' && diverged.length === 0 ? (anchor?.size ?? null) : null,
    decisionsWithoutOutcome: end.pending.size,
    outcomesWithoutDecision: end.strayOutcomes,
    groupsOpened: end.opened,
    groupsErased: end.erased,
  }
}

const whole = (detail: string): Finding => ({ index: null, detail })

/** The checkpoint that a text holds, null when there is no text, or what is wrong with it. */
function readCheckpoint(
  deps: VerifyDeps,
  evidence: LedgerEvidence,
  text: string | null,
  name: string,
): Checkpoint | null | string {
  if (text === null) return null
  const note = parseNote(text)
  if (note === null) return `the ${name} is not a signed checkpoint`
  if (note.checkpoint.origin !== evidence.origin) return `the ${name} is of another log`
  return isSignedBy(deps, evidence.key, note)
    ? note.checkpoint
    : `the ${name} is not signed by this ledger’s key: the ledger was signed anew`
}

type Walk = {
  frontier: Frontier
  lastAt: number
  readonly invalid: Finding[]
  readonly missing: Finding[]
  readonly diverged: Finding[]
  readonly pending: Set<string>
  readonly seqs: Map<string, number>
  strayOutcomes: number
  opened: number
  erased: number
}

function startWalk(
  deps: VerifyDeps,
  evidence: LedgerEvidence,
  known: { readonly anchor: Checkpoint | null; readonly mark: Checkpoint | null },
): { readonly take: (row: StoredRow) => void; readonly end: () => Walk } {
  const walk: Walk = {
    frontier: EMPTY_FRONTIER,
    lastAt: 0,
    invalid: [],
    missing: [],
    diverged: [],
    pending: new Set(),
    seqs: new Map(),
    strayOutcomes: 0,
    opened: 0,
    erased: 0,
  }
  const compared = [
    { name: 'kept checkpoint', checkpoint: known.anchor, into: walk.diverged },
    { name: 'high-water mark', checkpoint: known.mark, into: walk.invalid },
  ]
  const compare = (): void => {
    for (const { name, checkpoint, into } of compared) {
      if (checkpoint?.size !== walk.frontier.size) continue
      const root = rootOf(deps.sha256, walk.frontier)
      if (!equal(root, checkpoint.root))
        into.push(whole(`the first entries are not those of the ${name}`))
    }
  }
  compare()
  return {
    take: (row) => {
      takeRow(deps, evidence, walk, row)
      compare()
    },
    end: () => {
      for (const { name, checkpoint, into } of compared) {
        if (checkpoint === null || checkpoint.size <= walk.frontier.size) continue
        into.push(
          whole(`the ${name} has ${checkpoint.size} entries, the ledger ${walk.frontier.size}`),
        )
      }
      return walk
    },
  }
}

function takeRow(deps: VerifyDeps, evidence: LedgerEvidence, walk: Walk, row: StoredRow): void {
  const report = (detail: string): void => {
    if (walk.invalid.length < FINDINGS_MAX) walk.invalid.push({ index: row.index, detail })
  }
  if (row.index !== walk.frontier.size) report(`entry ${walk.frontier.size} should stand here`)
  const verified = verifyRow(deps, row)
  if (typeof verified === 'string') {
    report(verified)
    walk.frontier = appendLeaf(deps.sha256, walk.frontier, row.leafHash)
    return
  }
  walk.frontier = appendLeaf(deps.sha256, walk.frontier, verified.hash)
  walk.opened += verified.opened
  walk.erased += verified.erased
  if (verified.leaf['tenant_id'] !== evidence.tenant) report('the record is another tenant’s')
  if (row.at < walk.lastAt) report('the record is older than the one before it')
  walk.lastAt = Math.max(walk.lastAt, row.at)
  countOutcome(walk, verified.leaf)
  checkSequence(walk, row.index, verified.leaf)
}

function countOutcome(walk: Walk, leaf: JsonObject): void {
  const decision = leaf['policy_decision_id'] as string
  if (leaf['type'] === 'decision' && leaf['effect'] === 'pending') walk.pending.add(decision)
  if (leaf['type'] === 'outcome' && !walk.pending.delete(decision)) walk.strayOutcomes++
}

/** Every boot of a producer counts its records from 1 without a gap. */
function checkSequence(walk: Walk, index: number, leaf: JsonObject): void {
  const boot = (leaf['producer'] as JsonObject)['boot_id'] as string
  const seq = Number(leaf['seq'])
  const expected = (walk.seqs.get(boot) ?? 0) + 1
  walk.seqs.set(boot, seq)
  if (seq === expected || walk.missing.length >= FINDINGS_MAX) return
  walk.missing.push({ index, detail: `the producer’s record ${expected} is missing before ${seq}` })
}

function wrongHead(
  deps: VerifyDeps,
  evidence: LedgerEvidence,
  walk: Walk,
  root: Uint8Array,
): readonly Finding[] {
  const { head } = evidence
  const { size } = walk.frontier
  if (head === null) return size === 0 ? [] : [whole('the ledger has entries but no checkpoint')]
  const findings: Finding[] = []
  const frontier = encodeFrontier(walk.frontier)
  if (head.size !== size)
    findings.push(whole(`the head says ${head.size} entries, there are ${size}`))
  if (head.lastAt !== walk.lastAt) findings.push(whole('the head’s time is not the last entry’s'))
  if (!equal(head.frontier, frontier))
    findings.push(whole('the frontier is not that of the entries'))
  const note = parseNote(head.checkpoint)
  if (note === null) return [...findings, whole('the checkpoint is malformed')]
  if (!isSignedBy(deps, evidence.key, note))
    findings.push(whole('the checkpoint’s signature is bad'))
  if (note.checkpoint.origin !== evidence.origin)
    findings.push(whole('the checkpoint is another log’s'))
  if (note.checkpoint.size !== size || !equal(note.checkpoint.root, root)) {
    findings.push(whole('the checkpoint is not that of the entries'))
  }
  return findings
}

const equal = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, i) => byte === right[i])
