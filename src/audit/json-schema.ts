import type { Json } from '../core/json.ts'
import { FIELDS, FLAT_NAMES, flatShape, LEAF_SHAPE, SCHEMA_VERSION } from './schema.ts'
import { closedObject, schemaOf } from './shape.ts'

/**
 * The published schema of records (`schema/audit-log-schema.json`, JSON Schema 2020-12): the leaf
 * that is hashed, the flat projection that people read, and how each field is kept.
 */
export function auditLogSchema(): Json {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://reeve.dev/schema/audit-log-schema.json',
    title: 'Reeve audit record',
    description:
      'A record as readers show it: the names of the flat projection. `$defs.leaf` is the canonical JSON (RFC 8785) that is one leaf of the Merkle tree.',
    'x-schema-version': SCHEMA_VERSION,
    $ref: '#/$defs/flat',
    $defs: {
      flat: closedObject(
        Object.fromEntries(FLAT_NAMES.map((name) => [name, flatShape(FIELDS[name])])),
      ),
      leaf: schemaOf(LEAF_SHAPE),
    },
    'x-classification': Object.fromEntries(FLAT_NAMES.map((name) => [name, classification(name)])),
  }
}

function classification(name: (typeof FLAT_NAMES)[number]): Json {
  const field = FIELDS[name]
  switch (field.class) {
    case 'public':
    case 'handle':
      return { class: field.class }
    case 'sealed':
    case 'committed':
      return { class: field.class, about: field.about }
  }
}

/** The schema as the file holds it. */
export const auditLogSchemaText = (): string => `${JSON.stringify(auditLogSchema(), null, 2)}\n`
