import type { CheckedExpression } from './check-expression.ts'
import type { Frame } from './frame.ts'
import type { Operand } from './operand.ts'
import type { Node } from './tree.ts'

/** A compiled node. Total: whatever the frame holds, it answers with an operand and never throws. */
export type Closure = (frame: Frame) => Operand

/** What the parts of the closure back end share; `compile` is the whole switch. */
export type ClosureContext = {
  readonly checked: CheckedExpression
  readonly compile: (context: ClosureContext, node: Node) => Closure
}
