import type { SourceFile } from './diagnostic.ts'
import { isDerivedRule } from './lint-rules.ts'
import type { Condition, Expression, PolicyTree, ResourcePolicy } from './tree.ts'

/** An expression with the file that it stands in. */
export type PlacedExpression = {
  readonly file: SourceFile
  readonly expression: Expression
  /** What it is evaluated for; null when that depends on who reads it. */
  readonly actions: readonly string[] | null
}

type ReadsOf = (expression: Expression) => readonly (readonly string[])[]

/**
 * Every expression that a resource policy can come to evaluate: those of its rules, its variables,
 * the derived roles that its rules name, and the imported variables that any of them reads.
 */
export function expressionsOf(
  trees: readonly PolicyTree[],
  policy: ResourcePolicy,
  readsOf: ReadsOf,
): readonly PlacedExpression[] {
  const { file } = policy
  const inRules = policy.rules
    .filter((rule) => !isDerivedRule(policy, rule))
    .flatMap(({ condition, output, actions }) =>
      [...inCondition(condition), output?.activated ?? null, output?.notMet ?? null]
        .filter((expression) => expression !== null)
        .map((expression) => ({ file, expression, actions })),
    )
  const own = policy.variables.local.map(({ value }) => placed(file, value))
  return [
    ...withVariables(trees, policy, [...inRules, ...own], readsOf),
    ...inDerivedRoles(trees, policy, readsOf),
  ]
}

const placed = (file: SourceFile, expression: Expression): PlacedExpression => ({
  file,
  expression,
  actions: null,
})

function inCondition(condition: Condition | null): readonly Expression[] {
  if (condition === null) return []
  return condition.kind === 'expr' ? [condition.expression] : condition.of.flatMap(inCondition)
}

/** A set serves policies with other attributes too, so only the roles that rules name are looked at. */
function inDerivedRoles(
  trees: readonly PolicyTree[],
  policy: ResourcePolicy,
  readsOf: ReadsOf,
): readonly PlacedExpression[] {
  const imported = new Set(policy.derivedRoleImports.map(({ name }) => name))
  const named = new Set(policy.rules.flatMap((rule) => rule.derivedRoles.map(({ name }) => name)))
  return trees.flatMap((set) => {
    if (set.kind !== 'derived_roles' || !imported.has(set.name)) return []
    const conditions = set.definitions
      .filter(({ name }) => named.has(name))
      .flatMap(({ condition }) => inCondition(condition))
    const own = conditions.map((expression) => placed(set.file, expression))
    return withVariables(trees, set, own, readsOf)
  })
}

/** The expressions, and those of the variables that they read, directly or through others. */
function withVariables(
  trees: readonly PolicyTree[],
  { file, variables }: Pick<ResourcePolicy, 'file' | 'variables'>,
  expressions: readonly PlacedExpression[],
  readsOf: ReadsOf,
): readonly PlacedExpression[] {
  const imported = new Set(variables.imports.map(({ name }) => name))
  const defined = new Map<string, PlacedExpression>()
  for (const tree of trees)
    if (tree.kind === 'export_variables' && imported.has(tree.name))
      for (const { name, value } of tree.definitions) defined.set(name, placed(tree.file, value))
  for (const { name, value } of variables.local) defined.set(name, placed(file, value))
  const found = [...expressions]
  // Grows while it is walked; each variable leaves `defined` as it is reached, so the walk ends.
  for (const { expression } of found)
    for (const [root, name = ''] of readsOf(expression)) {
      const variable = root === 'V' || root === 'variables' ? defined.get(name) : undefined
      if (variable === undefined) continue
      defined.delete(name)
      found.push(variable)
    }
  return found
}
