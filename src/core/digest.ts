import { fromBase64url, toBase64url } from './base64url.ts'
import type { Digest } from './ids.ts'

/** SHA-256 (FIPS 180-4) of some bytes; handed in, so that rooms without `node:` can use it. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

const DIGEST_PATTERN = /^sha256:[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** Whether the text is `sha256:` and the base64url of exactly 32 bytes, in its one canonical form. */
export const isDigest = (text: string): text is Digest => DIGEST_PATTERN.test(text)

/** Gives a SHA-256 hash its name: `sha256:<base64url>`. */
export const digestOfHash = (hash: Uint8Array): Digest => `sha256:${toBase64url(hash)}` as Digest

/** Digest of UTF-8 text, such as canonical JSON. */
export const digestOfText = (sha256: Sha256, text: string): Digest =>
  digestOfHash(sha256(new TextEncoder().encode(text)))

/** The 32 bytes a digest names. */
export const hashOfDigest = (digest: Digest): Uint8Array | null =>
  isDigest(digest) ? fromBase64url(digest.slice('sha256:'.length)) : null
