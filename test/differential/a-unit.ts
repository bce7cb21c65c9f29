import fc from 'fast-check'
import { aSchemas, type Schemas } from './a-schemas.ts'
import type { Names } from './an-expression.ts'
import { anExpression, aTotalExpression, aValueExpression } from './an-expression.ts'
import type { Features } from './features.ts'

/** A condition as the language nests them. */
export type Condition =
  | { readonly kind: 'expr'; readonly text: string }
  | { readonly kind: 'all' | 'any' | 'none'; readonly of: readonly Condition[] }

export type Effect = 'EFFECT_ALLOW' | 'EFFECT_DENY'

/** Expressions of the two moments in which a rule may say something. */
export type Output = { readonly activated: string | null; readonly notMet: string | null }

export type Rule = {
  readonly name: string | null
  readonly actions: readonly string[]
  readonly effect: Effect
  readonly roles: readonly string[]
  readonly derivedRoles: readonly string[]
  readonly condition: Condition | null
  readonly output: Output | null
}

/** What a policy defines for its own expressions. */
export type Locals = {
  /** `v1` and `v2`; `v2` may read `v1`. */
  readonly variables: readonly [string, string]
  /** Of `v5`, which stands beside `apiVersion`. */
  readonly topLevel: string | null
  readonly constants: readonly [unknown, unknown]
}

export type ResourcePolicy = {
  readonly scope: string
  readonly version: string
  readonly locals: Locals
  readonly rules: readonly Rule[]
  readonly schemas: Schemas | null
}

export type PrincipalPolicy = {
  readonly scope: string
  readonly locals: Locals
  readonly rules: readonly { readonly resource: string; readonly actions: readonly Rule[] }[]
}

export type DerivedRole = {
  readonly name: string
  readonly parents: readonly string[]
  readonly condition: Condition | null
}

export type RolePolicy = {
  readonly role: string
  readonly scope: string
  readonly parents: readonly string[]
  readonly locals: Locals
  readonly rules: readonly {
    readonly resource: string
    readonly actions: readonly string[]
    readonly condition: Condition | null
  }[]
}

/**
 * Everything about one kind of resource, apart from everything else in its store: `§` in any text
 * stands for the number that makes its names its own.
 */
export type Unit = {
  readonly kind: string
  /** Definitions of `v3` and `v4`, and the value of `c3`, which policies of the unit import. */
  readonly exported: { readonly variables: readonly [string, string]; readonly constant: unknown }
  readonly derivedRoles: readonly DerivedRole[]
  readonly derivedLocals: Locals
  readonly resources: readonly ResourcePolicy[]
  readonly principals: readonly PrincipalPolicy[]
  readonly rolePolicies: readonly RolePolicy[]
}

/** Every scope of a store, ancestors first; which permissions each has is fixed for all policies. */
export const SCOPES = ['', 'acme', 'acme.hr', 'acme.hr.uk', 'solo'] as const
export const CONSENT_SCOPES: readonly string[] = ['acme.hr', 'solo']

const CHAINS: readonly (readonly string[])[] = [
  [''],
  [''],
  ['', 'acme'],
  ['', 'acme', 'acme.hr'],
  ['', 'acme', 'acme.hr', 'acme.hr.uk'],
  ['', 'solo'],
]

/** No principal has policies in `solo`, so that the scope exists for resources alone. */
const PRINCIPAL_CHAINS = CHAINS.filter((chain) => !chain.includes('solo'))

export const ACTIONS = [
  'view',
  'edit',
  'view:public',
  'view:public:all',
  'view:',
  'delete',
  'admin:purge',
  'edit:?',
] as const

const ACTION_PATTERNS = [
  'view',
  'edit',
  'view',
  'edit',
  'delete',
  'view:public',
  'view:*',
  'view:**',
  '*',
  'admin:*',
  'ed*',
  '*:public',
  '**:all',
  'edit:?',
  'v?ew*',
  '{view,edit}*',
  '[ve]*',
  'view:*:all',
]
export const ROLES = ['user', 'admin', 'clerk§', 'boss§', 'adm:x', 'ghost', 'constructor'] as const
const ROLE_PATTERNS = [
  'user',
  'user',
  'admin',
  'clerk§',
  'boss§',
  '*',
  'adm*',
  'adm:*',
  'constructor',
]
const PARENT_ROLES = ['user', 'user', 'admin', 'clerk§', 'boss§', '*', 'adm:x', 'constructor']
export const KINDS = ['doc§', 'mcp:pay§', 'album:object-§', 'x y§', 'a/b.c§', 'q§-r_s'] as const

const DERIVED_ROLES = ['owner§', 'peer§', 'late-§.x'] as const
const VARIABLES = ['v1', 'v2', 'v3', 'v4'] as const
const CONSTANTS = ['c1', 'c2', 'c3'] as const
/** Globals of every store; `none` is not among them. */
export const GLOBALS = { g: 'alpha', h: 2 } as const

const NONE: readonly string[] = []

