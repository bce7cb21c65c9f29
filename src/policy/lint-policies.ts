import { openSourceFile } from './diagnostic.ts'
import { lintAttributes } from './lint-attributes.ts'
import { lintConditions } from './lint-conditions.ts'
import type { KnownNames } from './lint-names.ts'
import { lintNames } from './lint-names.ts'
import { lintRules } from './lint-rules.ts'
import { lintUnused } from './lint-unused.ts'
import type { LintWarning } from './lint-warning.ts'
import type { PolicyFile } from './load-policies.ts'
import { parsePolicyFile } from './parse-policy.ts'

/**
 * Everything in policies that is legal and looks like a mistake, by file and place. The policies
 * must compile: what is broken in them is said by `loadPolicies`. `schemas` are the files below
 * `_schemas/`.
 */
export function lintPolicies(
  files: readonly PolicyFile[],
  known: KnownNames & { readonly schemas?: readonly PolicyFile[] },
): readonly LintWarning[] {
  const trees = files.flatMap(({ path, text }) => parsePolicyFile(openSourceFile(path, text)))
  const warnings = [
    ...lintRules(trees),
    ...lintConditions(trees),
    ...lintUnused(trees),
    ...lintNames(trees, known),
    ...lintAttributes(trees, known.schemas ?? []),
  ]
  return warnings.sort(
    (left, right) =>
      (left.file < right.file ? -1 : left.file > right.file ? 1 : 0) ||
      left.line - right.line ||
      left.column - right.column,
  )
}
