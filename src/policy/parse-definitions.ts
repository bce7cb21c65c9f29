import type { Json } from '../core/json.ts'
import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import { mapOf, openFields, optionalNode, textsOf } from './fields.ts'
import { IDENTIFIER_PATTERN, RESERVED_IDENTIFIERS, SET_NAME_PATTERN } from './names.ts'
import { parseExpressionNode } from './parse-condition.ts'
import type { Definition, Expression, Imported } from './tree.ts'
import type { YamlNode } from './yaml-node.ts'

/** Reads `variables: {import, local}` of a policy. */
export function parseVariables(fields: Fields): Imported<Expression> {
  const opened = openBlock(fields, 'variables')
  if (opened === null) return { imports: [], local: [] }
  return { imports: importsOf(opened), local: parseExpressions(opened, 'local') }
}

/** Reads `constants: {import, local}` of a policy. */
export function parseConstants(fields: Fields): Imported<Json> {
  const opened = openBlock(fields, 'constants')
  if (opened === null) return { imports: [], local: [] }
  return { imports: importsOf(opened), local: parseValues(opened, 'local') }
}

function openBlock(fields: Fields, key: string): Fields | null {
  const node = optionalNode(fields, key)
  if (node === null) return null
  return openFields(fields.file, node, `\`${key}\` of ${fields.name}`, {
    known: ['import', 'local'],
  })
}

const importsOf = (fields: Fields): Imported<never>['imports'] =>
  textsOf(fields, 'import', { pattern: SET_NAME_PATTERN })

export function parseExpressions(fields: Fields, key: string): readonly Definition<Expression>[] {
  const definitions: Definition<Expression>[] = []
  for (const [name, entry] of mapOf(fields, key)) {
    const value = parseExpressionNode(fields.file, entry.value, `variable \`${name}\``)
    if (checkName(fields, name, entry.keyAt) && value !== null) {
      definitions.push({ name, at: entry.keyAt, value })
    }
  }
  return definitions
}

export function parseValues(fields: Fields, key: string): readonly Definition<Json>[] {
  const definitions: Definition<Json>[] = []
  for (const [name, entry] of mapOf(fields, key)) {
    if (!checkName(fields, name, entry.keyAt)) continue
    definitions.push({ name, at: entry.keyAt, value: jsonOf(entry.value) })
  }
  return definitions
}

function checkName(fields: Fields, name: string, at: number): boolean {
  if (IDENTIFIER_PATTERN.test(name) && !RESERVED_IDENTIFIERS.has(name)) return true
  const message = `\`${name}\` cannot be read in an expression: a name is letters, digits and \`_\``
  report(fields.file, at, { code: 'value_invalid', message })
  return false
}

/** A YAML value as JSON, on objects without a prototype. */
export function jsonOf(node: YamlNode): Json {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(jsonOf)
    case 'map': {
      const object = Object.create(null) as Record<string, Json>
      for (const [key, entry] of node.entries) object[key] = jsonOf(entry.value)
      return object
    }
  }
}
