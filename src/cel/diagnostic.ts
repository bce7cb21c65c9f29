import type { Span } from './tree.ts'

/** Why an expression does not compile. */
export type CelDiagnosticCode =
  | 'expression_too_long'
  | 'expression_too_deep'
  | 'syntax'
  | 'unknown_identifier'
  | 'unknown_function'
  | 'unknown_type'
  | 'no_matching_overload'
  | 'invalid_literal'

/** One complaint about an expression. */
export type CelDiagnostic = Span & {
  readonly code: CelDiagnosticCode
  readonly message: string
  readonly hint: string | null
  /** 1-based, within the text of the expression. */
  readonly line: number
  readonly column: number
}

/** Aborts the parser at its first complaint; caught by `parseExpression` and never seen outside. */
export class ParseFailure extends Error {
  override readonly name = 'ParseFailure'
  readonly diagnostic: CelDiagnostic
  constructor(diagnostic: CelDiagnostic) {
    super(diagnostic.message)
    this.diagnostic = diagnostic
  }
}

/** Builds a diagnostic, finding line and column from the offset. */
export function celDiagnostic(
  source: string,
  span: Span,
  complaint: { readonly code: CelDiagnosticCode; readonly message: string; readonly hint?: string },
): CelDiagnostic {
  const before = source.slice(0, span.start)
  const lineStart = before.lastIndexOf('\n') + 1
  return {
    code: complaint.code,
    message: complaint.message,
    hint: complaint.hint ?? null,
    start: span.start,
    end: span.end,
    line: before.split('\n').length,
    column: span.start - lineStart + 1,
  }
}
