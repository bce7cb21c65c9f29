import { createHash } from 'node:crypto'
import { fail, ok, type Result } from '../core/result.ts'
import { formatDiagnostic } from '../policy/diagnostic.ts'
import type { EngineOptions } from '../policy/engine-options.ts'
import { loadPolicies } from '../policy/load-policies.ts'
import type { CompiledRelease } from '../policy/release.ts'
import type { Config } from './config/config.ts'
import { Unreadable, type ConfigSources } from './config/config-sources.ts'
import { readPolicyFiles, type PolicyTexts } from './config/read-policy-files.ts'

/** Compiles the policy files to a release. Fails with the diagnostics as people read them. */
export function loadRelease(
  { files, schemas }: PolicyTexts,
  engine: EngineOptions,
  rolloutKey: Uint8Array | null,
): Result<CompiledRelease, readonly string[]> {
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
  const release = loadPolicies({ sha256, ...(rolloutKey === null ? {} : { rolloutKey }) }, files, {
    ...engine,
    schemas,
  })
  return release.ok ? ok(release.value) : fail(release.error.map((one) => formatDiagnostic(one)))
}

/** Reads the policy files again and compiles them; what cannot be read fails like a mistake in them. */
export function reloadRelease(
  sources: ConfigSources,
  { policySource, engine }: Pick<Config, 'policySource' | 'engine'>,
  rolloutKey: Uint8Array | null,
): Result<CompiledRelease, readonly string[]> {
  const problems: string[] = []
  try {
    const texts = readPolicyFiles(sources, policySource, (_about, message) =>
      problems.push(message),
    )
    return problems.length > 0 ? fail(problems) : loadRelease(texts, engine, rolloutKey)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return fail([`${error.path}: ${error.message}`])
  }
}
