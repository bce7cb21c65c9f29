import { DIAGNOSTICS_MAX, EXCERPT_CHARACTERS_MAX } from './limits.ts'

export const DIAGNOSTIC_CODES = [
  'yaml_invalid',
  'yaml_too_large',
  'api_version_unknown',
  'field_unknown',
  'field_missing',
  'field_conflict',
  'value_invalid',
  'value_duplicate',
  'not_supported',
  'expression_invalid',
  'name_unknown',
  'name_duplicate',
  'name_ambiguous',
  'reference_cycle',
  'policy_duplicate',
  'scope_incomplete',
  'scope_conflict',
  'schema_invalid',
] as const

export type DiagnosticCode = (typeof DIAGNOSTIC_CODES)[number]

/** What is wrong in a file, where, and how to fix it. Lines and columns count from 1. */
export type Diagnostic = {
  readonly code: DiagnosticCode
  readonly message: string
  /** What to write instead; null when the message says it all. */
  readonly hint: string | null
  readonly file: string
  readonly line: number
  readonly column: number
  /** The line itself, cut at a fixed length. */
  readonly excerpt: string
}

/** A file under reading: its text, and where the problems found in it go. */
export type SourceFile = {
  readonly path: string
  readonly text: string
  /** Offsets at which lines start; line 1 starts at 0. */
  readonly lineStarts: readonly number[]
  readonly problems: Diagnostic[]
}

/** Opens a text for reading; its problems are empty so far. */
export function openSourceFile(path: string, text: string): SourceFile {
  const lineStarts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
    lineStarts.push(at + 1)
  return { path, text, lineStarts, problems: [] }
}

/** Adds a problem at an offset of the file. Beyond the limit problems are dropped, never the first. */
export function report(
  file: SourceFile,
  offset: number,
  problem: { readonly code: DiagnosticCode; readonly message: string; readonly hint?: string },
): void {
  if (file.problems.length >= DIAGNOSTICS_MAX) return
  const line = lineOf(file, offset)
  const start = file.lineStarts[line - 1] ?? 0
  file.problems.push({
    code: problem.code,
    message: problem.message,
    hint: problem.hint ?? null,
    file: file.path,
    line,
    column: offset - start + 1,
    excerpt: excerptOf(file, line),
  })
}

export function lineOf(file: SourceFile, offset: number): number {
  let low = 0
  let high = file.lineStarts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((file.lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low + 1
}

function excerptOf(file: SourceFile, line: number): string {
  const start = file.lineStarts[line - 1] ?? 0
  const end = Math.min(file.lineStarts[line] ?? file.text.length, start + EXCERPT_CHARACTERS_MAX)
  // Control characters could rewrite the terminal on which the diagnostic is read.
  return file.text
    .slice(start, end)
    .replace(/[\r\n]+$/, '')
    .replaceAll(CONTROL_CHARACTERS, ' ')
}

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** `file:line:column: message`, the line with a mark under the place, and the hint. */
export function formatDiagnostic(
  diagnostic: Omit<Diagnostic, 'code'> & { readonly code: string },
): string {
  const { file, line, column, message, code, excerpt, hint } = diagnostic
  const gutter = String(line)
  const mark =
    column <= excerpt.length + 1
      ? `\n${' '.repeat(gutter.length)} | ${' '.repeat(column - 1)}^`
      : ''
  const quoted = excerpt.trim() === '' ? '' : `\n${gutter} | ${excerpt}${mark}`
  return `${file}:${line}:${column}: ${message} [${code}]${quoted}${hint === null ? '' : `\n  hint: ${hint}`}`
}
