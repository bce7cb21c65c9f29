import { parseUnary } from './parse-unary.ts'
import type { Parser } from './parser.ts'
import { accept, advance, expect, finish, nested, peek } from './parser.ts'
import type { BinaryOperator, Node } from './tree.ts'

/** Binding strength of the operators that group from the left. */
const STRENGTHS: ReadonlyMap<string, number> = new Map([
  ['==', 1],
  ['!=', 1],
  ['<', 1],
  ['<=', 1],
  ['>', 1],
  ['>=', 1],
  ['in', 1],
  ['+', 2],
  ['-', 2],
  ['*', 3],
  ['/', 3],
  ['%', 3],
])

/** A whole expression: `test ? positive : negative`, or anything that binds stronger. */
export function parseOperators(parser: Parser): Node {
  return nested(parser, () => {
    const test = parseLogical(parser, '||')
    if (!accept(parser, '?')) return test
    const positive = parseLogical(parser, '||')
    expect(parser, ':')
    const negative = parseOperators(parser)
    const span = { start: test.start, end: negative.end }
    const children = [test, positive, negative]
    return finish(parser, { kind: 'conditional', ...span, test, positive, negative }, children)
  })
}

function parseLogical(parser: Parser, operator: '&&' | '||'): Node {
  const next = (): Node => (operator === '||' ? parseLogical(parser, '&&') : parseBinary(parser, 1))
  const first = next()
  const terms = [first]
  while (accept(parser, operator)) terms.push(next())
  if (terms.length === 1) return first
  const end = terms.at(-1)?.end ?? first.end
  return finish(parser, { kind: 'logical', start: first.start, end, operator, terms }, terms)
}

function parseBinary(parser: Parser, weakest: number): Node {
  let left = parseUnary(parser)
  for (;;) {
    const operator = binaryOperator(parser)
    const strength = operator === null ? 0 : (STRENGTHS.get(operator) ?? 0)
    if (operator === null || strength < weakest) return left
    advance(parser)
    const right = parseBinary(parser, strength + 1)
    const span = { start: left.start, end: right.end }
    left = finish(parser, { kind: 'binary', ...span, operator, left, right }, [left, right])
  }
}

function binaryOperator(parser: Parser): BinaryOperator | null {
  const token = peek(parser)
  const text =
    token.kind === 'symbol'
      ? token.symbol
      : token.kind === 'identifier' && !token.quoted
        ? token.name
        : ''
  return STRENGTHS.has(text) ? (text as BinaryOperator) : null
}
