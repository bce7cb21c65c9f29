import type { JsonObject } from '../core/json.ts'
import {
  POLICY_NAME_PATTERN,
  RULE_NAME_PATTERN,
  SCOPE_PATTERN,
  SET_NAME_PATTERN,
  VERSION_PATTERN,
} from './names.ts'

/**
 * JSON Schemas (2020-12) for editors: what a policy file and the short form may look like. They say
 * less than `loadPolicies` (nothing of expressions and references), and never more.
 */
export const policyJsonSchemas = (): Readonly<Record<string, JsonObject>> => ({
  'policy.schema.json': file('A policy of Reeve', policyFile()),
  'policy-config.schema.json': file('Policies in the short form', shortForm()),
})

const file = (title: string, schema: JsonObject): JsonObject => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title,
  ...schema,
})

const TEXT: JsonObject = { type: 'string', minLength: 1 }
const FLAG: JsonObject = { type: 'boolean' }
const ANY: JsonObject = {}
const EXPRESSION: JsonObject = { type: ['string', 'boolean', 'number'] }
const matching = ({ source }: RegExp): JsonObject => ({ type: 'string', pattern: source })
const oneOf = (...values: readonly string[]): JsonObject => ({ enum: values })
const list = (items: JsonObject, minItems = 0): JsonObject => ({ type: 'array', items, minItems })
const mapOf = (values: JsonObject): JsonObject => ({ type: 'object', additionalProperties: values })
const ref = (name: string): JsonObject => ({ $ref: `#/$defs/${name}` })

/** A map with these fields and no others. */
const map = (
  properties: Readonly<Record<string, JsonObject>>,
  ...required: readonly string[]
): JsonObject => ({ type: 'object', properties, required, additionalProperties: false })

const NAMES: JsonObject = list(TEXT, 1)
const EFFECT = oneOf('EFFECT_ALLOW', 'EFFECT_DENY')
const PERMISSIONS = oneOf(
  'SCOPE_PERMISSIONS_OVERRIDE_PARENT',
  'SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS',
  'SCOPE_PERMISSIONS_UNSPECIFIED',
)
const SCOPED = {
  version: matching(VERSION_PATTERN),
  scope: { anyOf: [matching(SCOPE_PATTERN), { const: '.' }] },
  scopePermissions: PERMISSIONS,
}
const BODY = {
  constants: map({ import: list(TEXT), local: mapOf(ANY) }),
  variables: map({ import: list(TEXT), local: mapOf(EXPRESSION) }),
}
const ROLLOUT_FIELDS = {
  percent: { type: 'number', minimum: 0, maximum: 100 },
  key: oneOf('subject', 'agent'),
}
const REEVE_RULE = {
  remedy: TEXT,
  disclose: FLAG,
  approval: map(
    { by: TEXT, quorum: { type: 'integer', minimum: 1 }, ttl: ANY, bind: oneOf('arguments') },
    'by',
  ),
  obligations: list(ref('obligation')),
  advice: list(ref('obligation')),
  rollout: map(ROLLOUT_FIELDS, 'percent'),
}
const RULE = {
  name: matching(RULE_NAME_PATTERN),
  condition: ref('condition'),
  output: map({
    when: map({ ruleActivated: EXPRESSION, conditionNotMet: EXPRESSION }),
    expr: EXPRESSION,
  }),
}
const SCHEMA_REF = map({ ref: TEXT, ignoreWhen: map({ actions: NAMES }, 'actions') }, 'ref')

function policyFile(): JsonObject {
  const kinds = kindsOfPolicy()
  const envelope = {
    apiVersion: oneOf('api.cerbos.dev/v1', 'reeve.dev/v1'),
    $schema: TEXT,
    description: TEXT,
    disabled: FLAG,
    metadata: { type: 'object' },
    variables: mapOf(EXPRESSION),
  }
  return {
    ...map({ ...envelope, ...kinds }, 'apiVersion'),
    oneOf: Object.keys(kinds).map((kind) => ({ required: [kind] })),
    $defs: {
      condition: map({ match: ref('match') }, 'match'),
      match: {
        oneOf: [
          map({ expr: EXPRESSION }, 'expr'),
          ...['all', 'any', 'none'].map((one) => map({ [one]: ref('group') }, one)),
        ],
      },
      group: map({ of: list(ref('match'), 1) }, 'of'),
      obligation: { oneOf: [TEXT, map({ kind: TEXT, value: ANY }, 'kind')] },
    },
  }
}

function kindsOfPolicy(): Readonly<Record<string, JsonObject>> {
  const rule = { ...RULE, ...REEVE_RULE, actions: NAMES, effect: EFFECT }
  const resourceRule = map({ ...rule, roles: NAMES, derivedRoles: NAMES }, 'actions', 'effect')
  const action = map({ ...RULE, ...REEVE_RULE, action: TEXT, effect: EFFECT }, 'action', 'effect')
  const definition = map(
    { name: matching(SET_NAME_PATTERN), parentRoles: NAMES, condition: ref('condition') },
    'name',
    'parentRoles',
  )
  return {
    resourcePolicy: map(
      {
        ...SCOPED,
        ...BODY,
        resource: TEXT,
        importDerivedRoles: list(matching(SET_NAME_PATTERN)),
        schemas: map({ principalSchema: SCHEMA_REF, resourceSchema: SCHEMA_REF }),
        rules: list(resourceRule),
      },
      'resource',
      'version',
    ),
    principalPolicy: map(
      {
        ...SCOPED,
        ...BODY,
        principal: matching(POLICY_NAME_PATTERN),
        rules: list(map({ resource: TEXT, actions: list(action) }, 'resource', 'actions')),
      },
      'principal',
      'version',
    ),
    rolePolicy: map(
      {
        ...SCOPED,
        ...BODY,
        role: matching(POLICY_NAME_PATTERN),
        parentRoles: list(TEXT),
        rules: list(
          map({ ...RULE, resource: TEXT, allowActions: NAMES }, 'resource', 'allowActions'),
        ),
      },
      'role',
    ),
    derivedRoles: map(
      { ...BODY, name: TEXT, definitions: list(definition) },
      'name',
      'definitions',
    ),
    exportVariables: map({ name: TEXT, definitions: mapOf(EXPRESSION) }, 'name'),
    exportConstants: map({ name: TEXT, definitions: mapOf(ANY) }, 'name'),
    guardrail: map(
      {
        ...BODY,
        name: matching(SET_NAME_PATTERN),
        rules: list(
          map(
            { ...rule, effect: oneOf('EFFECT_DENY'), resource: TEXT, roles: NAMES },
            'resource',
            'actions',
          ),
        ),
      },
      'name',
    ),
  }
}

function shortForm(): JsonObject {
  const rule = map(
    {
      id: matching(RULE_NAME_PATTERN),
      role: TEXT,
      tool: TEXT,
      allowed_actions: NAMES,
      when: EXPRESSION,
      max_token_ttl_seconds: { type: 'integer', minimum: 1, maximum: 900 },
      rollout: map(
        { ...ROLLOUT_FIELDS, increment: { type: 'number', minimum: 0, maximum: 100 } },
        'percent',
      ),
    },
    'id',
    'role',
    'tool',
    'allowed_actions',
  )
  return map({ $schema: TEXT, description: TEXT, rules: list(rule) }, 'rules')
}
