import type { Diagnostic, SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'

export const LINT_CODES = [
  'rule_unreachable',
  'rule_redundant',
  'condition_never',
  'condition_constant',
  'unused',
  'role_unknown',
  'tool_unknown',
  'attribute_unknown',
  'increment_idle',
] as const

export type LintCode = (typeof LINT_CODES)[number]

/** Something that is legal and does nothing, or means something else than it looks like. */
export type LintWarning = Omit<Diagnostic, 'code'> & { readonly code: LintCode }

/** A warning at an offset of a file; the place is worked out as for every other diagnostic. */
export function warningAt(
  file: SourceFile,
  offset: number,
  warning: { readonly code: LintCode; readonly message: string; readonly hint?: string },
): LintWarning {
  const { code, ...rest } = warning
  const scratch: SourceFile = { ...file, problems: [] }
  report(scratch, offset, { code: 'value_invalid', ...rest })
  const [placed] = scratch.problems
  const nowhere = { file: file.path, line: 1, column: 1, excerpt: '' }
  return { ...nowhere, hint: null, message: rest.message, ...placed, code }
}
