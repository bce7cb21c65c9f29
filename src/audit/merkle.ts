import { invariant } from '../core/bug.ts'
import type { Sha256 } from '../core/digest.ts'

/** Length of a node of the tree. */
export const HASH_BYTES: number = 32

/**
 * The roots of the perfect subtrees that cover the first `size` leaves, largest first: all that is
 * needed to append, and to know the root (the compact range of RFC 6962 §2.1 and RFC 9162 §2.1).
 */
export type Frontier = { readonly size: number; readonly roots: readonly Uint8Array[] }

/** The frontier of a log without entries. */
export const EMPTY_FRONTIER: Frontier = { size: 0, roots: [] }

/** `SHA-256(0x00 || entry)`: the prefix keeps leaves and nodes apart (RFC 6962 §2.1). */
export function leafHash(sha256: Sha256, entry: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(entry.length + 1)
  bytes.set(entry, 1)
  return sha256(bytes)
}

/** `SHA-256(0x01 || left || right)`. */
export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * HASH_BYTES)
  bytes[0] = 1
  bytes.set(left, 1)
  bytes.set(right, 1 + HASH_BYTES)
  return sha256(bytes)
}

/** The frontier after one more leaf; one hash on average. */
export function appendLeaf(sha256: Sha256, frontier: Frontier, leaf: Uint8Array): Frontier {
  const roots = [...frontier.roots]
  let node = leaf
  for (let covered = frontier.size; covered % 2 === 1; covered = Math.floor(covered / 2)) {
    const left = roots.pop()
    invariant(left !== undefined, 'a frontier has one root for every bit of its size')
    node = nodeHash(sha256, left, node)
  }
  roots.push(node)
  return { size: frontier.size + 1, roots }
}

/** The Merkle tree hash of all leaves so far (RFC 6962 §2.1); of none it is the hash of nothing. */
export function rootOf(sha256: Sha256, frontier: Frontier): Uint8Array {
  let root = frontier.roots.at(-1)
  if (root === undefined) return sha256(new Uint8Array(0))
  for (let i = frontier.roots.length - 2; i >= 0; i--) {
    root = nodeHash(sha256, frontier.roots[i] as Uint8Array, root)
  }
  return root
}

/** The roots one after another, as they are stored. */
export function encodeFrontier(frontier: Frontier): Uint8Array {
  const bytes = new Uint8Array(frontier.roots.length * HASH_BYTES)
  for (const [i, root] of frontier.roots.entries()) bytes.set(root, i * HASH_BYTES)
  return bytes
}

/** Reads stored roots; null when their number does not fit the size. */
export function decodeFrontier(size: number, bytes: Uint8Array): Frontier | null {
  let bits = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2
  if (bytes.length !== bits * HASH_BYTES) return null
  const roots = Array.from({ length: bits }, (_, i) =>
    bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  )
  return { size, roots }
}
