import type { CelValue } from '../cel/value.ts'
import { celTag } from '../cel/value.ts'
import type { Json } from '../core/json.ts'
import type { CompiledExpression, CompiledRule, RuleTable } from '../policy/release.ts'

/**
 * What became of a condition. `unknown` only arises while arguments are unknown: then `yes`, `no`
 * and `error` hold whatever the arguments are, except that an error may take the place of any.
 */
export type Truth = 'yes' | 'no' | 'unknown' | 'error' | 'limit'

/** What a rule said (`output`), or why it could not. */
export type OutputEntry = { readonly src: string; readonly action: string } & (
  | { readonly val: Json }
  | { readonly error: string }
)

/** An expression that failed, in the words of the expression language. */
export type EvaluationError = { readonly expression: string; readonly message: string }

/** A rule about the kind and action that was looked at. */
export type RuleVisit = {
  readonly rule: CompiledRule
  /** The role of the principal it was looked at for; null where roles do not count. */
  readonly role: string | null
  /** `yes`: in force; `no`: for another role, or its condition is not met. */
  readonly truth: Truth
  /** Whether the rule is for the role; only then was its condition looked at. */
  readonly applies: boolean
}

/** What happened on the way to a verdict; nobody who does not ask for it pays for it. */
export type Notes = {
  readonly outputs: OutputEntry[]
  readonly errors: Map<string, EvaluationError>
  readonly visits: RuleVisit[]
  /** Tables of the scopes that were entered for the resource. */
  readonly entered: Set<RuleTable>
}

export const openNotes = (): Notes => ({
  outputs: [],
  errors: new Map(),
  visits: [],
  entered: new Set(),
})

export function noteError(
  notes: Notes,
  { source: expression }: Pick<CompiledExpression, 'source'>,
  message: string,
): void {
  notes.errors.set(`${expression}\u0000${message}`, { expression, message })
}

/** As they are told: each once, sorted. */
export const sortedErrors = (notes: Notes): readonly EvaluationError[] =>
  [...notes.errors].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, error]) => error)

/** Whether a value is a hierarchy, which has no form in an output. */
export const isHierarchy = (value: CelValue): boolean =>
  typeof value === 'object' && value !== null && celTag in value && value[celTag] === 'hierarchy'
