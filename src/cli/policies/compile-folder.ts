import { createHash } from 'node:crypto'
import { fail, ok, type Result } from '../../core/result.ts'
import type { Diagnostic } from '../../policy/diagnostic.ts'
import { formatDiagnostic } from '../../policy/diagnostic.ts'
import type { PolicyFile } from '../../policy/load-policies.ts'
import { loadPolicies } from '../../policy/load-policies.ts'
import type { CompiledRelease } from '../../policy/release.ts'
import { EXIT } from '../exit-code.ts'
import { complain, type Terminal } from '../terminal.ts'
import { readPolicyFolder, type PolicyFolder } from './policy-folder.ts'

/** A folder whose policies compile. */
export type CompiledFolder = {
  readonly folder: PolicyFolder
  /** With every schema enforced, as tests want it. */
  readonly release: CompiledRelease
}

/** Reads and compiles a folder, or says what is wrong and gives the exit code: 2 usage, 3 policies. */
export function compileFolder(
  terminal: Terminal,
  directory: string,
  options: { readonly ignoreSchemas?: boolean } = {},
): Result<CompiledFolder, number> {
  const folder = readPolicyFolder(directory)
  if (!folder.ok) {
    complain(terminal, folder.error, 'name the directory that holds your policies')
    return fail(EXIT.usage)
  }
  const { policies, schemas } = folder.value
  const release = compilePolicies(policies, options.ignoreSchemas === true ? null : schemas)
  if (release.ok) return ok({ folder: folder.value, release: release.value })
  showDiagnostics(terminal, release.error)
  return fail(EXIT.invalid)
}

/** Compiles policies with this machine's SHA-256; null takes no schema into account. */
export function compilePolicies(
  files: readonly PolicyFile[],
  schemas: readonly PolicyFile[] | null,
): Result<CompiledRelease, readonly Diagnostic[]> {
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
  const enforced = { schemaEnforcement: 'reject', schemas: schemas ?? [] } as const
  return loadPolicies({ sha256 }, files, schemas === null ? {} : enforced)
}

/** Diagnostics for programs on stdout, for people on stderr. */
export function showDiagnostics(terminal: Terminal, problems: readonly Diagnostic[]): void {
  if (terminal.json) terminal.data(JSON.stringify({ ok: false, problems }))
  else {
    for (const one of problems) terminal.talk(formatDiagnostic(one))
    terminal.talk(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`)
  }
}
