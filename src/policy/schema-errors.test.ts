/** The texts are those that Cerbos 0.55 answered to the same schema and values. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import type { JsonObject } from '../core/json.ts'
import { loadPolicies } from './load-policies.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
const POLICY = JSON.stringify({
  apiVersion: 'api.cerbos.dev/v1',
  resourcePolicy: {
    resource: 'doc',
    version: 'default',
    schemas: { resourceSchema: { ref: 'cerbos:///s.json' } },
    rules: [],
  },
})

const load = (schema: string): ReturnType<typeof loadPolicies> =>
  loadPolicies({ sha256 }, [{ path: 'p.json', text: POLICY }], {
    schemaEnforcement: 'warn',
    schemas: [{ path: '_schemas/s.json', text: schema }],
  })

function errorsOf(properties: JsonObject, attr: JsonObject): readonly string[] {
  const schema = { type: 'object', $defs: { d: { type: 'boolean' } }, properties }
  const loaded = load(JSON.stringify(schema))
  assert.ok(loaded.ok)
  const schemas = loaded.value.schemas.get('doc')?.get('default')
  const found = schemas?.resource?.check(attr) ?? []
  return found.map(({ path, message }) => `${path} ${message}`).sort()
}

const CASES: readonly (readonly [JsonObject, JsonObject, readonly string[]])[] = [
  [
    { s: { type: 'string', minLength: 2, pattern: '^a' }, t: { pattern: '^b' } },
    { s: 'b', t: 'b' },
    ["/s does not match pattern '^a'", '/s length must be >= 2, but got 1'],
  ],
  [{ s: { type: ['string', 'null'] } }, { s: 1 }, ['/s expected string or null, but got number']],
  [{ i: { type: 'integer', multipleOf: 2 } }, { i: 1.5 }, ['/i expected integer, but got number']],
  [{ i: { type: 'integer', multipleOf: 2 } }, { i: 3 }, ['/i 3 not multipleOf 2']],
  [{ e: { enum: ['a', 1, null] } }, { e: 'x' }, ['/e value must be one of "a", "1", <nil>']],
  [{ e: { enum: [{ a: 1 }] } }, { e: 'x' }, ['/e enum failed']],
  [{ c: { const: 'k' } }, { c: {} }, ['/c value must be "k"']],
  [{ n: { minimum: 2 } }, { n: 1 }, ['/n must be >= 2 but found 1']],
  [{ n: { exclusiveMaximum: 4 } }, { n: 4 }, ['/n must be < 4 but found 4']],
  [
    { l: { uniqueItems: true, minItems: 3 } },
    { l: ['a', 'a'] },
    ['/l items at index 0 and 1 are equal', '/l minimum 3 items required, but found 2 items'],
  ],
  [
    { o: { additionalProperties: false, maxProperties: 1 } },
    { o: { x: 1, y: 2 } },
    [
      "/o additionalProperties 'x', 'y' not allowed",
      '/o maximum 1 properties allowed, but found 2 properties',
    ],
  ],
  [{ f: { format: 'email' } }, { f: 'x' }, ["/f 'x' is not valid 'email'"]],
  [
    { a: { anyOf: [{ type: 'string' }, { type: 'number' }] } },
    { a: true },
    ['/a expected number, but got boolean', '/a expected string, but got boolean'],
  ],
  [
    { o: { oneOf: [{ type: 'number' }, { type: 'integer' }] } },
    { o: 2 },
    ['/o valid against schemas at indexes 0 and 1'],
  ],
  [{ n: { not: { type: 'string' } } }, { n: 's' }, ['/n not failed']],
  [
    { p: { propertyNames: { maxLength: 1 } } },
    { p: { abc: 1 } },
    ['/p/abc length must be <= 1, but got 3'],
  ],
  [{ r: { $ref: '#/$defs/d' } }, { r: 1 }, ['/r expected boolean, but got number']],
  [
    { d: { dependentRequired: { a: ['b'] } } },
    { d: { a: 1 } },
    ["/d property 'b' is required, if 'a' property exists"],
  ],
  [{ b: false }, { b: 1 }, ['/b not allowed']],
  [{ u: { unevaluatedProperties: false } }, { u: { zz: 1 } }, ['/u/zz not allowed']],
  [
    // oxlint-disable-next-line unicorn/no-thenable -- `then` is a keyword of JSON Schema
    { i: { if: { type: 'string' }, then: { minLength: 3 } } },
    { i: 'a' },
    ['/i length must be >= 3, but got 1'],
  ],
]

for (const [properties, attr, expected] of CASES) {
  test(`says ${expected.join(' and ')}`, () => {
    assert.deepEqual(errorsOf(properties, attr), expected)
  })
}

test('a schema that is none, or that no file holds, is an error with its place', () => {
  const says = (schema: string): string => {
    const loaded = load(schema)
    return loaded.ok ? '' : loaded.error.map(({ file, code }) => `${file} ${code}`).join()
  }
  assert.equal(says('{"type": 5}'), '_schemas/s.json schema_invalid')
  assert.equal(says('{'), '_schemas/s.json schema_invalid')
  assert.equal(says('{"pattern": "("}'), '_schemas/s.json schema_invalid')
  const missing = loadPolicies({ sha256 }, [{ path: 'p.json', text: POLICY }], {
    schemaEnforcement: 'warn',
  })
  assert.match(missing.ok ? '' : (missing.error[0]?.message ?? ''), /`cerbos:\/\/\/s\.json`/)
})

test('patterns of schemas take linear time', () => {
  const attr = { s: `${'a'.repeat(50_000)}!` }
  assert.deepEqual(errorsOf({ s: { pattern: '^(a+)+$' } }, attr), [
    "/s does not match pattern '^(a+)+$'",
  ])
})
