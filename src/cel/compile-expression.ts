import type { EpochMillis } from '../core/clock.ts'
import type { Result } from '../core/result.ts'
import { fail, ok } from '../core/result.ts'
import type { CheckedExpression } from './check-expression.ts'
import { checkExpression } from './check-expression.ts'
import type { Closure } from './closure.ts'
import type { CompileChecked } from './code-compiler.ts'
import { compileClosure } from './compile-closure.ts'
import type { CelDiagnostic } from './diagnostic.ts'
import type { CelEnvironment } from './environment.ts'
import type { Budget, Variables } from './frame.ts'
import { exhausted } from './frame.ts'
import type { CelError, Operand } from './operand.ts'
import { isError, isHalt } from './operand.ts'
import { parseExpression } from './parse-expression.ts'
import { readsOf } from './reads.ts'
import type { CelType } from './type.ts'
import type { CelValue } from './value.ts'

/** What an expression is evaluated on. `now` is one instant for the whole evaluation. */
export type Activation = { readonly variables: Variables; readonly now: EpochMillis }

/** `unknown` means that the answer depends on something marked by `markUnknown`. */
export type CelOutcome =
  | { readonly kind: 'value'; readonly value: CelValue }
  | { readonly kind: 'error'; readonly error: CelError }
  | { readonly kind: 'unknown' }

/** An expression that is ready to run. */
export type CelProgram = {
  readonly source: string
  /** The type that the checker proved; `dyn` when it depends on the values. */
  readonly type: CelType
  /**
   * The dotted paths it reads from its variables, for example `['R', 'attr', 'args', 'amount']`,
   * each up to its first computed step.
   */
  readonly reads: readonly (readonly string[])[]
  /** Total: never throws, whatever the activation holds, and ends when the budget does. */
  readonly evaluate: (activation: Activation, budget: Budget) => CelOutcome
}

/**
 * Compiles an expression of CEL, or says everything that is wrong with it. Nothing is evaluated and
 * nothing is remembered between evaluations, so a program may be shared.
 * `compile` chooses the back end: closures, or `codeCompiler()` for generated JavaScript.
 */
export function compileExpression(
  source: string,
  environment: CelEnvironment,
  compile: CompileChecked = compileClosure,
): Result<CelProgram, readonly [CelDiagnostic, ...CelDiagnostic[]]> {
  const parsed = parseExpression(source)
  if (!parsed.ok) return fail([parsed.error])
  const checked = checkExpression(source, parsed.value, environment)
  return checked.ok ? ok(programOf(checked.value, compile(checked.value))) : checked
}

/** A program from a checked expression and a back end's function for it. */
export function programOf(checked: CheckedExpression, run: Closure): CelProgram {
  const { source, type, slotCount } = checked
  const blank: readonly Operand[] = Array.from({ length: slotCount }, () => null)
  return {
    source,
    type,
    reads: readsOf(checked),
    evaluate: ({ variables, now }, budget) => {
      const locals = slotCount === 0 ? NO_LOCALS : blank.slice()
      const operand = run({ variables, now, budget, locals })
      if (budget.steps < 0)
        return { kind: 'error', error: isLimit(operand) ? operand : exhausted() }
      if (operand === true) return HOLDS
      if (operand === false) return FAILS
      if (!isHalt(operand)) return { kind: 'value', value: operand }
      return isError(operand) ? { kind: 'error', error: operand } : { kind: 'unknown' }
    },
  }
}

/** The outcomes of most conditions, made once. */
const HOLDS: CelOutcome = Object.freeze({ kind: 'value', value: true })
const FAILS: CelOutcome = Object.freeze({ kind: 'value', value: false })

/** Shared by all programs without variables of their own, which never write to it. */
const NO_LOCALS: never[] = []

const isLimit = (operand: unknown): operand is CelError =>
  isError(operand as CelError) && (operand as CelError).kind === 'limit'
