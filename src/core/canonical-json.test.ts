import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Bug } from './bug.ts'
import { CANONICAL_DEPTH_MAX, canonicalJson } from './canonical-json.ts'
import type { Json } from './json.ts'

const wellFormed = fc.string({ unit: 'binary' })
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    wellFormed,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(wellFormed, tie('value'), { maxKeys: 5 }),
  ),
})).value

/** The simplest reading of RFC 8785, kept apart from the fast one. */
function naive(value: Json): string {
  if (typeof value !== 'object' || value === null) {
    return Object.is(value, -0) ? '0' : JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${(value as Json[]).map(naive).join(',')}]`
  const object = value as { readonly [key: string]: Json }
  const members = Object.keys(object)
    .sort((left, right) => (left < right ? -1 : 1))
    .map((key) => `${JSON.stringify(key)}:${naive(object[key] as Json)}`)
  return `{${members.join(',')}}`
}

test('canonical json is what the naive reading of RFC 8785 gives, and reads back as the same value', () => {
  fc.assert(
    fc.property(json, (value) => {
      const text = canonicalJson(value)
      assert.equal(text, naive(value))
      assert.equal(canonicalJson(JSON.parse(text) as Json), text)
    }),
  )
})

test('canonical json does not depend on the order in which members were written', () => {
  fc.assert(
    fc.property(fc.uniqueArray(wellFormed, { maxLength: 8 }), (keys) => {
      const object = (order: readonly string[]): Json =>
        Object.fromEntries(order.map((key) => [key, 1]))
      assert.equal(canonicalJson(object(keys)), canonicalJson(object(keys.toReversed())))
    }),
  )
})

test('canonical json gives the worked examples of RFC 8785', () => {
  const sorted = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, ö: 7 }
  assert.equal(
    canonicalJson(sorted),
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
  )
  const numbers = [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0]
  assert.equal(canonicalJson(numbers), '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]')
  assert.equal(
    canonicalJson('\u20ac$\u000f\nA\'B"\\\\"/'),
    '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"',
  )
})

test('canonical json treats prototype names as ordinary members', () => {
  const value = JSON.parse('{"constructor":2,"__proto__":1}') as Json
  assert.equal(canonicalJson(value), '{"__proto__":1,"constructor":2}')
})

test('canonical json refuses what has no canonical form', () => {
  let deep: Json = 0
  for (let i = 0; i <= CANONICAL_DEPTH_MAX; i++) deep = [deep]
  const bad = ['\ud800', { '\udc00': 1 }, Number.NaN, Number.POSITIVE_INFINITY, deep]
  const absent = [undefined, { a: undefined }, [undefined], () => 1, 1n] as unknown as Json[]
  for (const value of [...bad, ...absent]) assert.throws(() => canonicalJson(value), Bug)
})
