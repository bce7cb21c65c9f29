/** Policies as their authors wrote them, checked for form; every expression knows its place. */
import type { Advice, Obligation } from '../core/decision.ts'
import type { Json } from '../core/json.ts'
import type { SourceFile } from './diagnostic.ts'
import type { YamlScalar } from './yaml-node.ts'

/** Which `apiVersion` a file declares; the short form has the powers of `reeve.dev/v1`. */
export type Dialect = 'cerbos' | 'reeve'

export type Expression = { readonly source: string; readonly scalar: YamlScalar }

export type Condition =
  | { readonly kind: 'expr'; readonly expression: Expression }
  | { readonly kind: 'all' | 'any' | 'none'; readonly of: readonly Condition[] }

export type Effect = 'allow' | 'deny'

/** A name used somewhere, with the offset to point at when it does not exist. */
export type NameRef = { readonly name: string; readonly at: number }

/** `constants` or `variables` of a policy: what it imports and what it defines itself. */
export type Imported<T> = {
  readonly imports: readonly NameRef[]
  readonly local: readonly Definition<T>[]
}

export type Definition<T> = { readonly name: string; readonly at: number; readonly value: T }

export type RuleTree = {
  readonly name: string
  readonly at: number
  readonly effect: Effect
  /** Literal kinds or patterns; a rule of a resource policy has none of its own. */
  readonly resource: string | null
  readonly actions: readonly string[]
  readonly roles: readonly string[]
  readonly derivedRoles: readonly NameRef[]
  readonly condition: Condition | null
  /** A sentence that replaces the message of a denial. */
  readonly remedy: string | null
  /** Whether the condition's own text may be shown to callers (SECURITY 18). */
  readonly discloses: boolean
  readonly output: Output | null
  readonly approval: Approval | null
  readonly obligations: readonly Obligation[]
  readonly advice: readonly Advice[]
  readonly rollout: Rollout | null
}

/** What a rule says when it is in force, and when only its condition is not met. */
export type Output = {
  readonly activated: Expression | null
  readonly notMet: Expression | null
}

/** Whose consent an allow waits for, once per call and bound to its arguments. */
export type Approval = {
  /** `sponsor`, `self`, or the name of a role or group. */
  readonly by: string
  readonly quorum: number
  readonly ttlSeconds: number
}

/** A rule that counts for a share of subjects or agents only, as if absent for the others. */
export type Rollout = { readonly percent: number; readonly key: 'subject' | 'agent' }

/**
 * What an allow of a scope is worth: it decides (`override`), or the parent scope has to allow as
 * well (`consent`).
 */
export type ScopePermissions = 'override' | 'consent'

/** A JSON Schema that attributes must fit, but for some actions. */
export type SchemaRef = {
  readonly ref: string
  readonly at: number
  readonly ignoredActions: readonly string[]
}

type PolicyBase = {
  readonly file: SourceFile
  readonly dialect: Dialect
  /** Where the policy stands in its file, for problems of the policy as a whole. */
  readonly at: number
  readonly constants: Imported<Json>
  readonly variables: Imported<Expression>
}

export type ResourcePolicy = PolicyBase & {
  readonly kind: 'resource'
  /** Whether it comes from `policy-config.yaml`, whose rules add to a policy of the same kind. */
  readonly shortForm: boolean
  readonly resource: string
  readonly version: string
  readonly scope: string
  readonly scopePermissions: ScopePermissions
  readonly principalSchema: SchemaRef | null
  readonly resourceSchema: SchemaRef | null
  readonly derivedRoleImports: readonly NameRef[]
  readonly rules: readonly RuleTree[]
}

export type PrincipalPolicy = PolicyBase & {
  readonly kind: 'principal'
  readonly principal: string
  readonly version: string
  readonly scope: string
  readonly scopePermissions: ScopePermissions
  readonly rules: readonly RuleTree[]
}

/** What a role may do at most, and the roles that it acts as: it narrows and never grants. */
export type RolePolicy = PolicyBase & {
  readonly kind: 'role'
  readonly role: string
  readonly version: string
  readonly scope: string
  readonly parentRoles: readonly string[]
  readonly rules: readonly RuleTree[]
}

/** Deny rules that are checked first on every request (`reeve.dev/v1`). */
export type GuardrailPolicy = PolicyBase & {
  readonly kind: 'guardrail'
  readonly name: string
  readonly rules: readonly RuleTree[]
}

export type DerivedRoleTree = {
  readonly name: string
  readonly at: number
  readonly parentRoles: readonly string[]
  readonly condition: Condition | null
}

export type DerivedRolesPolicy = PolicyBase & {
  readonly kind: 'derived_roles'
  readonly name: string
  readonly definitions: readonly DerivedRoleTree[]
}

export type ExportPolicy =
  | {
      readonly kind: 'export_constants'
      readonly file: SourceFile
      readonly at: number
      readonly name: string
      readonly definitions: readonly Definition<Json>[]
    }
  | {
      readonly kind: 'export_variables'
      readonly file: SourceFile
      readonly at: number
      readonly name: string
      readonly dialect: Dialect
      readonly definitions: readonly Definition<Expression>[]
    }

export type PolicyTree =
  | ResourcePolicy
  | PrincipalPolicy
  | RolePolicy
  | GuardrailPolicy
  | DerivedRolesPolicy
  | ExportPolicy
