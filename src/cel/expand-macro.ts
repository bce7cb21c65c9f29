import type { Parser } from './parser.ts'
import { complain, finish } from './parser.ts'
import type { CallNode, ComprehensionMacro, Node } from './tree.ts'

type Call = Omit<CallNode, 'id'>

/** Macros by name and number of arguments: how many variables come first, and whether a guard follows. */
type Shape = {
  readonly macro: ComprehensionMacro
  readonly variables: 1 | 2
  readonly guarded: boolean
}
const shape = (macro: ComprehensionMacro, variables: 1 | 2, guarded = false): Shape => ({
  macro,
  variables,
  guarded,
})

const COMPREHENSIONS: ReadonlyMap<string, Shape> = new Map([
  ['all/2', shape('all', 1)],
  ['all/3', shape('all', 2)],
  ['exists/2', shape('exists', 1)],
  ['exists/3', shape('exists', 2)],
  ['exists_one/2', shape('existsOne', 1)],
  ['exists_one/3', shape('existsOne', 2)],
  ['existsOne/3', shape('existsOne', 2)],
  ['map/2', shape('map', 1)],
  ['map/3', shape('map', 1, true)],
  ['filter/2', shape('filter', 1)],
  ['transformList/3', shape('transformList', 2)],
  ['transformList/4', shape('transformList', 2, true)],
  ['transformMap/3', shape('transformMap', 2)],
  ['transformMap/4', shape('transformMap', 2, true)],
  ['transformMapEntry/3', shape('transformMapEntry', 2)],
  ['transformMapEntry/4', shape('transformMapEntry', 2, true)],
  ['sortBy/2', shape('sortBy', 1)],
])

/** The node that a call of a macro stands for, or null when the call is an ordinary one. */
export function expandMacro(parser: Parser, call: Call): Node | null {
  const { receiver, name, args } = call
  if ((name === 'greatest' || name === 'least') && args.length > 1)
    return expandExtreme(parser, call)
  if (receiver === null) return name === 'has' && args.length === 1 ? expandHas(parser, call) : null
  if (name === 'bind' && args.length === 3 && isName(receiver, 'cel'))
    return expandBind(parser, call)
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2) {
    return expandOptionalMap(parser, call, receiver)
  }
  const found = COMPREHENSIONS.get(`${name}/${args.length}`)
  return found === undefined ? null : expandComprehension(parser, call, receiver, found)
}

/** `math.greatest(a, b)` is `math.greatest([a, b])`. */
function expandExtreme(parser: Parser, call: Call): Node | null {
  const { receiver, args } = call
  if (receiver === null || !isName(receiver, 'math')) return null
  const elements = args.map((value) => ({ value, optional: false }))
  const { start, end } = call
  const list = finish(parser, { kind: 'list', start, end, elements }, args)
  return finish(parser, { ...call, args: [list] }, [receiver, list])
}

const isName = (node: Node, name: string): boolean =>
  node.kind === 'identifier' && node.name === name

function expandHas(parser: Parser, call: Call): Node {
  const [operand] = call.args
  if (operand?.kind !== 'select') {
    const hint =
      'for example `has(R.attr.owner)`; to look for a key of any text, write `"key" in map`'
    throw complain(parser, operand ?? call, '`has` needs the selection of a field', hint)
  }
  const { start, end } = call
  const { field, optional } = operand
  const inner = operand.operand
  return finish(parser, { kind: 'has', start, end, operand: inner, field, optional }, [inner])
}

function expandBind(parser: Parser, call: Call): Node {
  const [, value, body] = call.args as readonly [Node, Node, Node]
  const name = variableName(parser, call, 0)
  const { start, end } = call
  return finish(parser, { kind: 'bind', start, end, name, value, body }, [value, body])
}

function expandOptionalMap(parser: Parser, call: Call, operand: Node): Node {
  const [, body] = call.args as readonly [Node, Node]
  const name = variableName(parser, call, 0)
  const { start, end } = call
  const flat = call.name === 'optFlatMap'
  return finish(parser, { kind: 'optionalMap', start, end, operand, name, body, flat }, [
    operand,
    body,
  ])
}

function expandComprehension(parser: Parser, call: Call, range: Node, found: Shape): Node {
  const first = variableName(parser, call, 0)
  const variables: readonly [string] | readonly [string, string] =
    found.variables === 1 ? [first] : [first, variableName(parser, call, 1)]
  if (variables[0] === variables[1]) {
    throw complain(parser, call.args[1] ?? call, `\`${first}\` is the name of both variables`)
  }
  const rest = call.args.slice(found.variables)
  const guard = found.guarded ? (rest[0] ?? null) : null
  const body = rest.at(-1) as Node
  const { start, end } = call
  const children = guard === null ? [range, body] : [range, guard, body]
  return finish(
    parser,
    { kind: 'comprehension', start, end, macro: found.macro, range, variables, guard, body },
    children,
  )
}

function variableName(parser: Parser, call: Call, position: number): string {
  const node = call.args[position]
  if (node?.kind === 'identifier' && !node.absolute) return node.name
  const hint = `for example \`list.${call.name}(item, ...)\``
  throw complain(parser, node ?? call, `\`${call.name}\` needs a plain name for its variable`, hint)
}
