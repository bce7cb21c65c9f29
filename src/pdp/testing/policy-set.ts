/** Random sets of policies as data: rendered to the language's text for the engine, and read as they are by the naive judge. */
import fc from 'fast-check'
import type { Principal } from '../../core/identity.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Resource } from '../../core/question.ts'

export type Outcome = boolean | 'error'

/** A condition with its meaning in plain JavaScript. */
export type Atom = {
  readonly text: string
  readonly meaning: (principal: Principal, resource: Resource) => Outcome
}

export type TestCondition =
  | { readonly kind: 'expr'; readonly atom: Atom }
  | { readonly kind: 'all' | 'any' | 'none'; readonly of: readonly TestCondition[] }

export type TestRule = {
  readonly actions: readonly string[]
  readonly effect: 'EFFECT_ALLOW' | 'EFFECT_DENY'
  readonly roles: readonly string[]
  readonly derivedRoles: readonly string[]
  readonly condition: TestCondition | null
}

export type TestDerivedRole = {
  readonly name: string
  readonly parents: readonly string[]
  readonly condition: TestCondition | null
}

export type TestPolicy = {
  readonly on: string
  readonly scope: string
  readonly rules: readonly TestRule[]
}

export type TestSet = {
  readonly derivedRoles: readonly TestDerivedRole[]
  readonly resources: readonly TestPolicy[]
  readonly principals: readonly TestPolicy[]
  readonly rolePolicies: readonly TestRolePolicy[]
  /** Scopes whose allows need the parent scope's as well. */
  readonly consent: readonly string[]
}

export type TestRolePolicy = {
  readonly role: string
  readonly scope: string
  readonly parents: readonly string[]
  readonly rules: readonly {
    /** Folded: `k*` is every kind of the generator, `k_x` is `k:x`. */
    readonly resource: 'k*' | 'k_x'
    readonly actions: readonly string[]
    readonly condition: TestCondition | null
  }[]
}

const attrOf = (object: { readonly attr: JsonObject }, name: string): Json | undefined =>
  object.attr[name]
const argOf = (resource: Resource, name: string): Json | undefined =>
  (resource.attr['args'] as { readonly [key: string]: Json } | undefined)?.[name]

const atLeast = (value: Json | undefined, bound: number): Outcome =>
  typeof value === 'number' ? value >= bound : 'error'
const either = (left: Outcome, right: Outcome): Outcome =>
  left === true || right === true ? true : left === 'error' || right === 'error' ? 'error' : false
const equals = (value: Json | undefined, other: Json): Outcome =>
  value === undefined ? 'error' : value === other

const ATOMS: readonly Atom[] = [
  { text: 'R.attr.args.n >= 5', meaning: (_, r) => atLeast(argOf(r, 'n'), 5) },
  { text: 'R.attr.args.n >= C.two', meaning: (_, r) => atLeast(argOf(r, 'n'), 2) },
  { text: 'V.large', meaning: (_, r) => atLeast(argOf(r, 'n'), 7) },
  {
    text: 'V.larger || P.attr.tier == "gold"',
    meaning: (p, r) => either(atLeast(argOf(r, 'n'), 7), equals(attrOf(p, 'tier'), 'gold')),
  },
  { text: 'P.attr.tier == "gold"', meaning: (p) => equals(attrOf(p, 'tier'), 'gold') },
  {
    text: 'R.attr.args.n >= 5 || P.attr.tier == "gold"',
    meaning: (p, r) => either(atLeast(argOf(r, 'n'), 5), equals(attrOf(p, 'tier'), 'gold')),
  },
  { text: 'has(R.attr.args.n)', meaning: (_, r) => argOf(r, 'n') !== undefined },
  { text: 'R.attr.owner == P.id', meaning: (p, r) => equals(attrOf(r, 'owner'), p.id) },
  { text: 'R.attr.args.n', meaning: (_, r) => (argOf(r, 'n') === undefined ? 'error' : false) },
  { text: 'true', meaning: () => true },
  { text: 'false', meaning: () => false },
]

const atom = fc.constantFrom(...ATOMS).map((one): TestCondition => ({ kind: 'expr', atom: one }))
const group = (part: fc.Arbitrary<TestCondition>): fc.Arbitrary<TestCondition> =>
  fc.record({
    kind: fc.constantFrom('all' as const, 'any' as const, 'none' as const),
    of: fc.array(part, { minLength: 1, maxLength: 3 }),
  })
const condition = fc.option(fc.oneof(atom, atom, group(fc.oneof(atom, group(atom)))))

const subset = (...names: readonly string[]): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 })

const ROLES = ['r1', 'r2', 'r3', '*', 'r*'] as const
const ACTIONS = ['read', 'do:x', 'do:*', '*', 're*'] as const

const rule: fc.Arbitrary<TestRule> = fc.record({
  actions: subset(...ACTIONS),
  effect: fc.constantFrom('EFFECT_ALLOW' as const, 'EFFECT_ALLOW' as const, 'EFFECT_DENY' as const),
  roles: subset(...ROLES),
  derivedRoles: fc.oneof(fc.constant([]), subset('d1', 'd2')),
  condition,
})

/** A kind or principal has policies in all scopes down to some depth, or none. */
const chain = (on: string): fc.Arbitrary<TestPolicy[]> =>
  fc
    .array(fc.array(rule, { maxLength: 4 }), { maxLength: 3 })
    .map((scopes) => scopes.map((rules, depth) => ({ on, scope: SCOPES[depth] ?? '', rules })))

