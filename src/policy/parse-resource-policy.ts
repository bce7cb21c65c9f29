import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import { listOf, openFields, optionalText, requiredText, textsOf } from './fields.ts'
import { compileGlob, isPattern } from './glob.ts'
import { DEFAULT_VERSION, POLICY_NAME_PATTERN, SET_NAME_PATTERN } from './names.ts'
import { parseConstants, parseVariables } from './parse-definitions.ts'
import { parseScope, parseScopePermissions, parseVersion } from './parse-head.ts'
import {
  parseActions,
  parseCommon,
  parseEffect,
  parsePatterns,
  parseResourceRule,
  parseRuleResource,
} from './parse-rule.ts'
import { REEVE_FIELDS } from './parse-rule-extras.ts'
import { parseSchemas } from './parse-schemas.ts'
import type { Dialect, GuardrailPolicy, ResourcePolicy, RuleTree } from './tree.ts'
import type { YamlNode } from './yaml-node.ts'

const RESOURCE_FIELDS = [
  'resource',
  'version',
  'scope',
  'scopePermissions',
  'importDerivedRoles',
  'constants',
  'variables',
  'schemas',
  'rules',
]

export function parseResourcePolicy(
  file: SourceFile,
  node: YamlNode,
  dialect: Dialect,
): ResourcePolicy | null {
  const fields = openFields(file, node, '`resourcePolicy`', { known: RESOURCE_FIELDS })
  if (fields === null) return null
  const resource = parseResourceName(fields, dialect)
  const version = parseVersion(fields)
  const policy = {
    kind: 'resource',
    shortForm: false,
    file,
    dialect,
    at: node.at,
    scope: parseScope(fields),
    scopePermissions: parseScopePermissions(fields),
    ...parseSchemas(fields),
    derivedRoleImports: textsOf(fields, 'importDerivedRoles', { pattern: SET_NAME_PATTERN }),
    constants: parseConstants(fields),
    variables: parseVariables(fields),
    rules: parseRules(fields, dialect, (item, index) =>
      parseResourceRule(file, item, dialect, index),
    ),
  } as const
  // A policy without a legal name stays, so that problems of its expressions are found as well.
  return {
    ...policy,
    resource: resource ?? `invalid:${file.path}`,
    version: version ?? DEFAULT_VERSION,
  }
}

function parseResourceName(fields: Fields, dialect: Dialect): string | null {
  const text = requiredText(fields, 'resource')
  if (text === null) return null
  const at = fields.entries.get('resource')?.value.at ?? fields.at
  if (dialect === 'reeve' && isPattern(text))
    return compileGlob(text) === null ? badName(fields, at, text) : text
  return POLICY_NAME_PATTERN.test(text) ? text : badName(fields, at, text)
}

function badName(fields: Fields, at: number, text: string): null {
  const message = `\`resource\` cannot be \`${text}\`: it must not contain any of \`! * ? [ ] { }\``
  report(fields.file, at, {
    code: 'value_invalid',
    message,
    hint: 'patterns of resources need `apiVersion: reeve.dev/v1`',
  })
  return null
}

/** Reads the rules; names that stand twice are reported, in our dialect also those given by default. */
function parseRules(
  fields: Fields,
  dialect: Dialect,
  read: (item: YamlNode, index: number) => RuleTree | null,
): readonly RuleTree[] {
  const rules: RuleTree[] = []
  const names = new Set<string>()
  for (const [index, item] of listOf(fields, 'rules').entries()) {
    const rule = read(item, index)
    if (rule === null) continue
    const isNamed = item.kind === 'map' && item.entries.has('name')
    if (!isNamed && dialect === 'cerbos') {
      rules.push(rule)
      continue
    }
    if (names.has(rule.name)) {
      const message = `two rules of ${fields.name} are named \`${rule.name}\``
      report(fields.file, rule.at, { code: 'name_duplicate', message })
    }
    names.add(rule.name)
    rules.push(rule)
  }
  return rules
}

const GUARDRAIL_RULE_FIELDS = ['name', 'resource', 'actions', 'effect', 'roles', 'condition']

/** Reads a guardrail: deny rules over patterns of resources, for every role unless `roles` says less. */
export function parseGuardrail(
  file: SourceFile,
  node: YamlNode,
  dialect: Dialect,
): GuardrailPolicy | null {
  const known = ['name', 'constants', 'variables', 'rules']
  const fields = openFields(file, node, '`guardrail`', { known })
  if (fields === null) return null
  const name = requiredText(fields, 'name', { pattern: SET_NAME_PATTERN })
  const constants = parseConstants(fields)
  const variables = parseVariables(fields)
  const rules = parseRules(fields, dialect, (item, index) => parseGuardrailRule(file, item, index))
  if (name === null) return null
  return { kind: 'guardrail', file, dialect, at: node.at, name, constants, variables, rules }
}

function parseGuardrailRule(file: SourceFile, node: YamlNode, index: number): RuleTree | null {
  const shape = { known: [...GUARDRAIL_RULE_FIELDS, ...REEVE_FIELDS] }
  const fields = openFields(file, node, 'a rule', shape)
  if (fields === null) return null
  const resource = parseRuleResource(fields)
  const effect = optionalText(fields, 'effect') === null ? 'deny' : parseEffect(fields)
  if (effect === 'allow') {
    const message = 'a guardrail only denies'
    report(file, node.at, {
      code: 'value_invalid',
      message,
      hint: 'allow it in a `resourcePolicy`',
    })
    return null
  }
  const actions = parseActions(fields)
  const roles = fields.entries.has('roles') ? parsePatterns(fields, 'roles') : ['*']
  const common = parseCommon(fields, index, 'deny')
  if (resource === null) return null
  return { ...common, effect: 'deny', resource, actions, roles, derivedRoles: [] }
}
