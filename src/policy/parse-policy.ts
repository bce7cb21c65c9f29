import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import {
  mapOf,
  openFields,
  optionalBoolean,
  optionalNode,
  optionalText,
  requiredNode,
  requiredText,
  textOf,
} from './fields.ts'
import { SET_NAME_PATTERN } from './names.ts'
import { parseExpressions, parseValues } from './parse-definitions.ts'
import { parseDerivedRoles } from './parse-derived-roles.ts'
import { parsePrincipalPolicy } from './parse-principal-policy.ts'
import { parseRolePolicy } from './parse-role-policy.ts'
import { parseGuardrail, parseResourcePolicy } from './parse-resource-policy.ts'
import { parseShortForm } from './parse-short-form.ts'
import { readYaml } from './read-yaml.ts'
import type { Dialect, PolicyTree } from './tree.ts'
import type { YamlMap, YamlNode } from './yaml-node.ts'

/**
 * Reads one policy file. A file without `apiVersion` whose `rules` stand at the top is the short
 * form; an empty or disabled file holds no policy. Problems are reported to the file, all of them.
 */
export function parsePolicyFile(file: SourceFile): readonly PolicyTree[] {
  const root = readYaml(file)
  if (root === null) return []
  if (root.kind !== 'map') {
    report(file, root.at, {
      code: 'value_invalid',
      message: 'a policy file must be a map',
      hint: HEAD_HINT,
    })
    return []
  }
  if (!root.entries.has('apiVersion') && root.entries.has('rules'))
    return parseShortForm(file, root)
  const dialect = parseDialect(file, root)
  return dialect === null ? [] : parseEnvelope(file, root, dialect)
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  'api.cerbos.dev/v1': 'cerbos',
  'reeve.dev/v1': 'reeve',
}

const HEAD_HINT = 'begin with `apiVersion: api.cerbos.dev/v1` or `apiVersion: reeve.dev/v1`'

function parseDialect(file: SourceFile, root: YamlMap): Dialect | null {
  const entry = root.entries.get('apiVersion')
  if (entry === undefined) {
    report(file, root.at, {
      code: 'field_missing',
      message: 'a policy needs `apiVersion`',
      hint: HEAD_HINT,
    })
    return null
  }
  const version = textOf(file, entry.value, '`apiVersion`')
  if (version === null) return null
  const dialect = Object.hasOwn(DIALECTS, version) ? DIALECTS[version] : undefined
  if (dialect !== undefined) return dialect
  const message = `\`apiVersion\` \`${version}\` is not known`
  report(file, entry.value.at, { code: 'api_version_unknown', message, hint: HEAD_HINT })
  return null
}

type KindReader = (file: SourceFile, node: YamlNode, dialect: Dialect) => PolicyTree | null

const KINDS: Readonly<Record<string, KindReader>> = {
  resourcePolicy: parseResourcePolicy,
  principalPolicy: parsePrincipalPolicy,
  rolePolicy: parseRolePolicy,
  derivedRoles: parseDerivedRoles,
  exportVariables: parseExportVariables,
  exportConstants: parseExportConstants,
}
const REEVE_KINDS: Readonly<Record<string, KindReader>> = { ...KINDS, guardrail: parseGuardrail }

const ENVELOPE_FIELDS = [
  'apiVersion',
  'disabled',
  'description',
  'metadata',
  '$schema',
  'variables',
]

function parseEnvelope(file: SourceFile, root: YamlMap, dialect: Dialect): readonly PolicyTree[] {
  const kinds = dialect === 'reeve' ? REEVE_KINDS : KINDS
  const names = Object.keys(kinds)
  const fields = openFields(file, root, 'a policy', {
    known: [...ENVELOPE_FIELDS, ...names],
  })
  if (fields === null) return []
  const disabled = checkEnvelope(fields)
  const present = names.filter((name) => root.entries.has(name))
  const [name] = present
  if (name === undefined || present.length > 1) {
    const message = `a policy needs exactly one of ${names.map((one) => `\`${one}\``).join(', ')}`
    report(file, root.at, {
      code: name === undefined ? 'field_missing' : 'field_conflict',
      message,
    })
    return []
  }
  const body = requiredNode(fields, name)
  const tree = body === null ? null : (kinds[name]?.(file, body, dialect) ?? null)
  return tree === null || disabled ? [] : [withVariables(fields, tree)]
}

/** The deprecated `variables` beside a policy are those of its `variables.local`. */
function withVariables(fields: Fields, tree: PolicyTree): PolicyTree {
  const entry = fields.entries.get('variables')
  if (entry === undefined) return tree
  const variables = parseExpressions(fields, 'variables')
  if (tree.kind === 'resource' || tree.kind === 'principal' || tree.kind === 'derived_roles') {
    const { imports, local } = tree.variables
    return { ...tree, variables: { imports, local: [...variables, ...local] } }
  }
  const message =
    '`variables` beside a policy belong to resource, principal and derived-role policies'
  report(fields.file, entry.keyAt, { code: 'field_conflict', message })
  return tree
}

const METADATA_FIELDS = [
  'sourceFile',
  'annotations',
  'hash',
  'storeIdentifier',
  'storeIdentifer',
  'sourceAttributes',
]

/** Checks what surrounds the policy itself; true when the policy is disabled. */
function checkEnvelope(fields: Fields): boolean {
  optionalText(fields, 'description')
  optionalText(fields, '$schema')
  const metadata = optionalNode(fields, 'metadata')
  if (metadata !== null) {
    const opened = openFields(fields.file, metadata, '`metadata`', { known: METADATA_FIELDS })
    for (const [name, entry] of opened === null ? [] : mapOf(opened, 'annotations')) {
      textOf(fields.file, entry.value, `annotation \`${name}\``)
    }
  }
  return optionalBoolean(fields, 'disabled') === true
}

const EXPORT_SHAPE = { known: ['name', 'definitions'] }

function parseExportVariables(
  file: SourceFile,
  node: YamlNode,
  dialect: Dialect,
): PolicyTree | null {
  const fields = openFields(file, node, '`exportVariables`', EXPORT_SHAPE)
  if (fields === null) return null
  const name = requiredText(fields, 'name', { pattern: SET_NAME_PATTERN })
  const definitions = parseExpressions(fields, 'definitions')
  return name === null
    ? null
    : { kind: 'export_variables', file, at: node.at, name, dialect, definitions }
}

function parseExportConstants(file: SourceFile, node: YamlNode): PolicyTree | null {
  const fields = openFields(file, node, '`exportConstants`', EXPORT_SHAPE)
  if (fields === null) return null
  const name = requiredText(fields, 'name', { pattern: SET_NAME_PATTERN })
  const definitions = parseValues(fields, 'definitions')
  return name === null ? null : { kind: 'export_constants', file, at: node.at, name, definitions }
}
