import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../../core/json.ts'
import { readJsonText } from '../../core/read-json.ts'
import { createCompileSchema, SCHEMA_LENGTH_MAX } from './tool-schema.ts'

const compile = createCompileSchema()

/** As the strict reader gives them: without prototypes. */
function json(value: unknown): JsonObject {
  const read = readJsonText(JSON.stringify(value))
  assert.ok(read.ok)
  return read.value as JsonObject
}

function problem(schema: object, args: unknown, open = false): string | null {
  const check = compile(json({ type: 'object', ...schema }))
  assert.ok(check.ok, check.ok ? '' : check.error.detail)
  const why = check.value(json(args), open)
  assert.ok(why === null || why.code === 'malformed')
  return why?.detail ?? null
}

test('says where and what, and never the value', () => {
  const schema = {
    properties: { to: { type: 'object', properties: { iban: { type: 'string' } } } },
  }
  assert.equal(problem(schema, { to: { iban: 'DE1' } }), null)
  assert.equal(problem(schema, { to: { iban: 77 } }), 'arguments/to/iban: must be string')
  assert.equal(
    problem({ required: ['a'], properties: { a: {} } }, {}),
    "arguments: must have required property 'a'",
  )
})

test('is closed to keys that the schema does not speak of, unless the tool is configured open', () => {
  const schema = { properties: { a: {} }, additionalProperties: true }
  assert.equal(problem(schema, { a: 1, b: 2 }), 'arguments: `b` is not an argument of this tool')
  assert.equal(problem(schema, { a: 1, b: 2 }, true), null)
  for (const key of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    const args = readJsonText(`{"${key}":1}`)
    assert.ok(args.ok)
    const check = compile(json({ type: 'object', properties: {} }))
    assert.ok(check.ok)
    assert.equal(check.value(args.value as JsonObject, false)?.code, 'malformed')
  }
})

test('keys declared through combinations, references and patterns are arguments', () => {
  const schema = {
    allOf: [{ properties: { a: {} } }],
    anyOf: [{ $ref: '#/$defs/more' }],
    if: { properties: { c: {} } },
    dependentSchemas: { a: { properties: { d: {} } } },
    patternProperties: { '^x-': {} },
    $defs: {
      more: { properties: { b: {} }, allOf: [{ $ref: '#/$defs/last' }] },
      last: { properties: { e: { $ref: '#' } } },
    },
  }
  assert.equal(problem(schema, { a: 1, b: 1, c: 1, d: 1, 'x-1': 1 }), null)
  assert.equal(problem(schema, { e: {} }), null)
  assert.notEqual(problem(schema, { e: 1 }), null)
  assert.equal(problem(schema, { f: 1 }), 'arguments: `f` is not an argument of this tool')
})

test('checks by draft 2020-12 and by draft-07, each with formats', () => {
  const tuple = { properties: { t: { prefixItems: [{ type: 'string' }] } } }
  assert.notEqual(problem(tuple, { t: [1] }), null)
  const old = 'http://json-schema.org/draft-07/schema#'
  const items = { $schema: old, properties: { t: { items: [{ type: 'string' }] } } }
  assert.notEqual(problem(items, { t: [1] }), null)
  assert.equal(problem(items, { t: ['a'] }), null)
  assert.notEqual(problem({ properties: { m: { format: 'email' } } }, { m: 'nobody' }), null)
  assert.equal(
    problem({ properties: { n: { type: 'integer', format: 'uint64' } } }, { n: 1 }),
    null,
  )
})

test('a schema that cannot be checked makes its tool unusable', () => {
  const refused = (schema: object): string => {
    const check = compile(json({ type: 'object', ...schema }))
    assert.ok(!check.ok)
    assert.equal(check.error.code, 'unsupported')
    return check.error.detail
  }
  assert.match(refused({ $schema: 'http://json-schema.org/draft-04/schema#' }), /dialect/)
  assert.match(refused({ $ref: 'https://example.com/schema.json' }), /compile/)
  assert.match(refused({ properties: { a: { type: 'strange' } } }), /compile/)
  assert.match(refused({ properties: { a: { pattern: '(?=a)(a+)+$' } } }), /compile/)
  assert.match(refused({ properties: { a: { pattern: '(' } } }), /compile/)
  assert.match(refused({ description: 'x'.repeat(SCHEMA_LENGTH_MAX) }), /too long/)
})

test('patterns run in linear time, and the email pattern of zod works', () => {
  const evil = { properties: { a: { type: 'string', pattern: '^(a+)+$' } } }
  assert.notEqual(problem(evil, { a: `${'a'.repeat(50_000)}!` }), null)
  assert.equal(problem(evil, { a: 'aaa' }), null)
  const pattern =
    "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$"
  assert.equal(problem({ properties: { m: { pattern } } }, { m: 'a.b@example.org' }), null)
  assert.notEqual(problem({ properties: { m: { pattern } } }, { m: 'a..b@example.org' }), null)
})

test('two patterns of one schema are two patterns', () => {
  const properties = { a: { pattern: '^a$' }, b: { pattern: '^b$' } }
  assert.equal(problem({ properties }, { a: 'a', b: 'b' }), null)
  assert.equal(problem({ properties }, { a: 'a', b: 'a' }), 'arguments/b: must match pattern "^b$"')
})

test('objects compare by value in `const`, `enum` and `uniqueItems`', () => {
  assert.equal(problem({ properties: { a: { enum: [{ b: 1 }] } } }, { a: { b: 1 } }), null)
  assert.notEqual(
    problem({ properties: { a: { uniqueItems: true } } }, { a: [{ b: 1 }, { b: 1 }] }),
    null,
  )
})

test('property: whatever the arguments, a closed empty schema passes only the empty object', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (args) => {
      const read = readJsonText(JSON.stringify(args))
      if (!read.ok) return
      const check = compile(json({ type: 'object', properties: {} }))
      assert.ok(check.ok)
      const empty = Object.keys(read.value as JsonObject).length === 0
      assert.equal(check.value(read.value as JsonObject, false) === null, empty)
    }),
    { numRuns: 50 },
  )
})
