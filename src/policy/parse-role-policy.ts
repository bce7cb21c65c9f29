import type { SourceFile } from './diagnostic.ts'
import { listOf, openFields, optionalText, requiredText, textsOf } from './fields.ts'
import { DEFAULT_VERSION, POLICY_NAME_PATTERN, VERSION_PATTERN } from './names.ts'
import { parseConstants, parseVariables } from './parse-definitions.ts'
import { parseScope, parseScopePermissions } from './parse-head.ts'
import { parseActions, parseCommon, parseRuleResource } from './parse-rule.ts'
import type { Dialect, RolePolicy, RuleTree } from './tree.ts'
import type { YamlNode } from './yaml-node.ts'

const ROLE_FIELDS = [
  'role',
  'version',
  'scope',
  'scopePermissions',
  'parentRoles',
  'constants',
  'variables',
  'rules',
]

export function parseRolePolicy(
  file: SourceFile,
  node: YamlNode,
  dialect: Dialect,
): RolePolicy | null {
  const fields = openFields(file, node, '`rolePolicy`', { known: ROLE_FIELDS })
  if (fields === null) return null
  const says = 'it must not contain any of `! * ? [ ] { }`'
  const role = requiredText(fields, 'role', { pattern: POLICY_NAME_PATTERN, says })
  const version = optionalText(fields, 'version', {
    pattern: VERSION_PATTERN,
    says: 'a version has letters, digits and `_`',
  })
  // Deprecated, and without effect: a role policy only narrows.
  parseScopePermissions(fields)
  return {
    kind: 'role',
    file,
    dialect,
    at: node.at,
    // A policy without a legal name stays, so that problems of its expressions are found as well.
    role: role ?? `invalid:${file.path}`,
    version: version ?? DEFAULT_VERSION,
    scope: parseScope(fields),
    parentRoles: textsOf(fields, 'parentRoles', { pattern: POLICY_NAME_PATTERN, says }).map(
      (ref) => ref.name,
    ),
    constants: parseConstants(fields),
    variables: parseVariables(fields),
    rules: listOf(fields, 'rules')
      .map((item, index) => parseRoleRule(file, item, index))
      .filter((rule) => rule !== null),
  }
}

const RULE_FIELDS = ['resource', 'allowActions', 'condition', 'name', 'output']

function parseRoleRule(file: SourceFile, node: YamlNode, index: number): RuleTree | null {
  const fields = openFields(file, node, 'a rule', { known: RULE_FIELDS })
  if (fields === null) return null
  const resource = parseRuleResource(fields)
  const actions = parseActions(fields, 'allowActions')
  const common = parseCommon(fields, index, 'allow')
  if (resource === null) return null
  return { ...common, effect: 'allow', resource, actions, roles: ['*'], derivedRoles: [] }
}
