import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { schemaGap } from './schema-gap.ts'

const object = (properties: object, rest: object = {}): object => ({
  type: 'object',
  properties,
  ...rest,
})
const CLOSED = { additionalProperties: false }

test('a closed schema refuses every name that it does not declare, at any depth', () => {
  const schema = object({ owner: object({ name: {} }, CLOSED) }, CLOSED)
  assert.equal(schemaGap(schema, ['owner', 'name', 'first']), null)
  assert.deepEqual(schemaGap(schema, ['onwer', 'name']), {
    step: 0,
    closed: true,
    closest: null,
    declared: ['owner'],
  })
  assert.deepEqual(schemaGap(schema, ['owner', 'nam']), {
    step: 1,
    closed: true,
    closest: 'name',
    declared: ['name'],
  })
})

test('an open schema refuses only what is close to a declared name and not too short for that', () => {
  const schema = object({ owner: {}, id: {} })
  assert.equal(schemaGap(schema, ['owners'])?.closed, false)
  assert.equal(schemaGap(schema, ['amount']), null)
  assert.equal(schemaGap(schema, ['ip']), null)
  assert.equal(schemaGap(object({ owner: {} }, { additionalProperties: {} }), ['owners']), null)
})

test('what other keywords may declare is not refused, and what is closed stays so beside them', () => {
  const indirect = [
    { $ref: '#/$defs/a' },
    { allOf: [{}] },
    { anyOf: [{}] },
    { oneOf: [{}] },
    { if: {} },
    { dependentSchemas: {} },
    { unevaluatedProperties: false },
    { patternProperties: {} },
  ]
  for (const keyword of indirect) {
    const schema = object({ owner: object({ name: {} }) }, keyword)
    assert.equal(schemaGap(schema, ['owners']), null, JSON.stringify(keyword))
  }
  const above = object({ owner: object({ name: {} }) }, { allOf: [{}] })
  assert.equal(schemaGap(above, ['owner', 'names']), null)
  assert.equal(schemaGap(object({}, { ...CLOSED, anyOf: [{}] }), ['x'])?.closed, true)
  assert.equal(schemaGap(object({}, { ...CLOSED, patternProperties: { '^x': {} } }), ['xy']), null)
})

test('names of prototypes are names like others', () => {
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty']) {
    assert.equal(schemaGap(object({}, CLOSED), [name])?.closed, true, name)
    const declared: unknown = JSON.parse(
      `{"properties": {"${name}": {}}, "additionalProperties": false}`,
    )
    assert.equal(schemaGap(declared, [name]), null, name)
  }
})

test('whatever stands in a schema file, nothing is thrown, and a declared path is never refused', () => {
  const path = fc.array(fc.string(), { maxLength: 4 })
  fc.assert(
    fc.property(fc.jsonValue(), path, (schema, steps) => {
      schemaGap(schema, steps)
      const nested = steps.reduceRight<object>(
        (inner, name) => object(Object.fromEntries([[name, inner]]), CLOSED),
        {},
      )
      assert.equal(schemaGap(nested, steps), null)
    }),
  )
})
