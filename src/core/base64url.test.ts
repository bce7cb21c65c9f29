import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromBase64url, toBase64url } from './base64url.ts'

test('base64url is the same as the platform’s and reads back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = toBase64url(bytes)
      assert.equal(text, Buffer.from(bytes).toString('base64url'))
      assert.deepEqual(fromBase64url(text), bytes)
    }),
  )
})

test('base64url has one spelling of the same bytes', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      const bytes = fromBase64url(text)
      assert.equal(bytes === null ? null : toBase64url(bytes), bytes === null ? null : text)
    }),
  )
  for (const text of ['A', 'AB', 'AA==', 'AA+A', 'AA/A', ' AAA', 'AAAAA']) {
    assert.equal(fromBase64url(text), null, text)
  }
})
