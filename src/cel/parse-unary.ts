import { expandMacro } from './expand-macro.ts'
import { parsePrimary, parseArguments, parseMessage } from './parse-primary.ts'
import type { Parser } from './parser.ts'
import {
  accept,
  advance,
  complain,
  expect,
  finish,
  isSymbol,
  nested,
  peek,
  unexpected,
} from './parser.ts'
import { numberValue } from './tokenize.ts'
import type { Node, UnaryOperator } from './tree.ts'

/** `!a`, `-a`, and whatever binds stronger. A minus before a number belongs to the number. */
export function parseUnary(parser: Parser): Node {
  const token = peek(parser)
  if (token.kind !== 'symbol' || (token.symbol !== '!' && token.symbol !== '-')) {
    return parseSuffixes(parser, parsePrimary(parser))
  }
  if (token.symbol === '-' && peek(parser, 1).kind === 'number') {
    return parseSuffixes(parser, parseNegativeNumber(parser))
  }
  return nested(parser, () => {
    advance(parser)
    const operand = parseUnary(parser)
    const operator: UnaryOperator = token.symbol === '!' ? '!' : '-'
    return finish(
      parser,
      { kind: 'unary', start: token.start, end: operand.end, operator, operand },
      [operand],
    )
  })
}

function parseNegativeNumber(parser: Parser): Node {
  const minus = advance(parser)
  const token = advance(parser)
  const value = token.kind === 'number' ? numberValue(token, true) : undefined
  const span = { start: minus.start, end: token.end }
  if (value === undefined) {
    throw complain(parser, span, `\`${parser.source.slice(span.start, span.end)}\` is out of range`)
  }
  return finish(parser, { kind: 'literal', ...span, value }, [])
}

function parseSuffixes(parser: Parser, primary: Node): Node {
  let node = primary
  for (;;) {
    if (accept(parser, '.')) node = parseField(parser, node)
    else if (accept(parser, '[')) node = parseIndex(parser, node)
    else if (isSymbol(parser, '{') && messageName(node) !== null) {
      node = parseMessage(parser, node, messageName(node) ?? '')
    } else return node
  }
}

/** The dotted name that a node spells, when it can be the name of a message type. */
function messageName(node: Node): string | null {
  if (node.kind === 'identifier') return node.absolute ? `.${node.name}` : node.name
  if (node.kind !== 'select' || node.optional) return null
  const owner = messageName(node.operand)
  return owner === null ? null : `${owner}.${node.field}`
}

/** Words that are never names, not even of fields. */
const NOT_FIELDS: ReadonlySet<string> = new Set(['in', 'true', 'false', 'null'])

function parseField(parser: Parser, operand: Node): Node {
  const optional = accept(parser, '?')
  const token = peek(parser)
  if (token.kind !== 'identifier') throw unexpected(parser, 'the name of a field')
  if (!token.quoted && NOT_FIELDS.has(token.name)) throw unexpected(parser, 'the name of a field')
  advance(parser)
  if (!optional && !token.quoted && isSymbol(parser, '(')) {
    return parseMethod(parser, operand, { name: token.name, start: token.start, end: token.end })
  }
  const span = { start: operand.start, end: token.end }
  return finish(parser, { kind: 'select', ...span, operand, field: token.name, optional }, [
    operand,
  ])
}

function parseMethod(
  parser: Parser,
  receiver: Node,
  called: { readonly name: string; readonly start: number; readonly end: number },
): Node {
  const args = parseArguments(parser)
  const span = { start: receiver.start, end: args.end }
  const nameSpan = { start: called.start, end: called.end }
  const call = {
    kind: 'call',
    ...span,
    name: called.name,
    receiver,
    args: args.nodes,
    nameSpan,
  } as const
  return expandMacro(parser, call) ?? finish(parser, call, [receiver, ...args.nodes])
}

function parseIndex(parser: Parser, operand: Node): Node {
  const optional = accept(parser, '?')
  const index = parser.parseExpression(parser)
  const { end } = expect(parser, ']')
  const span = { start: operand.start, end }
  return finish(parser, { kind: 'index', ...span, operand, index, optional }, [operand, index])
}
