import { expandMacro } from './expand-macro.ts'
import type { Parser } from './parser.ts'
import { accept, advance, complain, expect, finish, isSymbol, peek, unexpected } from './parser.ts'
import { numberValue } from './tokenize.ts'
import type { Token } from './token.ts'
import type { MapEntry, MessageField, Node } from './tree.ts'

const RESERVED: ReadonlySet<string> = new Set([
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'in',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
])

/** A literal, a name, a call, or an expression in brackets of any kind. */
export function parsePrimary(parser: Parser): Node {
  const token = peek(parser)
  switch (token.kind) {
    case 'end':
      throw unexpected(parser, 'a value')
    case 'text':
      advance(parser)
      return finish(
        parser,
        { kind: 'literal', start: token.start, end: token.end, value: token.value },
        [],
      )
    case 'number':
      return parseNumber(parser, token)
    case 'identifier':
      return parseName(parser, false)
    case 'symbol':
      return parseBrackets(parser, token.symbol)
  }
}

function parseNumber(parser: Parser, token: Extract<Token, { readonly kind: 'number' }>): Node {
  advance(parser)
  const value = numberValue(token, false)
  if (value === undefined) throw complain(parser, token, `\`${token.text}\` is out of range`)
  return finish(parser, { kind: 'literal', start: token.start, end: token.end, value }, [])
}

function parseBrackets(parser: Parser, symbol: string): Node {
  if (symbol === '.') {
    advance(parser)
    return parseName(parser, true)
  }
  if (symbol === '[') return parseList(parser)
  if (symbol === '{') return parseMap(parser)
  if (symbol !== '(') throw unexpected(parser, 'a value')
  advance(parser)
  const node = parser.parseExpression(parser)
  expect(parser, ')')
  return node
}

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

function parseName(parser: Parser, absolute: boolean): Node {
  const token = peek(parser)
  if (token.kind !== 'identifier') throw unexpected(parser, 'a name')
  const { name, start, end } = token
  if (token.quoted || RESERVED.has(name)) {
    throw complain(
      parser,
      token,
      `\`${name}\` cannot be used as a name here`,
      'it is a reserved word, or a quoted name, which only fields can have',
    )
  }
  advance(parser)
  const constant = absolute ? undefined : CONSTANTS.get(name)
  if (constant !== undefined)
    return finish(parser, { kind: 'literal', start, end, value: constant }, [])
  if (!isSymbol(parser, '('))
    return finish(parser, { kind: 'identifier', start, end, name, absolute }, [])
  const args = parseArguments(parser)
  const nameSpan = { start, end }
  const call = {
    kind: 'call',
    start,
    end: args.end,
    name,
    receiver: null,
    args: args.nodes,
    nameSpan,
  } as const
  return expandMacro(parser, call) ?? finish(parser, call, args.nodes)
}

/** The arguments of a call with their brackets. */
export function parseArguments(parser: Parser): {
  readonly nodes: readonly Node[]
  readonly end: number
} {
  expect(parser, '(')
  const nodes: Node[] = []
  while (!isSymbol(parser, ')')) {
    nodes.push(parser.parseExpression(parser))
    if (!accept(parser, ',')) break
    if (isSymbol(parser, ')')) throw unexpected(parser, 'an argument')
  }
  return { nodes, end: expect(parser, ')').end }
}

function parseList(parser: Parser): Node {
  const { start } = expect(parser, '[')
  const elements: { readonly value: Node; readonly optional: boolean }[] = []
  while (!isSymbol(parser, ']')) {
    const optional = accept(parser, '?')
    elements.push({ value: parser.parseExpression(parser), optional })
    if (!accept(parser, ',')) break
  }
  const { end } = expect(parser, ']')
  return finish(
    parser,
    { kind: 'list', start, end, elements },
    elements.map(({ value }) => value),
  )
}

function parseMap(parser: Parser): Node {
  const { start } = expect(parser, '{')
  const entries: MapEntry[] = []
  while (!isSymbol(parser, '}')) {
    const optional = accept(parser, '?')
    const key = parser.parseExpression(parser)
    expect(parser, ':')
    entries.push({ key, value: parser.parseExpression(parser), optional })
    if (!accept(parser, ',')) break
  }
  const { end } = expect(parser, '}')
  return finish(
    parser,
    { kind: 'map', start, end, entries },
    entries.flatMap(({ key, value }) => [key, value]),
  )
}

/** `pkg.Type{field: value}`; whether the type exists is for the checker to say. */
export function parseMessage(parser: Parser, name: Node, type: string): Node {
  expect(parser, '{')
  const fields: MessageField[] = []
  while (!isSymbol(parser, '}')) {
    const optional = accept(parser, '?')
    const token = peek(parser)
    if (token.kind !== 'identifier') throw unexpected(parser, 'the name of a field')
    advance(parser)
    expect(parser, ':')
    const value = parser.parseExpression(parser)
    fields.push({ name: token.name, value, optional, start: token.start, end: token.end })
    if (!accept(parser, ',')) break
  }
  const { end } = expect(parser, '}')
  return finish(
    parser,
    { kind: 'message', start: name.start, end, type, fields },
    fields.map(({ value }) => value),
  )
}
