import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { isSalt, SALT_BYTES } from '../audit/commitment.ts'
import { fromBase64url } from '../core/base64url.ts'
import { createNonces } from './nonces.ts'
import { createRandomPool } from './random-pool.ts'
import { base64url, decryptBox, encryptBox } from './node-crypto.ts'
import { createSalts } from './salts.ts'

test('salts are fresh, canonical and of one length, over the end of a pool too', () => {
  const nextSalt = createSalts({ randomBytes, base64url })
  const salts = Array.from({ length: 1000 }, nextSalt)
  assert.equal(new Set(salts).size, salts.length)
  for (const salt of salts) {
    assert.ok(isSalt(salt))
    assert.equal(fromBase64url(salt)?.length, SALT_BYTES)
  }
})

test('a box opens only under its own key, nonce and context, and with every bit in place', () => {
  const key = createSecretKey(randomBytes(32))
  const nonce = randomBytes(12)
  const text = new TextEncoder().encode('alice')
  const box = encryptBox(key, nonce, 'record 1', text)
  assert.deepEqual(Uint8Array.from(decryptBox(key, nonce, 'record 1', box) ?? []), text)
  assert.equal(decryptBox(key, nonce, 'record 2', box), null)
  assert.equal(decryptBox(key, randomBytes(12), 'record 1', box), null)
  assert.equal(decryptBox(createSecretKey(randomBytes(32)), nonce, 'record 1', box), null)
  assert.equal(decryptBox(key, nonce, 'record 1', box.subarray(0, 15)), null)
  for (let bit = 0; bit < box.length * 8; bit++) {
    const flipped = Uint8Array.from(box)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.equal(decryptBox(key, nonce, 'record 1', flipped), null)
  }
})

test('nonces count up from a random start, over the end of a byte too', () => {
  const next = createNonces(() => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 255, 254))
  const tails = [next(), next(), next()].map((nonce) => Array.from(nonce.subarray(9)))
  assert.deepEqual(tails, [
    [1, 255, 254],
    [1, 255, 255],
    [2, 0, 0],
  ])
})

test('the random pool gives every byte once', () => {
  let counter = 0
  const random = createRandomPool((length) => Uint8Array.from({ length }, () => counter++ & 0xff))
  const first = random(16)
  assert.deepEqual(
    [...first, ...random(4)],
    Array.from({ length: 20 }, (_, i) => i),
  )
  assert.equal(random(10_000).length, 10_000)
  for (let i = 0; i < 1000; i++) assert.equal(random(32).length, 32)
})
