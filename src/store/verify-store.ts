import { reportVerification, type VerifyReport } from '../audit/verify-report.ts'
import { verifyLedger } from '../audit/verify-ledger.ts'
import type { TenantId } from '../core/ids.ts'
import { type Reason, reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { readCheckpointPublicKey, storePaths } from './key-files.ts'
import { createHmacText, sha256, verifyEd25519 } from './node-crypto.ts'
import { openLedger } from './open-ledger.ts'
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
 * `evidence_unavailable` when there is nothing to verify; everything that is found is in the report.
 */
export function verifyStore(options: VerifyStoreOptions): Result<VerifyReport, Reason> {
  const { directory, tenant } = options
  const opened = openLedger(directory, tenant)
  if (!opened.ok) return opened
  const { rows, openGroup, close } = opened.value
  const hmac = createHmacText()
  try {
    const key = readCheckpointPublicKey(storePaths(directory))
    if (key === null) return fail(reason('evidence_unavailable', 'the checkpoint key is malformed'))
    const verification = rows.snapshot(() =>
      verifyLedger(
        { sha256, hmac, verifyEd25519, open: openGroup, personOf: rows.personOf },
        {
          rows: rows.from(0),
          head: rows.head(),
          key,
          origin: originOf(key.name, tenant),
          tenant,
          anchor: options.checkpoint,
        },
      ),
    )
    const { requireAnchor } = options
    return ok(reportVerification(verification, { requireAnchor, sealsChecked: true }))
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unknown error'
    return fail(reason('evidence_unavailable', `the ledger cannot be read: ${detail}`))
  } finally {
    close()
  }
}
