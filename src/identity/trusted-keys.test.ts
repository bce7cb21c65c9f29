import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { JsonObject } from '../core/json.ts'
import { aKey, trusted } from './testing/tokens.ts'
import { KEYS_MAX, readTrustedKeys, selectKey } from './trusted-keys.ts'

const es = aKey('ES256', 'one').jwk

test('gives each key the one algorithm of its kind', () => {
  const keys = trusted(aKey('ES256', 'a'), aKey('EdDSA', 'b'), aKey('RS256', 'c'))
  assert.deepEqual(
    keys.map((key) => [key.kid, key.algorithm]),
    [
      ['a', 'ES256'],
      ['b', 'EdDSA'],
      ['c', 'RS256'],
    ],
  )
})

test('selects by kid and algorithm together, and without kid only when there is no choice', () => {
  const keys = trusted(aKey('ES256', 'a'), aKey('ES256', 'b'), aKey('RS256', 'c'))
  assert.equal(selectKey(keys, 'a', 'ES256')?.kid, 'a')
  assert.equal(selectKey(keys, 'a', 'RS256'), null)
  assert.equal(selectKey(keys, 'x', 'ES256'), null)
  assert.equal(selectKey(keys, undefined, 'ES256'), null)
  assert.equal(selectKey(keys, undefined, 'RS256')?.kid, 'c')
  assert.equal(selectKey(keys, 'a', 'none'), null)
})

test('leaves keys for encryption out', () => {
  const read = readTrustedKeys({ keys: [{ ...es, use: 'enc' }] })
  assert.deepEqual(read, { ok: true, value: [] })
})

const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
const secret = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  format: 'jwk',
})
const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })

const refused: readonly (readonly [string, JsonObject])[] = [
  ['no list', {}],
  ['a symmetric key', { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }],
  ['a private key', { keys: [secret as JsonObject] }],
  ['a weak RSA key', { keys: [weak as JsonObject] }],
  ['another curve', { keys: [other as JsonObject] }],
  ['a key that names another algorithm', { keys: [{ ...es, alg: 'RS256' }] }],
  ['two keys with one kid', { keys: [es, aKey('ES256', 'one').jwk] }],
  ['a kid that is no text', { keys: [{ ...es, kid: 1 }] }],
  ['a point that is not on the curve', { keys: [{ ...es, x: es['y'] ?? null }] }],
  [
    'too many keys',
    { keys: Array.from({ length: KEYS_MAX + 1 }, (_, i) => ({ ...es, kid: `k${i}` })) },
  ],
]
for (const [what, jwks] of refused)
  test(`refuses a key set with ${what}`, () => {
    const read = readTrustedKeys(jwks)
    assert.ok(!read.ok)
    assert.equal(read.error.code, 'malformed')
  })
