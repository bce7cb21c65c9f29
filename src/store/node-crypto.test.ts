import assert from 'node:assert/strict'
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createNonces } from './nonces.ts'
import { createRandomPool } from './random-pool.ts'
import { createHmacText, decryptBox, encryptBox } from './node-crypto.ts'

test('the fast HMAC is the platform’s for every key up to a block and every text', () => {
  const hmac = createHmacText()
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.nat(200_000).map((length) => 'é'.repeat(length)),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), texts, (key, text) => {
      assert.equal(hmac(key, text), createHmac('sha256', key).update(text).digest('base64url'))
    }),
  )
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
