import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../core/json.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { fromJson, toJson } from './json-value.ts'
import type { CelValue } from './value.ts'
import {
  celBytes,
  celDuration,
  celMap,
  celOptional,
  celTag,
  celTimestamp,
  celType,
  celUint,
} from './value.ts'

test('JSON comes back from the language as it went in', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (json) => {
      const written = toJson(fromJson(json as Json))
      assert.ok(written.ok)
      assert.equal(JSON.stringify(written.value), JSON.stringify(json))
    }),
  )
})

test('values that JSON does not have are written as protobuf writes them', () => {
  const cases: readonly (readonly [CelValue, Json])[] = [
    [1n, 1],
    [2n ** 53n, '9007199254740992'],
    [celUint(7n), 7],
    [celUint(2n ** 64n - 1n), '18446744073709551615'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [celBytes(Uint8Array.of(255, 0)), '/wA='],
    [celTimestamp(1_500_000_000n), '1970-01-01T00:00:01.5Z'],
    [celTimestamp(-1n), '1969-12-31T23:59:59.999999999Z'],
    [celDuration(-90_000_000_000n), '-90s'],
    [celOptional(undefined), null],
    [celOptional(3n), 3],
    [celType('int'), 'int'],
    [{ [celTag]: 'hierarchy', parts: ['a', 'b'] }, ['a', 'b']],
    [{ [celTag]: 'ip', family: 6, bits: 1n }, '::1'],
    [{ [celTag]: 'cidr', family: 4, bits: 0x0a000000n, length: 8 }, '10.0.0.0/8'],
  ]
  for (const [value, json] of cases) assert.deepEqual(toJson(value), { ok: true, value: json })
})

test('keys of maps become texts, and two that become one are refused', () => {
  const map = toJson(
    celMap([
      [1n, 'a'],
      [true, 'b'],
      ['__proto__', 'c'],
    ]),
  )
  assert.ok(map.ok)
  assert.equal(JSON.stringify(map.value), '{"1":"a","true":"b","__proto__":"c"}')
  assert.equal(
    toJson(
      celMap([
        [1n, 'a'],
        ['1', 'b'],
      ]),
    ).ok,
    false,
  )
})

test('what has no form in JSON, or is too deep, is refused with a sentence', () => {
  assert.equal(toJson({ [celTag]: 'spiffe_matcher', ids: null, trustDomain: null }).ok, false)
  let deep: CelValue = 1
  for (let at = 0; at < 50_000; at += 1) deep = [deep]
  assert.deepEqual(toJson(deep), { ok: false, error: 'value is nested too deeply' })
})

test('base64 comes back as the bytes that went in, with padding or without', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = encodeBase64(bytes)
      assert.equal(text, Buffer.from(bytes).toString('base64'))
      assert.deepEqual(decodeBase64(text), bytes)
      assert.deepEqual(decodeBase64(text.replaceAll('=', '')), bytes)
    }),
  )
  for (const text of ['a', 'ab=', 'abc==', '*', 'ab cd', 'YQ===', '='])
    assert.equal(decodeBase64(text), undefined, text)
})
