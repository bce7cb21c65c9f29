import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { digestOfText, hashOfDigest, isDigest, type Sha256 } from './digest.ts'
import type { Digest } from './ids.ts'

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest()

test('a digest names the hash of the text as UTF-8', () => {
  const digest = digestOfText(sha256, 'ä')
  assert.equal(digest, `sha256:${createHash('sha256').update('ä').digest('base64url')}`)
  assert.ok(isDigest(digest))
  assert.deepEqual(
    Buffer.from(hashOfDigest(digest) ?? []),
    createHash('sha256').update('ä').digest(),
  )
})

test('what is not the name of a SHA-256 hash is no digest', () => {
  const good = digestOfText(sha256, '')
  for (const bad of [
    '',
    'sha256:',
    good.slice(0, -1),
    `${good}A`,
    good.replace('256', '512'),
    `${good.slice(0, -1)}B`,
  ]) {
    assert.equal(isDigest(bad), false, bad)
    assert.equal(hashOfDigest(bad as Digest), null)
  }
})