const constant = fc.constantFrom<unknown>(1, 5, 2.5, 'a', 'alpha', true, null, ['a', 'b'], [1, 2], {
  n: 1,
})

const some = <T>(values: readonly T[], maxLength: number): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength })

/** Units of the language's size that `features` allows. */
export function aUnit(features: Features): fc.Arbitrary<Unit> {
  const globals = features.globals ? [...Object.keys(GLOBALS), 'none'] : NONE
  const topLevel = features.topLevelVariables ? ['v5'] : NONE
  const absorbs = features.absorbedVariableErrors
  const inRules: Names = {
    // `v2` and `v4` may fail.
    variables: [...(absorbs ? VARIABLES : ['v1', 'v3']), ...topLevel],
    alone: absorbs ? NONE : ['v2', 'v4'],
    constants: CONSTANTS,
    derivedRoles: DERIVED_ROLES,
    globals,
    emptyAttributes: features.emptyAttributes,
  }
  const elsewhere: Names = { ...inRules, derivedRoles: NONE }
  const plain: Names = { ...elsewhere, variables: NONE, alone: NONE, constants: ['c3'] }
  const aSecond = (names: Names) => aValueExpression(names).filter(isFixed)
  const first = (names: Names) => (absorbs ? aSecond(names) : aTotalExpression)
  const locals: fc.Arbitrary<Locals> = fc.record({
    variables: fc.tuple(
      first({ ...plain, constants: CONSTANTS }),
      aSecond({ ...plain, variables: ['v1', 'v3'] }),
    ),
    topLevel: features.topLevelVariables ? aTotalExpression : fc.constant(null),
    constants: fc.tuple(constant, constant),
  })
  return fc.record({
    kind: fc.constantFrom('doc§', ...KINDS),
    exported: fc.record({
      variables: fc.tuple(first(plain), aSecond({ ...plain, variables: ['v3'] })),
      constant,
    }),
    derivedRoles: fc.tuple(
      ...DERIVED_ROLES.map((name) =>
        fc.record({
          name: fc.constant(name),
          parents: some(features.parentRolePatterns ? ROLE_PATTERNS : PARENT_ROLES, 2),
          condition: fc.option(aCondition(elsewhere), { freq: 4 }),
        }),
      ),
    ),
    derivedLocals: locals,
    resources: resourcePolicies(features, inRules, locals),
    principals: principalPolicies(features, elsewhere, locals),
    rolePolicies: features.rolePolicies
      ? rolePolicies(features, elsewhere, locals)
      : fc.constant([]),
  })
}

function aCondition(names: Names): fc.Arbitrary<Condition> {
  const leaf = anExpression(names).map((text): Condition => ({ kind: 'expr', text }))
  const group = (part: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> =>
    fc.record({
      kind: fc.constantFrom('all' as const, 'any' as const, 'none' as const),
      of: fc.array(part, { minLength: 1, maxLength: 3 }),
    })
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 2, arbitrary: group(leaf) },
    { weight: 1, arbitrary: group(fc.oneof(leaf, group(leaf))) },
  )
}

const anEffect = fc.constantFrom<Effect>('EFFECT_ALLOW', 'EFFECT_ALLOW', 'EFFECT_DENY')
// A name like `rule-002` is left out: the oracle takes it for the default name of another rule.
const aName = fc.option(fc.constantFrom('first', 'a.b-c', 'x@y', 'second'), { freq: 3 })

