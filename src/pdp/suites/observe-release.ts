import type { CelOutcome, CelProgram } from '../../cel/compile-expression.ts'
import type {
  CompiledCondition,
  CompiledDerivedRole,
  CompiledExpression,
  CompiledRelease,
  CompiledRule,
  Definitions,
  PolicyNames,
} from '../../policy/release.ts'
import { mapRules } from './map-rules.ts'

/** A rule, or a derived role, which is a rule about roles. */
export type Observable = CompiledRule | CompiledDerivedRole

/** Something that happened while a release was evaluated. */
export type Observation =
  /** The rule was looked at; its condition held, or did not; neither follows when it failed. */
  | { readonly kind: 'reached' | 'met' | 'not_met'; readonly of: Observable }
  /** An expression of the rule's condition, by its place among them, gave this. */
  | {
      readonly kind: 'expression'
      readonly of: Observable
      readonly index: number
      readonly expression: CompiledExpression
      readonly outcome: CelOutcome
    }
  /** An expression that asks for the time was evaluated. */
  | { readonly kind: 'time' }

export type Observe = (observation: Observation) => void

/**
 * A copy of a release that decides the same and tells what it does on the way: conditions are
 * wrapped, so a release that nobody observes pays nothing. What is observed names the rules of the
 * release that was given. Messages of denials come from conditions: decide with the original.
 */
export function observeRelease(release: CompiledRelease, observe: Observe): CompiledRelease {
  const copying: Copying = { observe, rules: new Map(), roles: new Map(), names: new Map() }
  return mapRules(release, (rule) => copyRule(copying, rule))
}

/** Each thing is copied once: the engine remembers conditions and names by identity. */
type Copying = {
  readonly observe: Observe
  readonly rules: Map<CompiledRule, CompiledRule>
  readonly roles: Map<CompiledDerivedRole, CompiledDerivedRole>
  readonly names: Map<PolicyNames, PolicyNames>
}

function copyRule(copying: Copying, rule: CompiledRule): CompiledRule {
  const known = copying.rules.get(rule)
  if (known !== undefined) return known
  const copy = {
    ...rule,
    derivedRoles: rule.derivedRoles.map((role) => copyRole(copying, role)),
    condition: probed(copying, rule),
    names: copyNames(copying, rule.names),
  }
  copying.rules.set(rule, copy)
  return copy
}

function copyRole(copying: Copying, role: CompiledDerivedRole): CompiledDerivedRole {
  const known = copying.roles.get(role)
  if (known !== undefined) return known
  const copy = {
    ...role,
    condition: probed(copying, role),
    names: copyNames(copying, role.names),
  }
  copying.roles.set(role, copy)
  return copy
}

function copyNames(copying: Copying, names: PolicyNames): PolicyNames {
  const known = copying.names.get(names)
  if (known !== undefined) return known
  const copy = {
    ...names,
    derivedRoles: names.derivedRoles.map((role) => copyRole(copying, role)),
    definitions: copyDefinitions(copying, names.definitions),
  }
  copying.names.set(names, copy)
  return copy
}

const copyDefinitions = ({ observe }: Copying, definitions: Definitions): Definitions => ({
  ...definitions,
  variables: definitions.variables.map((variable) => ({
    ...variable,
    expression: wrapped(variable.expression, () => tellTime(observe, variable.expression)),
  })),
})

/**
 * `reached` first; then the condition, behind which `not_met` stands where it does not hold, and
 * `met` after both. A condition that fails ends the row, as it ends the rule.
 */
function probed({ observe }: Copying, of: Observable): CompiledCondition {
  const probe = (kind: 'reached' | 'met' | 'not_met', answer: boolean): CompiledCondition =>
    constant(answer, () => observe({ kind, of }))
  if (of.condition === null) return allOf(probe('reached', true), probe('met', true))
  let next = 0
  const wrap = (condition: CompiledCondition): CompiledCondition => {
    if (condition.kind !== 'expr') return { ...condition, of: condition.of.map(wrap) }
    const index = next++
    const { expression } = condition
    const tell = (outcome: CelOutcome): void => {
      tellTime(observe, expression)
      observe({ kind: 'expression', of, index, expression, outcome })
    }
    return { ...condition, expression: wrapped(expression, tell) }
  }
  const condition = wrap(of.condition)
  const decided: CompiledCondition = { kind: 'any', of: [condition, probe('not_met', false)] }
  return allOf(probe('reached', true), decided, probe('met', true))
}

const allOf = (...of: readonly CompiledCondition[]): CompiledCondition => ({ kind: 'all', of })

const ASKS_TIME = /\b(?:now|timeSince)\s*\(|\bcontext\.time\b/

function tellTime(observe: Observe, { source }: CompiledExpression): void {
  if (ASKS_TIME.test(source)) observe({ kind: 'time' })
}

function wrapped(
  expression: CompiledExpression,
  tell: (outcome: CelOutcome) => void,
): CompiledExpression {
  const { program } = expression
  const evaluate: CelProgram['evaluate'] = (activation, budget) => {
    const outcome = program.evaluate(activation, budget)
    tell(outcome)
    return outcome
  }
  return { ...expression, program: { ...program, evaluate } }
}

/** A condition that is always the same, and tells when it is asked. */
function constant(value: boolean, tell: () => void): CompiledCondition {
  const evaluate: CelProgram['evaluate'] = () => {
    tell()
    return { kind: 'value', value }
  }
  const program: CelProgram = { source: String(value), type: { kind: 'bool' }, reads: [], evaluate }
  return { kind: 'expr', expression: { source: String(value), program, variablesRead: [] } }
}
