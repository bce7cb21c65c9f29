import type { CelDiagnostic, CelDiagnosticCode } from './diagnostic.ts'
import { celDiagnostic } from './diagnostic.ts'
import type { CelEnvironment } from './environment.ts'
import { DIAGNOSTICS_MAX } from './limits.ts'
import type { Overload } from './overload.ts'
import type { Node, Span } from './tree.ts'
import type { CelType } from './type.ts'
import { DYN } from './type.ts'
import type { CelValue } from './value.ts'

/** What a name or a call turned out to mean. */
export type Reference =
  | { readonly kind: 'local'; readonly slot: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: CelValue }
  | {
      readonly kind: 'call'
      readonly overloads: readonly Overload[]
      readonly args: readonly Node[]
    }

export type Local = { readonly name: string; readonly type: CelType; readonly slot: number }

/** The state of one check. `locals` is the stack of variables that are in scope. */
export type Checker = {
  readonly source: string
  readonly environment: CelEnvironment
  readonly references: Map<number, Reference>
  readonly types: Map<number, CelType>
  /** The slots of the variables that a comprehension or binding introduces, by the id of its node. */
  readonly slots: Map<number, readonly number[]>
  readonly diagnostics: CelDiagnostic[]
  readonly locals: Local[]
  slotCount: number
  readonly checkNode: (checker: Checker, node: Node) => CelType
}

/** Reports a complaint and goes on as if the node could be anything, so that more can be found. */
export function report(
  checker: Checker,
  span: Span,
  complaint: { readonly code: CelDiagnosticCode; readonly message: string; readonly hint?: string },
): CelType {
  if (checker.diagnostics.length < DIAGNOSTICS_MAX) {
    checker.diagnostics.push(
      celDiagnostic(checker.source, { start: span.start, end: span.end }, complaint),
    )
  }
  return DYN
}

/** Checks a node with variables in scope that it introduces; `owner` is the node that has them. */
export function withLocals(
  checker: Checker,
  owner: Node,
  names: readonly (readonly [string, CelType])[],
  check: () => CelType,
): CelType {
  const first = checker.locals.length
  for (const [name, type] of names) {
    checker.locals.push({ name, type, slot: checker.locals.length })
  }
  checker.slots.set(
    owner.id,
    names.map((_, at) => first + at),
  )
  checker.slotCount = Math.max(checker.slotCount, checker.locals.length)
  const type = check()
  checker.locals.length = first
  return type
}

export const localNamed = (checker: Checker, name: string): Local | undefined =>
  checker.locals.findLast((local) => local.name === name)
