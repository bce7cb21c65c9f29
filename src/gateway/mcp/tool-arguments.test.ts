import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../core/json.ts'
import {
  ARGUMENTS_BYTES_MAX,
  ARGUMENTS_DEPTH_MAX,
  ARGUMENTS_ELEMENTS_MAX,
} from '../../core/limits.ts'
import { toolArgumentsOf } from './tool-arguments.ts'

const nested = (depth: number): JsonObject => {
  let value: JsonObject = {}
  for (let i = 1; i < depth; i++) value = { a: value }
  return value
}
const of = (value: Json | undefined, bodyBytes = 100) =>
  toolArgumentsOf(value === undefined ? {} : { arguments: value }, bodyBytes)

test('absent arguments are an empty object', () => {
  const none = of(undefined)
  assert.ok(none.ok)
  assert.deepEqual(Object.keys(none.value), [])
})

test('arguments that are no object, or beyond a bound, are malformed; at the bound they pass', () => {
  for (const value of [1, 'a', [1], true]) assert.ok(!of(value).ok)
  assert.ok(of(nested(ARGUMENTS_DEPTH_MAX)).ok)
  assert.ok(!of(nested(ARGUMENTS_DEPTH_MAX + 1)).ok)
  const list = (length: number): Json => ({ a: Array.from({ length }, () => 1) })
  assert.ok(of(list(ARGUMENTS_ELEMENTS_MAX - 1)).ok)
  assert.ok(!of(list(ARGUMENTS_ELEMENTS_MAX)).ok)
  const text = (length: number): Json => ({ a: 'x'.repeat(length - '{"a":""}'.length) })
  assert.ok(of(text(ARGUMENTS_BYTES_MAX), ARGUMENTS_BYTES_MAX + 100).ok)
  const long = of(text(ARGUMENTS_BYTES_MAX + 1), ARGUMENTS_BYTES_MAX + 100)
  assert.ok(!long.ok)
  assert.equal(long.error.code, 'malformed')
})