/** The engines ask their own clocks, so what outputs say must not come from them. */
const isFixed = (text: string): boolean => !/now\(|timeSince\(/.test(text)

function anOutput(features: Features, names: Names): fc.Arbitrary<Output | null> {
  if (!features.outputs) return fc.constant(null)
  const text = fc.option(aValueExpression(names).filter(isFixed), { freq: 2 })
  return fc.record({ activated: text, notMet: text })
}

function aRule(features: Features, names: Names): fc.Arbitrary<Rule> {
  return fc
    .record({
      name: aName,
      actions: some(ACTION_PATTERNS, 3),
      effect: anEffect,
      roles: fc.oneof(some(ROLE_PATTERNS, 2), some(ROLE_PATTERNS, 2), fc.constant([])),
      derivedRoles: fc.oneof(fc.constant([]), fc.constant([]), some(DERIVED_ROLES, 2)),
      condition: fc.option(aCondition(names), { freq: 3 }),
      output: anOutput(features, names),
    })
    .map((rule) => withoutSecondThoughts(features, rule))
    .map((rule) => {
      const { effect, roles, derivedRoles } = rule
      if (roles.length + derivedRoles.length === 0) return { ...rule, roles: ['*'] }
      if (effect === 'EFFECT_ALLOW') return rule
      if (roles.length > 0 && !features.mixedDenyRoles) return { ...rule, derivedRoles: [] }
      return features.severalDerivedRoles
        ? rule
        : { ...rule, derivedRoles: derivedRoles.slice(0, 1) }
    })
}

/**
 * The oracle forgets between two actions why a rule for derived roles was not in force, and speaks
 * for a role that holds although another one of the rule fails, and once for each that applies.
 */
function withoutSecondThoughts(features: Features, rule: Rule): Rule {
  const { output, roles, derivedRoles } = rule
  if (output === null || features.outputsOfSeveralRows) return rule
  if (derivedRoles.length === 0) return { ...rule, roles: roles.slice(0, 1) }
  const isOneRow = roles.length === 0 && derivedRoles.length === 1
  return { ...rule, output: isOneRow ? { ...output, notMet: null } : null }
}

/** A name that stands twice is left out the second time: the oracle refuses it. */
const withDistinctNames = (rules: readonly Rule[]): Rule[] =>
  rules.map((rule, at) =>
    rules.slice(0, at).some(({ name }) => name === rule.name) ? { ...rule, name: null } : rule,
  )

function resourcePolicies(
  features: Features,
  names: Names,
  locals: fc.Arbitrary<Locals>,
): fc.Arbitrary<ResourcePolicy[]> {
  const rules = fc.array(aRule(features, names), { maxLength: 5 }).map(withDistinctNames)
  const policy = (scope: string, version: string): fc.Arbitrary<ResourcePolicy> =>
    fc.record({
      scope: fc.constant(scope),
      version: fc.constant(version),
      locals,
      rules,
      schemas: features.schemas && scope === '' ? aSchemas : fc.constant(null),
    })
  const versions = fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.tuple(policy('', 'v2')) },
  )
  return fc
    .constantFrom(...CHAINS)
    .chain((chain) =>
      fc.tuple(fc.tuple(...chain.map((scope) => policy(scope, 'default'))), versions),
    )
    .map((groups) => groups.flat())
}

/** Stands for the kind of the unit. */
export const OWN_KIND = 'own'

const KIND_PATTERNS = ['*', 'doc*', 'mcp_*', 'doc§', 'mcp:pay§', 'x*', 'album_*', 'q§*', '**']
const kindPatterns = ({ unfoldedKindPatterns }: Features): readonly string[] =>
  unfoldedKindPatterns ? [...KIND_PATTERNS, 'mcp:*', 'album:*', 'a/*'] : KIND_PATTERNS

function principalPolicies(
  features: Features,
  names: Names,
  locals: fc.Arbitrary<Locals>,
): fc.Arbitrary<PrincipalPolicy[]> {
  const action = aRule(features, names).map((rule) => ({
    ...rule,
    actions: rule.actions.slice(0, 1),
    roles: [],
    derivedRoles: [],
  }))
  const rules = fc
    .uniqueArray(
      fc.record({
        resource: fc.constantFrom(...kindPatterns(features)),
        actions: fc
          .uniqueArray(action, { minLength: 1, maxLength: 3, selector: (one) => one.actions[0] })
          .map(withDistinctNames),
      }),
      { minLength: 1, maxLength: 2, selector: ({ resource }) => resource },
    )
    .map(([first, second]) =>
      // Names are distinct within the policy: the oracle takes rules of one name for one.
      [first, second]
        .filter((block) => block !== undefined)
        .map((block, at) =>
          at === 0
            ? block
            : { ...block, actions: block.actions.map((one) => ({ ...one, name: null })) },
        ),
    )
  return fc
    .oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.constantFrom(...PRINCIPAL_CHAINS) },
    )
    .chain((chain) =>
      fc.tuple(...chain.map((scope) => fc.record({ scope: fc.constant(scope), locals, rules }))),
    )
}

function rolePolicies(
  features: Features,
  names: Names,
  locals: fc.Arbitrary<Locals>,
): fc.Arbitrary<RolePolicy[]> {
  const rules = fc.array(
    fc.record({
      resource: fc.constantFrom(...kindPatterns(features)),
      actions: some(ACTION_PATTERNS, 3),
      condition: fc.option(aCondition(names), { freq: 2 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  // The unit's own kind comes first: `own` is rendered as such.
  const rulesWithOwn = features.otherKindsInRolePolicies
    ? rules
    : rules.map(([first, ...rest]) =>
        first === undefined ? rest : [{ ...first, resource: OWN_KIND }, ...rest],
      )
  const policy = (role: string, parents: readonly string[]): fc.Arbitrary<RolePolicy> =>
    fc.record({
      role: fc.constant(role),
      // The oracle takes no role policies into a scope of parental consent.
      scope: fc.constantFrom('', '', 'acme', features.parentalConsent ? 'acme.hr.uk' : 'acme.hr'),
      parents: fc.subarray([...parents]),
      locals,
      rules: rulesWithOwn,
    })
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant<RolePolicy[]>([]) },
    { weight: 2, arbitrary: fc.array(policy('clerk§', ['user']), { minLength: 1, maxLength: 1 }) },
    {
      weight: 2,
      arbitrary: fc.tuple(policy('clerk§', ['user']), policy('boss§', ['clerk§', 'admin'])),
    },
  )
}
