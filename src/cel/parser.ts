import { celDiagnostic, ParseFailure } from './diagnostic.ts'
import { EXPRESSION_DEPTH_MAX } from './limits.ts'
import type { Token } from './token.ts'
import type { Node, Span } from './tree.ts'

/** Where the parser is. `depths` knows how deep each finished node is, by its id. */
export type Parser = {
  readonly source: string
  readonly tokens: readonly Token[]
  readonly depths: number[]
  /** The rule for a whole expression, handed in so that the rules' files need not import in a circle. */
  readonly parseExpression: (parser: Parser) => Node
  position: number
  nesting: number
}

export const parserOf = (
  source: string,
  tokens: readonly Token[],
  parseExpression: (parser: Parser) => Node,
): Parser => ({
  source,
  tokens,
  depths: [],
  parseExpression,
  position: 0,
  nesting: 0,
})

export const peek = (parser: Parser, ahead = 0): Token => {
  const last = parser.tokens.length - 1
  return parser.tokens[Math.min(parser.position + ahead, last)] as Token
}

export function advance(parser: Parser): Token {
  const token = peek(parser)
  parser.position = Math.min(parser.position + 1, parser.tokens.length - 1)
  return token
}

export function isSymbol(parser: Parser, symbol: string, ahead = 0): boolean {
  const token = peek(parser, ahead)
  return token.kind === 'symbol' && token.symbol === symbol
}

export function accept(parser: Parser, symbol: string): boolean {
  if (!isSymbol(parser, symbol)) return false
  advance(parser)
  return true
}

export function expect(parser: Parser, symbol: string): Token {
  if (!isSymbol(parser, symbol)) throw unexpected(parser, `\`${symbol}\``)
  return advance(parser)
}

export function expectEnd(parser: Parser): void {
  if (peek(parser).kind !== 'end') throw unexpected(parser, 'the end of the expression')
}

/** The complaint that the next token is not what has to stand there. */
export function unexpected(parser: Parser, wanted: string): ParseFailure {
  const token = peek(parser)
  const found =
    token.kind === 'end'
      ? 'the expression ends'
      : `\`${parser.source.slice(token.start, token.end)}\` stands`
  return complain(parser, token, `${found} where ${wanted} is expected`)
}

export const complain = (
  parser: Parser,
  span: Span,
  message: string,
  hint?: string,
): ParseFailure =>
  new ParseFailure(
    celDiagnostic(parser.source, span, {
      code: 'syntax',
      message,
      ...(hint === undefined ? {} : { hint }),
    }),
  )

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never

/** Gives a node its id, and refuses one whose tree is too deep for recursive code. */
export function finish(parser: Parser, node: Unnumbered<Node>, children: readonly Node[]): Node {
  const depth = 1 + Math.max(0, ...children.map((child) => parser.depths[child.id] ?? 0))
  if (depth > EXPRESSION_DEPTH_MAX) throw tooDeep(parser, node)
  parser.depths.push(depth)
  return { ...node, id: parser.depths.length - 1 }
}

/** Runs a rule one level deeper, so that nested brackets cannot exhaust the stack. */
export function nested<T>(parser: Parser, rule: (parser: Parser) => T): T {
  parser.nesting += 1
  if (parser.nesting > EXPRESSION_DEPTH_MAX) throw tooDeep(parser, peek(parser))
  const result = rule(parser)
  parser.nesting -= 1
  return result
}

const tooDeep = (parser: Parser, { start, end }: Span): ParseFailure =>
  new ParseFailure(
    celDiagnostic(
      parser.source,
      { start, end },
      {
        code: 'expression_too_deep',
        message: `the expression is nested deeper than ${EXPRESSION_DEPTH_MAX} levels`,
      },
    ),
  )
