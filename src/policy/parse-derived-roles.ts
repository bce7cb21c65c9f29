import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import { listOf, openFields, requiredNode, requiredText } from './fields.ts'
import { SET_NAME_PATTERN } from './names.ts'
import { parseCondition } from './parse-condition.ts'
import { parseConstants, parseVariables } from './parse-definitions.ts'
import { parsePatterns } from './parse-rule.ts'
import type { DerivedRolesPolicy, DerivedRoleTree, Dialect } from './tree.ts'
import type { YamlNode } from './yaml-node.ts'

export function parseDerivedRoles(
  file: SourceFile,
  node: YamlNode,
  dialect: Dialect,
): DerivedRolesPolicy | null {
  const known = ['name', 'constants', 'variables', 'definitions']
  const fields = openFields(file, node, '`derivedRoles`', { known })
  if (fields === null) return null
  const name = requiredText(fields, 'name', { pattern: SET_NAME_PATTERN })
  requiredNode(fields, 'definitions')
  const constants = parseConstants(fields)
  const variables = parseVariables(fields)
  const definitions: DerivedRoleTree[] = []
  for (const item of listOf(fields, 'definitions')) {
    const definition = parseDefinition(file, item)
    if (definition === null) continue
    if (definitions.some((other) => other.name === definition.name)) {
      const message = `two derived roles are named \`${definition.name}\``
      report(file, definition.at, { code: 'name_duplicate', message })
    }
    definitions.push(definition)
  }
  if (name === null) return null
  return {
    kind: 'derived_roles',
    file,
    dialect,
    at: node.at,
    name,
    constants,
    variables,
    definitions,
  }
}

function parseDefinition(file: SourceFile, node: YamlNode): DerivedRoleTree | null {
  const fields = openFields(file, node, 'a derived role', {
    known: ['name', 'parentRoles', 'condition'],
  })
  if (fields === null) return null
  const name = requiredText(fields, 'name', { pattern: SET_NAME_PATTERN })
  const parents = requiredNode(fields, 'parentRoles')
  const parentRoles = parents === null ? [] : parsePatterns(fields, 'parentRoles')
  if (parents !== null && parentRoles.length === 0) {
    report(file, parents.at, { code: 'value_invalid', message: '`parentRoles` must not be empty' })
  }
  const condition = parseCondition(fields)
  return name === null ? null : { name, at: fields.at, parentRoles, condition }
}
