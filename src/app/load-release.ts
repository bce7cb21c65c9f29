import { createHash } from 'node:crypto'
import { fail, ok, type Result } from '../core/result.ts'
import { formatDiagnostic } from '../policy/diagnostic.ts'
import { loadPolicies } from '../policy/load-policies.ts'
import type { CompiledRelease } from '../policy/release.ts'
import type { PolicyFile } from './config/config.ts'

/** Compiles the policy files to a release. Fails with the diagnostics as people read them. */
export function loadRelease(
  files: readonly PolicyFile[],
): Result<CompiledRelease, readonly string[]> {
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
  const release = loadPolicies({ sha256 }, files)
  return release.ok ? ok(release.value) : fail(release.error.map((one) => formatDiagnostic(one)))
}
