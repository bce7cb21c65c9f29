import { createPrivateKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { readJson } from '../core/read-json.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'

/** An EC P-256 private key as a JWK (RFC 7518 §6.2). Never logged, never recorded. */
export type PrivateJwk = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly d: string
}

/** The key that signs now; `kid` is its thumbprint. */
export type SigningKey = { readonly kid: string; readonly key: KeyObject }

/** A snapshot of our own keys, replaced whole when one of them changes. */
export type KeySet = {
  readonly signing: SigningKey
  /** Every public key that verifiers shall accept, as a JWK set (RFC 7517 §5). */
  readonly jwks: JsonObject
}

/** Keys in one file: the one that signs and those that rotate in and out. */
export const SIGNING_KEYS_MAX = 8

/** A new ES256 key from the operating system's randomness. */
export function generateSigningJwk(): PrivateJwk {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y, d } = privateKey.export({ format: 'jwk' })
  return { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '', d: d ?? '' }
}

/** Makes a key set of one or more keys; the first one signs, all are published. */
export function createKeySet(jwks: readonly [PrivateJwk, ...PrivateJwk[]]): KeySet {
  const [current] = jwks
  return {
    signing: {
      kid: thumbprintOf(current),
      key: createPrivateKey({ key: { ...current }, format: 'jwk' }),
    },
    jwks: {
      keys: jwks.map((jwk) => ({
        kty: jwk.kty,
        crv: jwk.crv,
        x: jwk.x,
        y: jwk.y,
        alg: 'ES256',
        use: 'sig',
        kid: thumbprintOf(jwk),
      })),
    },
  }
}

/** The text of a key file. It holds private keys: mode 0600, and nowhere else. */
export const serializeSigningKeys = (jwks: readonly [PrivateJwk, ...PrivateJwk[]]): string =>
  `${JSON.stringify({ keys: jwks }, null, 2)}\n`

/** Reads a key file. Fails with `malformed`, which never quotes what it read. */
export function parseSigningKeys(
  bytes: Uint8Array,
): Result<readonly [PrivateJwk, ...PrivateJwk[]], Reason> {
  const read = readJson(bytes)
  const listed = read.ok && isJsonObject(read.value) ? read.value['keys'] : undefined
  if (!Array.isArray(listed) || listed.length > SIGNING_KEYS_MAX) return malformed()
  const keys: PrivateJwk[] = []
  for (const value of listed as readonly Json[]) {
    const key = privateJwkOf(value)
    if (key === null) return malformed()
    keys.push(key)
  }
  const [first, ...rest] = keys
  return first === undefined ? malformed() : ok([first, ...rest])
}

/** RFC 7638: the digest of the required members in lexicographic order. */
export const thumbprintOf = (jwk: Pick<PrivateJwk, 'kty' | 'crv' | 'x' | 'y'>): string =>
  hash('sha256', JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }), 'base64url')

function privateJwkOf(value: Json): PrivateJwk | null {
  if (!isJsonObject(value) || value['kty'] !== 'EC' || value['crv'] !== 'P-256') return null
  const { x, y, d } = value as { readonly x?: Json; readonly y?: Json; readonly d?: Json }
  if (typeof x !== 'string' || typeof y !== 'string' || typeof d !== 'string') return null
  const jwk: PrivateJwk = { kty: 'EC', crv: 'P-256', x, y, d }
  try {
    createPrivateKey({ key: { ...jwk }, format: 'jwk' })
  } catch {
    return null
  }
  return jwk
}

const malformed = (): { readonly ok: false; readonly error: Reason } =>
  fail(reason('malformed', 'a signing key file must hold a list of EC P-256 private keys'))
