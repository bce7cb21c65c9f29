import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { locateJson, type JsonPath } from './locate-json.ts'

test('counts lines and characters from one', () => {
  const text = '{"a": "\\"}]",\n "ü": [10, {"x": {}}, [], 30]}'
  assert.deepEqual(locateJson(text, [], 'value'), { line: 1, column: 1 })
  assert.deepEqual(locateJson(text, ['a'], 'value'), { line: 1, column: 7 })
  assert.deepEqual(locateJson(text, ['ü'], 'key'), { line: 2, column: 2 })
  assert.deepEqual(locateJson(text, ['ü', 1, 'x'], 'value'), { line: 2, column: 18 })
  assert.deepEqual(locateJson(text, ['ü', 3], 'value'), { line: 2, column: 27 })
})

test('finds every value of any text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      for (const [path, inner] of valuesOf(value, [])) {
        const { line, column } = locateJson(text, path, 'value')
        const before = text.split('\n').slice(0, line - 1)
        const offset = before.join('\n').length + (line > 1 ? 1 : 0)
        const rest = Array.from(text.slice(offset))
          .slice(column - 1)
          .join('')
        const plain = JSON.stringify(inner, null, indent).split('\n')[0] ?? ''
        assert.ok(rest.startsWith(plain), `${JSON.stringify(path)} in ${text}`)
      }
    }),
    { numRuns: 300 },
  )
})

function* valuesOf(value: unknown, path: JsonPath): Iterable<readonly [JsonPath, unknown]> {
  yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value))
    yield* valuesOf(inner, [...path, Array.isArray(value) ? Number(key) : key])
}
