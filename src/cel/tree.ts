import type { CelValue } from './value.ts'

/** Offsets of the first character and of the one after the last, in UTF-16 units. */
export type Span = { readonly start: number; readonly end: number }

type Base = Span & { readonly id: number }

export type LiteralNode = Base & { readonly kind: 'literal'; readonly value: CelValue }
/** `absolute` is a name written with a leading dot: it skips variables of comprehensions. */
export type IdentifierNode = Base & {
  readonly kind: 'identifier'
  readonly name: string
  readonly absolute: boolean
}
/** `a.b` and `a.?b`. */
export type SelectNode = Base & {
  readonly kind: 'select'
  readonly operand: Node
  readonly field: string
  readonly optional: boolean
}
/** `has(a.b)`. */
export type HasNode = Base & {
  readonly kind: 'has'
  readonly operand: Node
  readonly field: string
  readonly optional: boolean
}
/** `a[b]` and `a[?b]`. */
export type IndexNode = Base & {
  readonly kind: 'index'
  readonly operand: Node
  readonly index: Node
  readonly optional: boolean
}
/** `f(a)`, and `r.f(a)` with a receiver. */
export type CallNode = Base & {
  readonly kind: 'call'
  readonly name: string
  readonly receiver: Node | null
  readonly args: readonly Node[]
  readonly nameSpan: Span
}
export type UnaryOperator = '!' | '-'
export type UnaryNode = Base & {
  readonly kind: 'unary'
  readonly operator: UnaryOperator
  readonly operand: Node
}
/** The operators with two sides, without `&&` and `||`, which are chains. */
export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
export type BinaryNode = Base & {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Node
  readonly right: Node
}
/** A flat chain of one operator: flat, so that a condition of many terms is not a deep tree. */
export type LogicalNode = Base & {
  readonly kind: 'logical'
  readonly operator: '&&' | '||'
  readonly terms: readonly Node[]
}
export type ConditionalNode = Base & {
  readonly kind: 'conditional'
  readonly test: Node
  readonly positive: Node
  readonly negative: Node
}
export type ListNode = Base & {
  readonly kind: 'list'
  readonly elements: readonly { readonly value: Node; readonly optional: boolean }[]
}
export type MapEntry = { readonly key: Node; readonly value: Node; readonly optional: boolean }
export type MapNode = Base & { readonly kind: 'map'; readonly entries: readonly MapEntry[] }
export type MessageField = {
  readonly name: string
  readonly value: Node
  readonly optional: boolean
} & Span
export type MessageNode = Base & {
  readonly kind: 'message'
  readonly type: string
  readonly fields: readonly MessageField[]
}
export type ComprehensionMacro =
  | 'all'
  | 'exists'
  | 'existsOne'
  | 'map'
  | 'filter'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry'
  | 'sortBy'
/**
 * A loop over a list or map. With one variable it is the element of a list or the key of a map; with
 * two, index and element or key and value. `guard` is the condition of the forms that have one.
 */
export type ComprehensionNode = Base & {
  readonly kind: 'comprehension'
  readonly macro: ComprehensionMacro
  readonly range: Node
  readonly variables: readonly [string] | readonly [string, string]
  readonly guard: Node | null
  readonly body: Node
}
/** `cel.bind(name, value, body)`. */
export type BindNode = Base & {
  readonly kind: 'bind'
  readonly name: string
  readonly value: Node
  readonly body: Node
}
/** `o.optMap(name, body)`; with `flat`, `o.optFlatMap(name, body)`. */
export type OptionalMapNode = Base & {
  readonly kind: 'optionalMap'
  readonly operand: Node
  readonly name: string
  readonly body: Node
  readonly flat: boolean
}

/** An expression. Ids are unique within one expression; spans point into its text. */
export type Node =
  | LiteralNode
  | IdentifierNode
  | SelectNode
  | HasNode
  | IndexNode
  | CallNode
  | UnaryNode
  | BinaryNode
  | LogicalNode
  | ConditionalNode
  | ListNode
  | MapNode
  | MessageNode
  | ComprehensionNode
  | BindNode
  | OptionalMapNode
