import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readJson, readJsonText } from './read-json.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('reads what JSON.parse reads, for every value that JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      const read = readJson(bytes(text))
      if (!text.isWellFormed()) return
      assert.ok(read.ok, text)
      assert.equal(JSON.stringify(read.value), JSON.stringify(JSON.parse(text)))
    }),
  )
})

test('never throws and never accepts what JSON.parse refuses', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'{}[]":,\\u0019eE+-. tfn\ud800ab\n'.split('')) }),
      (text) => {
        const read = readJsonText(text)
        if (read.ok) assert.deepEqual(plain(read.value), plain(JSON.parse(text)))
      },
    ),
    { numRuns: 2000 },
  )
})

test('refuses duplicate keys at any depth, also when one of them is escaped', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"b":[{"a":1,"\\u0061":2}]}',
    '{"__proto__":1,"__proto__":2}',
  ]) {
    const read = readJson(bytes(text))
    assert.ok(!read.ok && read.error.code === 'malformed', text)
  }
})

test('keeps prototype names as ordinary keys', () => {
  const read = readJsonText('{"__proto__":{"admin":true},"constructor":1}')
  assert.ok(read.ok)
  const value = read.value as Record<string, unknown>
  assert.equal(Object.getPrototypeOf(value), null)
  assert.equal(value['admin'], undefined)
  assert.deepEqual(Object.keys(value), ['__proto__', 'constructor'])
})

test('every object has exactly the members of the text in their order, and no prototype, whatever they are called', () => {
  const keys = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'toString', '0', '01'),
  )
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(keys, fc.integer()), { selector: ([key]) => key }),
      (members) => {
        const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>
        for (const [key, value] of members) object[key] = value
        const text = members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()
        const read = readJsonText(`[{${text}}]`)
        assert.ok(read.ok, text)
        assert.deepEqual(read.value, [object])
        assert.deepEqual(Object.keys((read.value as object[])[0] ?? {}), Object.keys(object))
      },
    ),
  )
})

test('refuses keys that fold together only where the caller asks for it', () => {
  const text = '{"amount":1,"Amount":9000}'
  assert.ok(readJsonText(text).ok)
  for (const twin of [text, '{"ﬁ":1,"fi":2}', '{"K":1,"k":2}'])
    assert.ok(!readJsonText(twin, { foldedKeys: 'refuse' }).ok, twin)
})

test('refuses numbers that a double would change, and accepts every double as written by JavaScript', () => {
  for (const text of [
    '12345678901234567890',
    '9007199254740993',
    '1e400',
    '-1e400',
    '0.1234567890123456789',
    '1e-400',
  ])
    assert.ok(!readJsonText(text).ok, text)
  for (const text of [
    '1.0',
    '1.50',
    '1e2',
    '0.1',
    '-0',
    '0e5',
    '9007199254740992',
    '5e-324',
    '100000000000000000000',
  ])
    assert.ok(readJsonText(text).ok, text)
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (n) => readJsonText(String(n)).ok,
    ),
  )
})

test('refuses invalid UTF-8, lone surrogates, control characters, trailing text and deep nesting', () => {
  assert.ok(!readJson(Uint8Array.of(0x22, 0xff, 0x22)).ok)
  for (const text of [
    '"\\ud800"',
    '"\\udc00x"',
    '"a\u0001"',
    '1 2',
    '{"a":1}x',
    '',
    ' ',
    '"',
    '"\\',
    '{"a"',
    '[1,]',
    '\ufeff1',
  ])
    assert.ok(!readJsonText(text).ok, JSON.stringify(text))
  assert.ok(readJsonText('['.repeat(64) + ']'.repeat(64)).ok)
  assert.ok(!readJsonText('['.repeat(65) + ']'.repeat(65)).ok)
  assert.ok(!readJsonText('['.repeat(200_000)).ok)
})

test('names the position and never the content', () => {
  const read = readJsonText('{"password":"hunter2",}')
  assert.ok(!read.ok)
  assert.match(read.error.detail, /at character \d+$/)
  assert.ok(!read.error.detail.includes('hunter2'))
})
