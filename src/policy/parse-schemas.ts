import type { Fields } from './fields.ts'
import { openFields, optionalNode, requiredText } from './fields.ts'
import { parseActions } from './parse-rule.ts'
import type { ResourcePolicy, SchemaRef } from './tree.ts'

/** Reads `schemas: {principalSchema, resourceSchema}` of a resource policy. */
export function parseSchemas(
  fields: Fields,
): Pick<ResourcePolicy, 'principalSchema' | 'resourceSchema'> {
  const node = optionalNode(fields, 'schemas')
  const known = ['principalSchema', 'resourceSchema']
  const schemas = node === null ? null : openFields(fields.file, node, '`schemas`', { known })
  if (schemas === null) return { principalSchema: null, resourceSchema: null }
  return {
    principalSchema: parseSchema(schemas, 'principalSchema'),
    resourceSchema: parseSchema(schemas, 'resourceSchema'),
  }
}

function parseSchema(fields: Fields, key: string): SchemaRef | null {
  const node = optionalNode(fields, key)
  if (node === null) return null
  const schema = openFields(fields.file, node, `\`${key}\``, { known: ['ref', 'ignoreWhen'] })
  if (schema === null) return null
  const ref = requiredText(schema, 'ref')
  const ignored = optionalNode(schema, 'ignoreWhen')
  const when =
    ignored === null
      ? null
      : openFields(fields.file, ignored, '`ignoreWhen`', { known: ['actions'] })
  const ignoredActions = when === null ? [] : parseActions(when)
  return ref === null
    ? null
    : { ref, at: schema.entries.get('ref')?.value.at ?? node.at, ignoredActions }
}
