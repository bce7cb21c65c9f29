import type { Result } from '../core/result.ts'
import { fail, ok } from '../core/result.ts'
import type { CelDiagnostic } from './diagnostic.ts'
import { celDiagnostic, ParseFailure } from './diagnostic.ts'
import { EXPRESSION_LENGTH_MAX } from './limits.ts'
import { expectEnd, parserOf } from './parser.ts'
import { parseOperators } from './parse-operators.ts'
import { tokenize } from './tokenize.ts'
import type { Node } from './tree.ts'

/**
 * Text to tree, for the whole grammar of CEL with optional syntax (`a.?b`, `a[?b]`, `[?x]`) and
 * macros already expanded. Stops at the first complaint; never throws, whatever the text.
 */
export function parseExpression(source: string): Result<Node, CelDiagnostic> {
  if (source.length > EXPRESSION_LENGTH_MAX) {
    const span = { start: EXPRESSION_LENGTH_MAX, end: source.length }
    const message = `the expression is longer than ${EXPRESSION_LENGTH_MAX} characters`
    return fail(celDiagnostic(source, span, { code: 'expression_too_long', message }))
  }
  try {
    const parser = parserOf(source, tokenize(source), parseOperators)
    const node = parseOperators(parser)
    expectEnd(parser)
    return ok(node)
  } catch (error) {
    if (error instanceof ParseFailure) return fail(error.diagnostic)
    throw error
  }
}
