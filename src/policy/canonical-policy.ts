import { canonicalJson } from '../core/canonical-json.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type {
  Condition,
  Definition,
  Expression,
  Imported,
  NameRef,
  Output,
  PolicyTree,
  RuleTree,
  SchemaRef,
} from './tree.ts'

/**
 * Everything that policies mean as canonical JSON, and nothing of where they stand: two sets that
 * differ only in files, layout or order have the same text, and come back in the same order.
 */
export function canonicalPolicies(trees: readonly PolicyTree[]): {
  readonly text: string
  readonly ordered: readonly PolicyTree[]
} {
  const written = trees
    .map((tree) => ({ tree, text: canonicalJson(policyJson(tree)) }))
    .sort((left, right) => (left.text < right.text ? -1 : left.text > right.text ? 1 : 0))
  const text = `{"format":1,"policies":[${written.map((policy) => policy.text).join(',')}]}`
  return { text, ordered: written.map((policy) => policy.tree) }
}

function policyJson(tree: PolicyTree): Json {
  switch (tree.kind) {
    case 'resource': {
      const { kind, dialect, resource, version, scope, scopePermissions, shortForm } = tree
      const derivedRoleImports = namesOf(tree.derivedRoleImports)
      const rules = tree.rules.map(ruleJson)
      return {
        ...bodyOf(tree),
        kind,
        dialect,
        resource,
        version,
        scope,
        scopePermissions,
        principalSchema: schemaJson(tree.principalSchema),
        resourceSchema: schemaJson(tree.resourceSchema),
        shortForm,
        derivedRoleImports,
        rules,
      }
    }
    case 'principal': {
      const { kind, dialect, principal, version, scope, scopePermissions } = tree
      return {
        ...bodyOf(tree),
        kind,
        dialect,
        principal,
        version,
        scope,
        scopePermissions,
        rules: tree.rules.map(ruleJson),
      }
    }
    case 'role': {
      const { kind, dialect, role, version, scope, parentRoles } = tree
      const rules = tree.rules.map(ruleJson)
      return { ...bodyOf(tree), kind, dialect, role, version, scope, parentRoles, rules }
    }
    case 'guardrail': {
      const { kind, dialect, name } = tree
      return { ...bodyOf(tree), kind, dialect, name, rules: tree.rules.map(ruleJson) }
    }
    case 'derived_roles': {
      const { kind, dialect, name } = tree
      const definitions = tree.definitions.map((role) => ({
        name: role.name,
        parentRoles: role.parentRoles,
        condition: conditionJson(role.condition),
      }))
      return { ...bodyOf(tree), kind, dialect, name, definitions }
    }
    case 'export_constants':
      return {
        kind: tree.kind,
        name: tree.name,
        definitions: pairs(tree.definitions, (value) => value),
      }
    case 'export_variables': {
      const { kind, dialect, name } = tree
      return { kind, dialect, name, definitions: pairs(tree.definitions, sourceOf) }
    }
  }
}

function bodyOf(tree: {
  readonly constants: Imported<Json>
  readonly variables: Imported<Expression>
}): JsonObject {
  return {
    constants: {
      imports: namesOf(tree.constants.imports),
      local: pairs(tree.constants.local, (value) => value),
    },
    variables: {
      imports: namesOf(tree.variables.imports),
      local: pairs(tree.variables.local, sourceOf),
    },
  }
}

const ruleJson = (rule: RuleTree): JsonObject => ({
  name: rule.name,
  effect: rule.effect,
  resource: rule.resource,
  actions: rule.actions,
  roles: rule.roles,
  derivedRoles: namesOf(rule.derivedRoles),
  condition: conditionJson(rule.condition),
  remedy: rule.remedy,
  discloses: rule.discloses,
  output: outputJson(rule.output),
  approval: rule.approval,
  obligations: rule.obligations,
  advice: rule.advice,
  rollout: rule.rollout,
})

const outputJson = (output: Output | null): Json =>
  output === null
    ? null
    : {
        activated: output.activated === null ? null : sourceOf(output.activated),
        notMet: output.notMet === null ? null : sourceOf(output.notMet),
      }

const schemaJson = (schema: SchemaRef | null): Json =>
  schema === null ? null : { ref: schema.ref, ignoredActions: schema.ignoredActions }

function conditionJson(condition: Condition | null): Json {
  if (condition === null) return null
  if (condition.kind === 'expr') return condition.expression.source
  return { [condition.kind]: condition.of.map(conditionJson) }
}

const namesOf = (refs: readonly NameRef[]): readonly string[] => refs.map((ref) => ref.name)

const sourceOf = (expression: Expression): string => expression.source

/** Name and value as pairs, sorted, so that the order of a map in the file does not count. */
const pairs = <T>(definitions: readonly Definition<T>[], json: (value: T) => Json): Json =>
  definitions
    .map((definition): readonly [string, Json] => [definition.name, json(definition.value)])
    .sort(([left], [right]) => (left < right ? -1 : 1))
