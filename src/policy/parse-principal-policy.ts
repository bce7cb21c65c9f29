import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import { listOf, openFields, requiredNode, requiredText } from './fields.ts'
import { DEFAULT_VERSION, defaultRuleName, POLICY_NAME_PATTERN } from './names.ts'
import { parseConstants, parseVariables } from './parse-definitions.ts'
import { parseScope, parseScopePermissions, parseVersion } from './parse-head.ts'
import { checkPattern, parseCommon, parseEffect, parseRuleResource } from './parse-rule.ts'
import { REEVE_FIELDS } from './parse-rule-extras.ts'
import type { Dialect, PrincipalPolicy, RuleTree } from './tree.ts'
import type { YamlNode } from './yaml-node.ts'

const PRINCIPAL_FIELDS = [
  'principal',
  'version',
  'scope',
  'scopePermissions',
  'constants',
  'variables',
  'rules',
]

export function parsePrincipalPolicy(
  file: SourceFile,
  node: YamlNode,
  dialect: Dialect,
): PrincipalPolicy | null {
  const fields = openFields(file, node, '`principalPolicy`', { known: PRINCIPAL_FIELDS })
  if (fields === null) return null
  const says = 'it must not contain any of `! * ? [ ] { }`'
  const principal = requiredText(fields, 'principal', { pattern: POLICY_NAME_PATTERN, says })
  const version = parseVersion(fields)
  const policy = {
    kind: 'principal',
    file,
    dialect,
    at: node.at,
    scope: parseScope(fields),
    scopePermissions: parseScopePermissions(fields),
    constants: parseConstants(fields),
    variables: parseVariables(fields),
    rules: parsePrincipalRules(fields, dialect),
  } as const
  // A policy without a legal name stays, so that problems of its expressions are found as well.
  return {
    ...policy,
    principal: principal ?? `invalid:${file.path}`,
    version: version ?? DEFAULT_VERSION,
  }
}

/** Reads the rules; a resource that stands twice, and a name that stands twice, is reported. */
function parsePrincipalRules(fields: Fields, dialect: Dialect): readonly RuleTree[] {
  const { file } = fields
  const resources = new Set<string | null>()
  const names = new Set<string>()
  return listOf(fields, 'rules').flatMap((item) => {
    const rules = parseResourceActions(file, item, dialect)
    const resource = rules[0]?.resource ?? null
    if (resource !== null && resources.has(resource)) {
      const message = `two rules are about \`${resource}\``
      const hint = 'list the actions of a resource in one rule'
      report(file, item.at, { code: 'value_duplicate', message, hint })
    }
    resources.add(resource)
    for (const rule of rules) {
      const message = `two actions of \`principalPolicy\` are named \`${rule.name}\``
      if (names.has(rule.name)) report(file, rule.at, { code: 'name_duplicate', message })
      names.add(rule.name)
    }
    return rules
  })
}

function parseResourceActions(
  file: SourceFile,
  node: YamlNode,
  dialect: Dialect,
): readonly RuleTree[] {
  const fields = openFields(file, node, 'a rule', { known: ['resource', 'actions'] })
  if (fields === null) return []
  const resource = parseRuleResource(fields)
  if (requiredNode(fields, 'actions') === null || resource === null) return []
  return listOf(fields, 'actions')
    .map((item, index) => parseAction({ file, item, dialect, index, resource }))
    .filter((rule) => rule !== null)
}

const ACTION_FIELDS = ['action', 'effect', 'condition', 'name', 'output']

function parseAction(input: {
  readonly file: SourceFile
  readonly item: YamlNode
  readonly dialect: Dialect
  readonly index: number
  readonly resource: string
}): RuleTree | null {
  const { file, item, dialect, index, resource } = input
  const reeve = dialect === 'reeve'
  const fields: Fields | null = openFields(file, item, 'an action', {
    known: reeve ? [...ACTION_FIELDS, ...REEVE_FIELDS] : ACTION_FIELDS,
  })
  if (fields === null) return null
  const action = requiredText(fields, 'action')
  const effect = parseEffect(fields)
  const common = parseCommon(fields, index, effect)
  if (action === null || effect === null) return null
  if (!checkPattern(file, fields.entries.get('action')?.value.at ?? item.at, action)) return null
  const name = fields.entries.has('name') ? common.name : `${resource}_${defaultRuleName(index)}`
  return { ...common, name, effect, resource, actions: [action], roles: ['*'], derivedRoles: [] }
}
