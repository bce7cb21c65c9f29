/** What policies compile to: immutable, digested, and indexed by what a request asks for. */
import type { CelProgram } from '../cel/compile-expression.ts'
import type { Advice, Obligation, PolicyRef } from '../core/decision.ts'
import type { JsonObject } from '../core/json.ts'
import type { Release } from '../core/path.ts'
import type { EngineOptions } from './engine-options.ts'
import type { Approval, Effect, Rollout } from './tree.ts'

/** Literal names and patterns; `any` is a lone `*`. */
export type NameMatcher = {
  readonly any: boolean
  readonly names: ReadonlySet<string>
  readonly patterns: readonly ((text: string) => boolean)[]
}

/** An expression that is ready to run. */
export type CompiledExpression = {
  readonly source: string
  readonly program: CelProgram
  /** Variables of the policy that it reads, so that a failed one fails whoever reads it. */
  readonly variablesRead: readonly string[]
  /** Whether it asks if a variable is there, which hides that computing the variable failed. */
  readonly asksForVariables?: boolean
}

/** A condition whose leaves are ready to run. */
export type CompiledCondition =
  | { readonly kind: 'expr'; readonly expression: CompiledExpression }
  | { readonly kind: 'all' | 'any' | 'none'; readonly of: readonly CompiledCondition[] }

/** Constants and variables of one policy, imports resolved; variables stand after what they read. */
export type Definitions = {
  readonly constants: JsonObject
  readonly variables: readonly {
    readonly name: string
    readonly expression: CompiledExpression
  }[]
}

/** A role that a principal has by another role and a condition. */
export type CompiledDerivedRole = {
  readonly name: string
  readonly parentRoles: NameMatcher
  readonly condition: CompiledCondition | null
  readonly names: PolicyNames
}

/** One rule, with everything that judging it needs. */
export type CompiledRule = {
  /** Unique within the release; conditions are remembered by it during one evaluation. */
  readonly id: number
  readonly ref: PolicyRef & { readonly rule: string }
  readonly effect: Effect
  readonly actions: NameMatcher
  /** Kinds of resource, for rules of principal policies and guardrails. */
  readonly resources: NameMatcher | null
  /** Whether patterns of `resources` are about folded kinds alone. */
  readonly foldsKinds: boolean
  readonly roles: NameMatcher
  readonly derivedRoles: readonly CompiledDerivedRole[]
  readonly condition: CompiledCondition | null
  readonly names: PolicyNames
  readonly remedy: string | null
  readonly discloses: boolean
  readonly output: CompiledOutput | null
  readonly approval: Approval | null
  readonly obligations: readonly Obligation[]
  readonly advice: readonly Advice[]
  readonly rollout: Rollout | null
}

/** Expressions for what a rule says when it is in force, and when only its condition is not met. */
export type CompiledOutput = {
  /** `<policy key>#<rule name>`. */
  readonly src: string
  readonly activated: CompiledExpression | null
  readonly notMet: CompiledExpression | null
}

/** What the expressions of one policy, or of one set of derived roles, may read besides the request. */
export type PolicyNames = {
  readonly definitions: Definitions
  /** Derived roles that rules of the policy name: what `runtime.effectiveDerivedRoles` may hold. */
  readonly derivedRoles: readonly CompiledDerivedRole[]
}

/**
 * Rules by action. A literal action finds its rules, patterns included, in `byAction`; any other
 * action is tried against `open`, the rules that have a pattern. Order is that of the policy.
 */
export type RuleTable = {
  readonly ref: PolicyRef
  readonly byAction: ReadonlyMap<string, readonly CompiledRule[]>
  readonly open: readonly CompiledRule[]
}

/** The tables of one kind of resource or principal, by version and then by scope. */
export type ScopedTables = ReadonlyMap<string, ReadonlyMap<string, readonly RuleTable[]>>

/** Checks attributes; `message` is in the words of the schema library that Cerbos uses. */
export type CompiledSchema = {
  readonly ignoredActions: NameMatcher
  readonly check: (
    attr: JsonObject,
  ) => readonly { readonly path: string; readonly message: string }[]
}

/** The schemas of one kind of resource and version. */
export type CompiledSchemas = {
  readonly ref: PolicyRef
  readonly principal: CompiledSchema | null
  readonly resource: CompiledSchema | null
}

/** Role policies of one scope. */
export type RoleTables = {
  /** By version, then by role. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, RuleTable>>
  /** Every role with the roles it acts as, itself first. */
  readonly actsAs: ReadonlyMap<string, readonly string[]>
}

/** An immutable set of policies, ready to decide: replaced whole, never patched. */
export type CompiledRelease = Release & {
  readonly policies: number
  readonly guardrails: RuleTable
  /** By kind, as written and folded. */
  readonly resources: ReadonlyMap<string, ScopedTables>
  /** Policies whose kind is a pattern: they count for every kind that matches. */
  readonly resourcePatterns: readonly {
    readonly matches: (kind: string) => boolean
    readonly tables: ScopedTables
  }[]
  /** By principal id, compared as bytes. */
  readonly principals: ReadonlyMap<string, ScopedTables>
  /** Scopes in which some policy of that type exists; a request in another scope matches nothing. */
  readonly resourceScopes: ReadonlySet<string>
  readonly principalScopes: ReadonlySet<string>
  /** Role policies by scope. */
  readonly rolePolicies: ReadonlyMap<string, RoleTables>
  /** Scopes whose allows need the parent scope's as well. */
  readonly consentScopes: ReadonlySet<string>
  /** By kind, as written and folded, then by version. */
  readonly schemas: ReadonlyMap<string, ReadonlyMap<string, CompiledSchemas>>
  /** Whether some rule may be shown to callers: by a sentence, or because it discloses. */
  readonly showsRules: boolean
  readonly options: EngineOptions
  /** Where in 0 to 100 a text falls: rules with a rollout are present below their percent. */
  readonly percentileOf: (text: string) => number
  readonly needs: Needs
}

/** What the release reads, so that `gather` asks only the sources that matter. */
export type Needs = {
  /** Paths in their long form, for example `request.principal.attr.tier`. */
  readonly paths: ReadonlySet<string>
  /** Whether anything reads a reserved attribute of principals, or attributes as a whole. */
  readonly identity: boolean
  /** Whether anything reads the request's context. */
  readonly context: boolean
  /** Whether anything reads the action, so that no two actions share an answer. */
  readonly action: boolean
  /** Whether anything reads `request` by its long name. */
  readonly request: boolean
}
