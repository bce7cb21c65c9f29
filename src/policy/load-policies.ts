import { canonicalJson } from '../core/canonical-json.ts'
import type { Sha256 } from '../core/digest.ts'
import { digestOfText } from '../core/digest.ts'
import type { Json } from '../core/json.ts'
import type { Result } from '../core/result.ts'
import { fail, ok } from '../core/result.ts'
import { canonicalPolicies } from './canonical-policy.ts'
import { checkPolicies } from './check-policies.ts'
import { compileRelease } from './compile-release.ts'
import type { Diagnostic, SourceFile } from './diagnostic.ts'
import { openSourceFile, report } from './diagnostic.ts'
import { openSchemas, schemaRefOf } from './compile-schemas.ts'
import type { EngineOptions } from './engine-options.ts'
import { DEFAULT_ENGINE_OPTIONS } from './engine-options.ts'
import { DIAGNOSTICS_MAX, POLICY_FILES_MAX } from './limits.ts'
import { parsePolicyFile } from './parse-policy.ts'
import { percentileUnder } from './percentile.ts'
import type { CompiledRelease } from './release.ts'

/** One file of a policy set; the path is for messages only. */
export type PolicyFile = { readonly path: string; readonly text: string }

/**
 * Reads and compiles a whole set of policies: all of it or nothing. On failure every problem of
 * every file is returned, by file and place, at most `DIAGNOSTICS_MAX`. The order of the files does
 * not count. A release without policies is legal and denies everything.
 *
 * `schemas` are the files below `_schemas/`; they are read only when the options enforce them.
 * `rolloutKey` is the secret under which rollouts choose whom they are for; changing it chooses anew.
 */
export function loadPolicies(
  deps: { readonly sha256: Sha256; readonly rolloutKey?: Uint8Array },
  files: readonly PolicyFile[],
  given: Partial<EngineOptions> & { readonly schemas?: readonly PolicyFile[] } = {},
): Result<CompiledRelease, readonly Diagnostic[]> {
  const { schemas: schemaFiles = [], ...chosen } = given
  const options = { ...DEFAULT_ENGINE_OPTIONS, ...chosen }
  if (files.length > POLICY_FILES_MAX) return fail(tooMany(files.length))
  const sources = sourcesOf(files)
  const schemaSources = options.schemaEnforcement === 'none' ? [] : sourcesOf(schemaFiles)
  const trees = sources.flatMap(parsePolicyFile)
  checkPolicies(trees)
  const { text, ordered } = canonicalPolicies(trees)
  const whole = canonicalJson([text, optionsJson(options), schemaSources.map(schemaJson)])
  const release = compileRelease(ordered, {
    digest: digestOfText(deps.sha256, whole),
    options,
    percentileOf: percentileUnder(deps.sha256, deps.rolloutKey ?? NO_KEY),
    schemas: options.schemaEnforcement === 'none' ? null : openSchemas(schemaSources),
  })
  const problems = problemsOf([...sources, ...schemaSources])
  return problems.length === 0 ? ok(release) : fail(problems)
}

const NO_KEY = new Uint8Array()

const sourcesOf = (files: readonly PolicyFile[]): readonly SourceFile[] =>
  [...files]
    .sort((left, right) => compareText(left.path, right.path))
    .map(({ path, text }) => openSourceFile(path, text))

const schemaJson = ({ path, text }: SourceFile): Json => [schemaRefOf(path), text]

const optionsJson = (options: EngineOptions): Json => ({ ...options })

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
