import type { Json } from '../core/json.ts'
import type { ExpressionCache, ExpressionScope } from './check-expression.ts'
import { checkExpression } from './check-expression.ts'
import { report } from './diagnostic.ts'
import { VARIABLES_MAX } from './limits.ts'
import type { CompiledExpression, Definitions } from './release.ts'
import type { Definition, ExportPolicy, Expression, Imported, NameRef, PolicyTree } from './tree.ts'

/** The exported sets of a release by name. */
export type Exports = {
  readonly constants: ReadonlyMap<string, Extract<ExportPolicy, { kind: 'export_constants' }>>
  readonly variables: ReadonlyMap<string, Extract<ExportPolicy, { kind: 'export_variables' }>>
}

/** A policy that may read constants and variables: every kind but the exported sets. */
export type DefiningPolicy = Exclude<PolicyTree, ExportPolicy>

/**
 * Resolves imports of one policy, checks its variables and puts them after what they read. Unknown
 * sets, names defined twice and cycles are reported to the policy's file.
 */
export function linkDefinitions(
  exports: Exports,
  cache: ExpressionCache,
  policy: DefiningPolicy,
): { readonly scope: ExpressionScope; readonly definitions: Definitions } {
  const constants = gather(
    policy,
    'constant',
    policy.constants,
    (name) => exports.constants.get(name)?.definitions,
  )
  const variables = gather(
    policy,
    'variable',
    policy.variables,
    (name) => exports.variables.get(name)?.definitions,
  )
  const scope: ExpressionScope = {
    file: policy.file,
    dialect: policy.dialect,
    constants: new Set(constants.keys()),
    variables: new Set(variables.keys()),
  }
  const definitions = {
    constants: objectOf(constants),
    variables: orderVariables(policy, checkVariables(exports, cache, policy, scope)),
  }
  return { scope, definitions }
}

function gather<T>(
  policy: DefiningPolicy,
  noun: string,
  own: Imported<T>,
  exported: (name: string) => readonly Definition<T>[] | undefined,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  const add = (definition: Definition<T>, at: number): void => {
    if (found.has(definition.name)) {
      const message = `${noun} \`${definition.name}\` is defined twice`
      report(policy.file, at, {
        code: 'name_duplicate',
        message,
        hint: 'imported and own names must differ',
      })
    } else found.set(definition.name, definition.value)
  }
  for (const ref of own.imports) {
    const definitions = exported(ref.name)
    if (definitions === undefined) reportUnknownSet(policy, noun, ref)
    else for (const definition of definitions) add(definition, ref.at)
  }
  for (const definition of own.local) add(definition, definition.at)
  return found
}

function reportUnknownSet(policy: DefiningPolicy, noun: string, ref: NameRef): void {
  const kind = noun === 'constant' ? 'exportConstants' : 'exportVariables'
  const message = `no \`${kind}\` is named \`${ref.name}\``
  report(policy.file, ref.at, { code: 'name_unknown', message })
}

function objectOf(constants: ReadonlyMap<string, Json>): { readonly [key: string]: Json } {
  const object = Object.create(null) as Record<string, Json>
  for (const [name, value] of constants) object[name] = value
  return object
}

type CheckedVariable = {
  readonly name: string
  readonly at: number
  readonly expression: CompiledExpression
}

/** Imported variables are checked in the importing policy, whose names they read, at their own place. */
function checkVariables(
  exports: Exports,
  cache: ExpressionCache,
  policy: DefiningPolicy,
  scope: ExpressionScope,
): readonly CheckedVariable[] {
  const checked: CheckedVariable[] = []
  const check = (definition: Definition<Expression>, within: ExpressionScope, at: number): void => {
    const expression = checkExpression(cache, within, definition.value)
    if (expression !== null) checked.push({ name: definition.name, at, expression })
  }
  for (const ref of policy.variables.imports) {
    const set = exports.variables.get(ref.name)
    if (set === undefined) continue
    for (const definition of set.definitions)
      check(definition, { ...scope, file: set.file }, ref.at)
  }
  for (const definition of policy.variables.local) check(definition, scope, definition.at)
  return checked
}

/** Depth first: each variable after those it reads; one that is met again below itself is a cycle. */
function orderVariables(
  policy: DefiningPolicy,
  variables: readonly CheckedVariable[],
): Definitions['variables'] {
  if (variables.length > VARIABLES_MAX) {
    const message = `a policy may have at most ${VARIABLES_MAX} variables, imported ones included`
    report(policy.file, policy.at, { code: 'value_invalid', message })
    return []
  }
  const byName = new Map(variables.map((variable) => [variable.name, variable]))
  const ordered = new Map<string, Definitions['variables'][number]>()
  const visiting = new Set<string>()
  const visit = (variable: CheckedVariable): void => {
    if (ordered.has(variable.name)) return
    if (visiting.has(variable.name)) {
      const message = `variable \`${variable.name}\` reads itself through others`
      report(policy.file, variable.at, { code: 'reference_cycle', message })
      return
    }
    visiting.add(variable.name)
    for (const name of variable.expression.variablesRead) {
      const read = byName.get(name)
      if (read !== undefined) visit(read)
    }
    visiting.delete(variable.name)
    ordered.set(variable.name, { name: variable.name, expression: variable.expression })
  }
  for (const variable of variables) visit(variable)
  return [...ordered.values()]
}
