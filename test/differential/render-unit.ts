import type {
  Condition,
  Locals,
  PrincipalPolicy,
  ResourcePolicy,
  RolePolicy,
  Rule,
  Unit,
} from './a-unit.ts'
import { CONSENT_SCOPES, OWN_KIND, SCOPES } from './a-unit.ts'
import type { StoreFile } from './engine-setup.ts'
import type { Features } from './features.ts'

type Marker = () => string

/** The files of a unit as the `index`th of its store. JSON is YAML. */
export function renderUnit(features: Features, unit: Unit, index: number): readonly StoreFile[] {
  // INVARIANT(distinct): no two groups of a store have the same list of expressions, because the
  // oracle takes such rules for one (facts of the oracle, 5.1). A comment makes them differ.
  let marks = 0
  const mark: Marker = () => ` // ${index}.${marks++}`
  const common = { features, mark, unit }
  const bodies: readonly (readonly [string, object])[] = [
    ['variables', { exportVariables: { name: 'vars§', definitions: exportedVariables(unit) } }],
    [
      'constants',
      { exportConstants: { name: 'consts§', definitions: { c3: unit.exported.constant } } },
    ],
    ['roles', { ...besidesOf(unit.derivedLocals), derivedRoles: derivedRoles(common) }],
    ...unit.resources.map((policy, at) => [`resource${at}`, resource(common, policy)] as const),
    ...unit.principals.map((policy, at) => [`principal${at}`, principal(common, policy)] as const),
    ...unit.rolePolicies.map((policy, at) => [`role${at}`, role(common, policy)] as const),
  ]
  return [
    ...bodies.map(([name, body]) => file(`u${index}-${name}.yaml`, body, index)),
    ...schemaFiles(unit, index),
  ]
}

const fileText = (body: object, index: number): string =>
  JSON.stringify(body).replaceAll('§', String(index))

const file = (path: string, body: object, index: number): StoreFile => ({
  path,
  text: fileText({ apiVersion: 'api.cerbos.dev/v1', ...body }, index),
})

/** Which unit a file of the store belongs to; null for the anchors. */
export function unitOfFile(path: string): number | null {
  const found = /^u(\d+)-/.exec(path)
  return found === null ? null : Number(found[1])
}

/** Policies that make every scope exist, whichever units stand beside them. */
export function renderAnchors(features: Features): readonly StoreFile[] {
  return SCOPES.flatMap((scope, at) => {
    const head = { version: 'default', scope, ...permissions(features, scope) }
    const rules = [{ resource: 'anchor', actions: [{ action: 'never', effect: 'EFFECT_DENY' }] }]
    const resourcePolicy = { resource: 'anchor', ...head, rules: [] }
    // `solo` exists for resources only: principals of that scope have no policies.
    const isPrincipal = scope !== 'solo'
    return [
      file(`anchor-resource${at}.yaml`, { resourcePolicy }, 0),
      ...(isPrincipal
        ? [
            file(
              `anchor-principal${at}.yaml`,
              { principalPolicy: { principal: 'anchor', ...head, rules } },
              0,
            ),
          ]
        : []),
    ]
  })
}

type Common = { readonly features: Features; readonly mark: Marker; readonly unit: Unit }

const exportedVariables = (unit: Unit): object => ({
  v3: unit.exported.variables[0],
  v4: unit.exported.variables[1],
})

/** What stands beside `apiVersion`, which role policies do not take. */
const besidesOf = ({ topLevel }: Locals): object =>
  topLevel === null ? {} : { variables: { v5: topLevel } }

const localsOf = ({ variables, constants }: Locals, more: object = {}): object => ({
  variables: { import: ['vars§'], local: { v1: variables[0], v2: variables[1], ...more } },
  constants: { import: ['consts§'], local: { c1: constants[0], c2: constants[1] } },
})

function derivedRoles({ mark, unit }: Common): object {
  return {
    name: 'set§',
    ...localsOf(unit.derivedLocals),
    definitions: unit.derivedRoles.map(({ name, parents, condition }) => ({
      name,
      parentRoles: parents,
      ...conditionOf(mark, condition),
    })),
  }
}

