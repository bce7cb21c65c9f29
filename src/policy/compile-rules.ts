import type { PolicyRef } from '../core/decision.ts'
import type { ExpressionCache, ExpressionScope } from './check-expression.ts'
import { checkCondition, checkExpression } from './check-expression.ts'
import { foldName } from './names.ts'
import { matchesName, nameMatcher } from './match-names.ts'
import type {
  CompiledDerivedRole,
  CompiledExpression,
  CompiledOutput,
  CompiledRule,
  Definitions,
  PolicyNames,
  RuleTable,
} from './release.ts'
import type { Expression, Output, RuleTree } from './tree.ts'

/** Gives every rule of a release its own number. */
export type RuleCounter = { next: number }

export type RuleContext = {
  readonly cache: ExpressionCache
  readonly scope: ExpressionScope
  readonly ref: PolicyRef
  readonly definitions: Definitions
  readonly derivedRoles: ReadonlyMap<string, CompiledDerivedRole>
  readonly counter: RuleCounter
}

/** Compiles the rules of one policy into a table. */
export function compileRules(context: RuleContext, trees: readonly RuleTree[]): RuleTable {
  const { ref, definitions, derivedRoles } = context
  const names = { definitions, derivedRoles: [...derivedRoles.values()] }
  return tableOf(
    ref,
    trees.map((tree) => compileRule(context, names, tree)),
  )
}

function compileRule(context: RuleContext, names: PolicyNames, tree: RuleTree): CompiledRule {
  const { cache, scope, ref, derivedRoles, counter } = context
  const roles = tree.derivedRoles.map(({ name }) => derivedRoles.get(name))
  return {
    id: counter.next++,
    ref: { ...ref, rule: tree.name },
    effect: tree.effect,
    actions: nameMatcher(tree.actions),
    resources:
      tree.resource === null ? null : nameMatcher([tree.resource, foldName(tree.resource)]),
    foldsKinds: scope.dialect === 'cerbos',
    roles: nameMatcher(tree.roles),
    derivedRoles: roles.filter((role) => role !== undefined),
    condition: tree.condition === null ? null : checkCondition(cache, scope, tree.condition),
    names,
    remedy: tree.remedy,
    discloses: tree.discloses,
    output: tree.output === null ? null : compileOutput(context, tree.name, tree.output),
    approval: tree.approval,
    obligations: tree.obligations,
    advice: tree.advice,
    rollout: tree.rollout,
  }
}

function compileOutput(
  { cache, scope, ref }: RuleContext,
  name: string,
  output: Output,
): CompiledOutput {
  const compile = (expression: Expression | null): CompiledExpression | null =>
    expression === null ? null : checkExpression(cache, scope, expression)
  return {
    src: `${ref.id}#${name}`,
    activated: compile(output.activated),
    notMet: compile(output.notMet),
  }
}

/** Puts rules where their actions find them. */
export function tableOf(ref: PolicyRef, rules: readonly CompiledRule[]): RuleTable {
  const byAction = new Map<string, readonly CompiledRule[]>()
  for (const name of new Set(rules.flatMap((rule) => [...rule.actions.names]))) {
    byAction.set(
      name,
      rules.filter((rule) => matchesName(rule.actions, name)),
    )
  }
  const open = rules.filter((rule) => rule.actions.any || rule.actions.patterns.length > 0)
  return { ref, byAction, open }
}
