import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../core/json.ts'
import { paramHeaderFault } from './param-headers.ts'

const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    count: { type: 'integer', 'x-mcp-header': 'Count' },
    nested: { type: 'object', properties: { dry: { type: 'boolean', 'x-mcp-header': 'Dry' } } },
    list: { type: 'array', items: { type: 'string', 'x-mcp-header': 'Item' } },
  },
}

const agrees = (headers: Record<string, string>, args: JsonObject): boolean =>
  paramHeaderFault(headers, SCHEMA, args) === null

test('a header that repeats its argument passes', () => {
  assert.ok(agrees({}, { region: 'eu' }))
  assert.ok(agrees({ 'mcp-param-region': 'eu' }, { region: 'eu' }))
  assert.ok(agrees({ 'mcp-param-region': '=?base64?w7w=?=' }, { region: 'ü' }))
  assert.ok(agrees({ 'mcp-param-count': '42.0' }, { count: 42 }))
  assert.ok(agrees({ 'mcp-param-dry': 'true' }, { nested: { dry: true } }))
})

test('a header that says something else, or repeats nothing, is a mismatch', () => {
  assert.ok(!agrees({ 'mcp-param-region': 'us' }, { region: 'eu' }))
  assert.ok(!agrees({ 'mcp-param-region': 'eu' }, {}))
  assert.ok(!agrees({ 'mcp-param-region': 'null' }, { region: null }))
  assert.ok(!agrees({ 'mcp-param-region': '=?base64?*?=' }, { region: 'eu' }))
  assert.ok(!agrees({ 'mcp-param-count': '42' }, { count: '42 ' }))
  assert.ok(!agrees({ 'mcp-param-count': '' }, { count: 0 }))
  assert.ok(!agrees({ 'mcp-param-dry': '1' }, { nested: { dry: true } }))
  assert.ok(!agrees({ 'mcp-param-item': 'a' }, { list: ['a'] }))
  assert.ok(!agrees({ 'mcp-param-constructor': 'a' }, {}))
  assert.equal(paramHeaderFault({ 'mcp-param-region': 'us' }, SCHEMA, {})?.rpcCode, -32020)
})
