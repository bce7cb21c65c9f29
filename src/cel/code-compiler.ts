import type { CheckedExpression } from './check-expression.ts'
import type { Closure } from './closure.ts'
import { compileClosure } from './compile-closure.ts'
import { CODE_KIT } from './code-kit.ts'
import { generateCode } from './generate-code.ts'

/** Turns a checked expression into a function. */
export type CompileChecked = (checked: CheckedExpression) => Closure

type Instantiate = (constants: readonly unknown[]) => Closure

/** Shapes remembered; a policy set has far fewer, and beyond it a shape is only compiled again. */
const SHAPES_MAX = 4096

/** Longer texts are of expressions that are one of a kind: closures serve them as well. */
const TEXT_LENGTH_MAX = 256 * 1024

/**
 * A compiler to JavaScript that compiles each shape of expression once and shares its code between
 * all expressions of that shape, however many policies there are. Results are those of
 * `compileClosure`, which it falls back to where code generation is forbidden.
 */
export function codeCompiler(): CompileChecked {
  const shapes = new Map<string, Instantiate | null>()
  return (checked) => {
    const { text, constants } = generateCode(checked)
    const key = `${constants.length} ${text}`
    const known = shapes.get(key)
    const instantiate = known === undefined ? evaluateText(text, constants.length) : known
    if (known === undefined && shapes.size < SHAPES_MAX) shapes.set(key, instantiate)
    return instantiate === null ? compileClosure(checked) : instantiate(constants)
  }
}

function evaluateText(text: string, constantCount: number): Instantiate | null {
  if (text.length > TEXT_LENGTH_MAX) return null
  const names = Array.from({ length: constantCount }, (_, at) => `c${at}`).join(', ')
  const source = `'use strict'
const { ${Object.keys(CODE_KIT).join(', ')} } = kit
return (constants) => {
const [${names}] = constants
${text}
}`
  try {
    // INVARIANT(generated-code): `text` comes from `generateCode` alone, in which everything from an
    // expression is the name of a constant, or the name of a field written by `stringCode`.
    // oxlint-disable-next-line typescript/no-implied-eval -- this is the code generator
    return new Function('kit', source)(CODE_KIT) as Instantiate
  } catch (error) {
    if (error instanceof EvalError) return null
    throw error
  }
}
