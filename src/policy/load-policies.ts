import type { Sha256 } from '../core/digest.ts'
import { digestOfText } from '../core/digest.ts'
import type { Result } from '../core/result.ts'
import { fail, ok } from '../core/result.ts'
import { canonicalPolicies } from './canonical-policy.ts'
import { checkPolicies } from './check-policies.ts'
import { compileRelease } from './compile-release.ts'
import type { Diagnostic, SourceFile } from './diagnostic.ts'
import { openSourceFile, report } from './diagnostic.ts'
import { DIAGNOSTICS_MAX, POLICY_FILES_MAX } from './limits.ts'
import { parsePolicyFile } from './parse-policy.ts'
import type { CompiledRelease } from './release.ts'

export type PolicyFile = { readonly path: string; readonly text: string }

/**
 * Reads and compiles a whole set of policies: all of it or nothing. On failure every problem of
 * every file is returned, by file and place, at most `DIAGNOSTICS_MAX`. The order of the files does
 * not count. A release without policies is legal and denies everything.
 */
export function loadPolicies(
  deps: { readonly sha256: Sha256 },
  files: readonly PolicyFile[],
): Result<CompiledRelease, readonly Diagnostic[]> {
  if (files.length > POLICY_FILES_MAX) return fail(tooMany(files.length))
  const sources = [...files]
    .sort((left, right) => compareText(left.path, right.path))
    .map(({ path, text }) => openSourceFile(path, text))
  const trees = sources.flatMap(parsePolicyFile)
  checkPolicies(trees)
  const { text, ordered } = canonicalPolicies(trees)
  const release = compileRelease(ordered, digestOfText(deps.sha256, text))
  const problems = problemsOf(sources)
  return problems.length === 0 ? ok(release) : fail(problems)
}

function tooMany(count: number): readonly Diagnostic[] {
  const file = openSourceFile('policies', '')
  const message = `${count} policy files are more than ${POLICY_FILES_MAX}`
  report(file, 0, { code: 'yaml_too_large', message })
  return file.problems
}

const compareText = (left: string, right: string): number =>
  left < right ? -1 : left > right ? 1 : 0

/** By place; one place complains once, however many policies import what stands there. */
function problemsOf(sources: readonly SourceFile[]): readonly Diagnostic[] {
  const problems = sources.flatMap(({ problems: own }) => {
    const distinct = new Map(own.map((one) => [`${one.line}:${one.column}:${one.message}`, one]))
    return [...distinct.values()].sort(
      (left, right) => left.line - right.line || left.column - right.column,
    )
  })
  return problems.slice(0, DIAGNOSTICS_MAX)
}