const SCOPES = ['', 'a', 'a.b']

export const testSet: fc.Arbitrary<TestSet> = fc.record({
  derivedRoles: fc.tuple(derived('d1'), derived('d2')),
  resources: fc.tuple(chain('k:x'), chain('k2')).map((chains) => chains.flat()),
  principals: chain('p1'),
  rolePolicies: fc.oneof(
    fc.constant([]),
    fc.uniqueArray(rolePolicy(), {
      maxLength: 3,
      selector: ({ role, scope }) => `${role} ${scope}`,
    }),
  ),
  consent: fc.oneof(fc.constant([]), fc.subarray(['a', 'a.b'])),
})

function rolePolicy(): fc.Arbitrary<TestRolePolicy> {
  return fc.record({
    role: fc.constantFrom('r1', 'r2', 'x'),
    scope: fc.constantFrom('', 'a'),
    parents: fc.subarray(['r1', 'r2', 'r3', 'x']),
    rules: fc.array(
      fc.record({
        resource: fc.constantFrom('k*' as const, 'k_x' as const),
        actions: subset(...ACTIONS),
        condition,
      }),
      { maxLength: 3 },
    ),
  })
}

function derived(name: string): fc.Arbitrary<TestDerivedRole> {
  return fc.record({ name: fc.constant(name), parents: subset(...ROLES), condition })
}

export const testPrincipal: fc.Arbitrary<Principal> = fc.record({
  id: fc.constantFrom('p1', 'p2'),
  roles: fc.uniqueArray(fc.constantFrom('r1', 'r2', 'r3', 'x'), { minLength: 1, maxLength: 3 }),
  attr: fc.constantFrom({ tier: 'gold' }, { tier: 'tin' }, {}),
  scope: fc.constantFrom('', 'a', 'a.b'),
  policyVersion: fc.constant(''),
})

export const testArguments: fc.Arbitrary<JsonObject> = fc.constantFrom(
  { n: 1 },
  { n: 3 },
  { n: 6 },
  { n: 9 },
  { n: 'x' },
  {},
)

export const testResource: fc.Arbitrary<Resource> = fc.record({
  kind: fc.constantFrom('k:x', 'k2', 'k3'),
  id: fc.constant('one'),
  attr: fc.record({ args: testArguments, owner: fc.constantFrom('p1', 'p2') }),
  scope: fc.constantFrom('', 'a', 'a.b', 'zz', '.a'),
  policyVersion: fc.constantFrom('', 'default', 'other'),
})

export const testAction: fc.Arbitrary<string> = fc.constantFrom(
  'read',
  'do:x',
  'do:y',
  'do:y:z',
  'rest',
)

const NAMES = {
  constants: { local: { two: 2 } },
  variables: { local: { large: 'R.attr.args.n >= 7', larger: 'V.large' } },
}

/** The texts of the policy files; JSON is YAML. */
export function renderSet(set: TestSet): readonly string[] {
  const file = (body: object): string =>
    JSON.stringify({ apiVersion: 'api.cerbos.dev/v1', ...body })
  const derivedRoles = {
    name: 'roles',
    ...NAMES,
    definitions: set.derivedRoles.map((role) => ({
      name: role.name,
      parentRoles: role.parents,
      ...conditionOf(role),
    })),
  }
  return [
    file({ derivedRoles }),
    ...set.resources.map(({ on, scope, rules }) =>
      file({
        resourcePolicy: {
          resource: on,
          version: 'default',
          scope,
          scopePermissions: permissionsOf(set, scope),
          importDerivedRoles: ['roles'],
          ...NAMES,
          rules: rules.map((one) => ({ ...one, ...conditionOf(one) })),
        },
      }),
    ),
    ...set.principals.map(({ on, scope, rules }) =>
      file({
        principalPolicy: {
          principal: on,
          version: 'default',
          scope,
          ...NAMES,
          scopePermissions: permissionsOf(set, scope),
          rules: [
            {
              resource: 'k*',
              actions: rules.flatMap((one) =>
                one.actions.map((action) => ({
                  action,
                  effect: one.effect,
                  ...conditionOf(one),
                })),
              ),
            },
          ].filter((block) => block.actions.length > 0),
        },
      }),
    ),
    ...renderRolePolicies(set, file),
  ]
}

function renderRolePolicies(set: TestSet, file: (body: object) => string): readonly string[] {
  return set.rolePolicies.map(({ role, scope, parents, rules }) =>
    file({
      rolePolicy: {
        role,
        version: 'default',
        scope,
        parentRoles: parents,
        ...NAMES,
        rules: rules.map((one) => ({
          resource: one.resource,
          allowActions: one.actions,
          ...conditionOf(one),
        })),
      },
    }),
  )
}

const permissionsOf = (set: TestSet, scope: string): string =>
  set.consent.includes(scope)
    ? 'SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS'
    : 'SCOPE_PERMISSIONS_OVERRIDE_PARENT'

function conditionOf(owner: { readonly condition: TestCondition | null }): {
  readonly condition: object | undefined
} {
  return { condition: owner.condition === null ? undefined : { match: matchOf(owner.condition) } }
}

const matchOf = (tested: TestCondition): object =>
  tested.kind === 'expr'
    ? { expr: tested.atom.text }
    : { [tested.kind]: { of: tested.of.map(matchOf) } }
