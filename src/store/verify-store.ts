import { existsSync } from 'node:fs'
import { damagedReport, reportVerification, type VerifyReport } from '../audit/verify-report.ts'
import { verifyLedger, type Verification } from '../audit/verify-ledger.ts'
import { readHighWaterMark } from './high-water-mark.ts'
import type { NoteKey } from '../audit/checkpoint.ts'
import type { TenantId } from '../core/ids.ts'
import { type Reason, reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { readCheckpointPublicKey, readSealKey, type StorePaths, storePaths } from './key-files.ts'
import { hashText, sha256, verifyEd25519 } from './node-crypto.ts'
import { type Ledger, openLedger } from './open-ledger.ts'
import { originOf } from './sqlite/commit-group.ts'

export type VerifyStoreOptions = {
  readonly directory: string
  readonly tenant: TenantId
  /** Text of a checkpoint that was kept elsewhere, or null. */
  readonly checkpoint: string | null
  /** Whether a ledger without an anchor counts as unanchored (exit 20) rather than valid. */
  readonly requireAnchor: boolean
}

/**
 * Verifies the ledger in a state directory as one snapshot, beside a running server too. Fails with
 * `evidence_unavailable` when there is no ledger or no key to verify it with; everything else, a
 * damaged file included, is in the report.
 */
export function verifyStore(options: VerifyStoreOptions): Result<VerifyReport, Reason> {
  const paths = storePaths(options.directory)
  if (!existsSync(paths.database))
    return missing(`there is no ledger in \`${options.directory}\` yet`)
  const key = readKeys(paths)
  if (!key.ok) return key
  const opened = openLedger(options.directory, options.tenant)
  if (!opened.ok) return ok(damagedReport(opened.error.detail))
  const verification = verifySnapshot(options, opened.value, key.value)
  opened.value.close()
  const { requireAnchor } = options
  return ok(
    typeof verification === 'string'
      ? damagedReport(verification)
      : reportVerification(verification, { requireAnchor, sealsChecked: true }),
  )
}

const missing = (detail: string): Result<never, Reason> =>
  fail(reason('evidence_unavailable', detail))

/** The public key of the checkpoints; the seal key is only checked to be there. */
function readKeys(paths: StorePaths): Result<NoteKey, Reason> {
  try {
    const key = readCheckpointPublicKey(paths)
    if (key === null) return missing(`\`${paths.checkpointPublicKey}\` holds no key`)
    return readSealKey(paths) === null ? missing(`\`${paths.sealKey}\` holds no key`) : ok(key)
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unknown error'
    return missing(`a key of the ledger cannot be read: ${detail}`)
  }
}

/** What was found, or in which way the database file is too damaged to say more. */
function verifySnapshot(
  options: VerifyStoreOptions,
  { rows, openGroup }: Ledger,
  key: NoteKey,
): Verification | string {
  const { tenant, checkpoint: anchor } = options
  const deps = {
    sha256,
    hashText,
    verifyEd25519,
    open: openGroup,
    personOf: rows.personOf,
  }
  try {
    return rows.snapshot(() => {
      const mark = readHighWaterMark(storePaths(options.directory), tenant)
      const evidence = { rows: rows.from(0), head: rows.head(), key, tenant, anchor, mark }
      const found = verifyLedger(deps, { ...evidence, origin: originOf(key.name, tenant) })
      return rows.damage() ?? found
    })
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown error'
  }
}
