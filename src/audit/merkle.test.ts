import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Sha256 } from '../core/digest.ts'
import {
  appendLeaf,
  decodeFrontier,
  EMPTY_FRONTIER,
  encodeFrontier,
  leafHash,
  nodeHash,
  rootOf,
} from './merkle.ts'

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest()

/** The definition of RFC 6962 §2.1, word for word. */
function merkleTreeHash(leaves: readonly Uint8Array[]): Uint8Array {
  const [first, ...rest] = leaves
  if (first === undefined) return sha256(new Uint8Array(0))
  if (rest.length === 0) return first
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return nodeHash(sha256, merkleTreeHash(leaves.slice(0, k)), merkleTreeHash(leaves.slice(k)))
}

test('the frontier gives the root of RFC 6962 for every size up to 300, and survives storage', () => {
  const leaves: Uint8Array[] = []
  let frontier = EMPTY_FRONTIER
  for (let size = 0; size <= 300; size++) {
    assert.deepEqual(Buffer.from(rootOf(sha256, frontier)), Buffer.from(merkleTreeHash(leaves)))
    assert.deepEqual(decodeFrontier(size, encodeFrontier(frontier)), {
      size,
      roots: frontier.roots.map((root) => Uint8Array.from(root)),
    })
    const leaf = leafHash(sha256, new TextEncoder().encode(`entry ${size}`))
    leaves.push(leaf)
    frontier = appendLeaf(sha256, frontier, leaf)
  }
})

test('leaf and node hashes are those of the RFC 6962 test vectors', () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  assert.equal(
    hex(rootOf(sha256, EMPTY_FRONTIER)),
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
  assert.equal(
    hex(leafHash(sha256, new Uint8Array(0))),
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  )
})

test('a stored frontier of another length is refused', () => {
  assert.equal(decodeFrontier(3, new Uint8Array(32)), null)
  assert.equal(decodeFrontier(0, new Uint8Array(1)), null)
  assert.notEqual(decodeFrontier(4, new Uint8Array(32)), null)
})
