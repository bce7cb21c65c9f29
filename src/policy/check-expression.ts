import type { CelProgram } from '../cel/compile-expression.ts'
import type { CompileChecked } from '../cel/code-compiler.ts'
import { compileExpression } from '../cel/compile-expression.ts'
import type { CelDiagnostic } from '../cel/diagnostic.ts'
import type { CelEnvironment } from '../cel/environment.ts'
import type { Result } from '../core/result.ts'
import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import { positionInScalar } from './position-in-scalar.ts'
import type { CompiledCondition, CompiledExpression } from './release.ts'
import type { Condition, Dialect, Expression } from './tree.ts'

/** Compiled expressions of one release by their text: policies repeat each other's conditions. */
export type ExpressionCache = {
  readonly environment: CelEnvironment
  /** The back end that programs run on. */
  readonly compile: CompileChecked
  readonly compiled: Map<string, Result<CelProgram, readonly CelDiagnostic[]>>
}

/** What an expression of one policy may read besides the request. */
export type ExpressionScope = {
  readonly file: SourceFile
  readonly dialect: Dialect
  readonly constants: ReadonlySet<string>
  readonly variables: ReadonlySet<string>
}

/** Compiles an expression, or reports at its place in the file why it cannot be and returns null. */
export function checkExpression(
  cache: ExpressionCache,
  scope: ExpressionScope,
  expression: Expression,
): CompiledExpression | null {
  const { source, scalar } = expression
  let compiled = cache.compiled.get(source)
  if (compiled === undefined) {
    compiled = compileExpression(source, cache.environment, cache.compile)
    cache.compiled.set(source, compiled)
  }
  if (!compiled.ok) {
    for (const { line, column, message, hint } of compiled.error) {
      const at = positionInScalar(scope.file, scalar, line, column)
      report(scope.file, at, {
        code: 'expression_invalid',
        message,
        ...(hint === null ? {} : { hint }),
      })
    }
    return null
  }
  const program = compiled.value
  const variablesRead = checkReads(scope, expression, program)
  if (variablesRead === null) return null
  return { source, program, variablesRead, asksForVariables: ASKS_FOR_VARIABLES.test(source) }
}

/** `has(V.x)` and the like, which is no error where `V.x` has no value. */
const ASKS_FOR_VARIABLES = /\bhas\s*\(\s*(?:V|variables)\b|\b(?:V|variables)\s*\.\s*\?/

export function checkCondition(
  cache: ExpressionCache,
  scope: ExpressionScope,
  condition: Condition,
): CompiledCondition | null {
  if (condition.kind === 'expr') {
    const expression = checkExpression(cache, scope, condition.expression)
    return expression === null ? null : { kind: 'expr', expression }
  }
  const of = condition.of
    .map((part) => checkCondition(cache, scope, part))
    .filter((part) => part !== null)
  return of.length === condition.of.length ? { kind: condition.kind, of } : null
}

type Complaint = {
  readonly code: 'name_unknown' | 'value_invalid'
  readonly message: string
  readonly hint?: string
}

/** The variables that the program reads, or null after reporting what it may not read. */
function checkReads(
  scope: ExpressionScope,
  expression: Expression,
  program: CelProgram,
): readonly string[] | null {
  const variablesRead = new Set<string>()
  let failed = false
  for (const path of program.reads) {
    const complaint = complaintOf(scope, path)
    if (complaint !== null) {
      report(scope.file, expression.scalar.at, complaint)
      failed = true
    } else if (isVariables(path[0] ?? '') && path[1] !== undefined) variablesRead.add(path[1])
  }
  return failed ? null : [...variablesRead]
}

const isVariables = (root: string): boolean => root === 'V' || root === 'variables'

function complaintOf(scope: ExpressionScope, path: readonly string[]): Complaint | null {
  const [root = '', field] = path
  switch (root) {
    case 'V':
    case 'variables':
      return definedIn(scope.variables, 'variable', root, field)
    case 'C':
    case 'constants':
      return definedIn(scope.constants, 'constant', root, field)
    case 'G':
    case 'globals':
      // Which globals there are is not known here: they are options of the engine.
      return field === undefined ? onlyByName(root) : null
    case 'request':
      return requestComplaint(scope.dialect, field)
    default:
      return null
  }
}

const onlyByName = (root: string): Complaint => ({
  code: 'value_invalid',
  message: `\`${root}\` can only be read as \`${root}.name\``,
})

function definedIn(
  names: ReadonlySet<string>,
  noun: string,
  root: string,
  field: string | undefined,
): Complaint | null {
  if (field === undefined) return onlyByName(root)
  if (names.has(field)) return null
  const hint =
    names.size === 0 ? `this policy defines no ${noun}` : `defined are: ${[...names].join(', ')}`
  return { code: 'name_unknown', message: `no ${noun} is named \`${field}\``, hint }
}

const REQUEST_FIELDS = ['principal', 'resource', 'auxData', 'aux_data']
const REEVE_REQUEST_FIELDS = ['action', 'context']

function requestComplaint(dialect: Dialect, field: string | undefined): Complaint | null {
  if (field === undefined || REQUEST_FIELDS.includes(field)) return null
  if (!REEVE_REQUEST_FIELDS.includes(field))
    return { code: 'name_unknown', message: `\`request\` has no field \`${field}\`` }
  if (dialect === 'reeve') return null
  const message = `\`request.${field}\` is not part of \`api.cerbos.dev/v1\``
  return { code: 'name_unknown', message, hint: 'declare `apiVersion: reeve.dev/v1` to use it' }
}