const permissions = (features: Features, scope: string): object =>
  features.parentalConsent && CONSENT_SCOPES.includes(scope)
    ? { scopePermissions: 'SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS' }
    : {}

function resource({ features, mark, unit }: Common, policy: ResourcePolicy): object {
  const { scope, version, locals, rules, schemas } = policy
  return {
    ...besidesOf(locals),
    resourcePolicy: {
      resource: unit.kind,
      version,
      ...(scope === '' ? {} : { scope }),
      ...permissions(features, scope),
      importDerivedRoles: ['set§'],
      ...localsOf(locals),
      rules: rules.map((rule) => ({
        actions: rule.actions,
        ...bodyOf(mark, rule),
        ...(rule.roles.length === 0 ? {} : { roles: rule.roles }),
        ...(rule.derivedRoles.length === 0 ? {} : { derivedRoles: rule.derivedRoles }),
      })),
      ...(schemas === null
        ? {}
        : {
            schemas: {
              ...schemaOf('principal', schemas.principal, schemas.ignored),
              ...schemaOf('resource', schemas.resource, schemas.ignored),
            },
          }),
    },
  }
}

function schemaOf(of: string, schema: object | null, ignored: readonly string[]): object {
  if (schema === null) return {}
  const ignoreWhen = ignored.length === 0 ? {} : { ignoreWhen: { actions: ignored } }
  return { [`${of}Schema`]: { ref: `cerbos:///${of}§.json`, ...ignoreWhen } }
}

function schemaFiles(unit: Unit, index: number): readonly StoreFile[] {
  return unit.resources.flatMap(({ schemas }) =>
    (['principal', 'resource'] as const).flatMap((of) => {
      const schema = schemas?.[of] ?? null
      if (schema === null) return []
      return [
        {
          path: `_schemas/${of}${index}.json`,
          text: fileText({ type: 'object', ...schema }, index),
        },
      ]
    }),
  )
}

function principal({ features, mark }: Common, policy: PrincipalPolicy): object {
  const { scope, locals, rules } = policy
  return {
    ...besidesOf(locals),
    principalPolicy: {
      principal: 'pat§',
      version: 'default',
      ...(scope === '' ? {} : { scope }),
      ...permissions(features, scope),
      ...localsOf(locals),
      rules: rules.map(({ resource: on, actions }) => ({
        resource: on,
        actions: actions.map((rule) => ({ action: rule.actions[0], ...bodyOf(mark, rule) })),
      })),
    },
  }
}

function role({ features, mark, unit }: Common, policy: RolePolicy): object {
  const { scope, parents, locals, rules } = policy
  return {
    rolePolicy: {
      role: policy.role,
      version: 'default',
      ...(scope === '' ? {} : { scope }),
      ...permissions(features, scope),
      ...(parents.length === 0 ? {} : { parentRoles: parents }),
      ...localsOf(locals, locals.topLevel === null ? {} : { v5: locals.topLevel }),
      rules: rules.map(({ resource: on, actions, condition }) => ({
        resource: on === OWN_KIND ? unit.kind : on,
        allowActions: actions,
        ...conditionOf(mark, condition),
      })),
    },
  }
}

function bodyOf(mark: Marker, rule: Rule): object {
  const { activated = null, notMet = null } = rule.output ?? {}
  const when = {
    ...(activated === null ? {} : { ruleActivated: activated + mark() }),
    ...(notMet === null ? {} : { conditionNotMet: notMet + mark() }),
  }
  return {
    effect: rule.effect,
    ...(rule.name === null ? {} : { name: rule.name }),
    ...conditionOf(mark, rule.condition),
    ...(Object.keys(when).length === 0 ? {} : { output: { when } }),
  }
}

const conditionOf = (mark: Marker, condition: Condition | null): object =>
  condition === null ? {} : { condition: { match: matchOf(mark, condition) } }

const matchOf = (mark: Marker, condition: Condition): object =>
  condition.kind === 'expr'
    ? { expr: condition.text + mark() }
    : { [condition.kind]: { of: condition.of.map((part) => matchOf(mark, part)) } }
