import { createPublicKey, type KeyObject } from 'node:crypto'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'

export const SIGNATURE_ALGORITHMS = ['ES256', 'EdDSA', 'RS256'] as const

/** Asymmetric only: a shared secret would let every verifier sign. */
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number]

/** A public key that is good for exactly one algorithm, so that no header can make it another. */
export type TrustedKey = {
  readonly kid: string | null
  readonly algorithm: SignatureAlgorithm
  readonly key: KeyObject
}

/** A snapshot of keys: replaced whole when any of them changes, and compared by identity. */
export type TrustedKeys = readonly TrustedKey[]

/** More keys than this in one set are a mistake or an attack. */
export const KEYS_MAX = 32
/** RFC 7518 §3.3. */
const RSA_BITS_MIN = 2048
const KID_LENGTH_MAX = 256
const PRIVATE_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']

/**
 * Reads a JWK set (RFC 7517 §5) as data. Keys for encryption are left out; a symmetric or private
 * key, an unknown kind, a weak RSA key or a repeated `kid` fails the whole set with `malformed`.
 */
export function readTrustedKeys(jwks: JsonObject): Result<TrustedKeys, Reason> {
  const listed = jwks['keys']
  if (!Array.isArray(listed) || listed.length > KEYS_MAX)
    return malformed(`a key set must have a list of at most ${KEYS_MAX} keys`)
  const keys: TrustedKey[] = []
  const kids = new Set<string>()
  for (const jwk of listed as readonly Json[]) {
    if (!isJsonObject(jwk)) return malformed('a key must be an object')
    if (jwk['use'] === 'enc') continue
    const key = readKey(jwk)
    if (!key.ok) return key
    if (key.value.kid !== null && kids.has(key.value.kid)) return malformed('two keys have one kid')
    if (key.value.kid !== null) kids.add(key.value.kid)
    keys.push(key.value)
  }
  return ok(keys)
}

/** The one key that a header can mean, or null: by `kid`, or without one the only key of its algorithm. */
export function selectKey(
  keys: TrustedKeys,
  kid: Json | undefined,
  algorithm: Json | undefined,
): TrustedKey | null {
  const fitting = keys.filter((key) => key.algorithm === algorithm)
  if (kid === undefined) return fitting.length === 1 ? (fitting[0] ?? null) : null
  return fitting.find((key) => key.kid === kid) ?? null
}

function readKey(jwk: JsonObject): Result<TrustedKey, Reason> {
  const algorithm = algorithmOf(jwk)
  if (algorithm === null) return malformed('a key must be EC P-256, Ed25519 or RSA, for signatures')
  if (jwk['alg'] !== undefined && jwk['alg'] !== algorithm && !isEd25519Name(algorithm, jwk['alg']))
    return malformed('a key names an algorithm that is not its own')
  if (PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined))
    return malformed('a key set must hold public keys only')
  const kid = jwk['kid'] ?? null
  if (kid !== null && (typeof kid !== 'string' || kid === '' || kid.length > KID_LENGTH_MAX))
    return malformed('a kid must be a short text')
  let key: KeyObject
  try {
    key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  } catch {
    return malformed('a key cannot be read')
  }
  if (algorithm === 'RS256' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN)
    return malformed(`an RSA key must have at least ${RSA_BITS_MIN} bits`)
  return ok({ kid, algorithm, key })
}

function algorithmOf(jwk: JsonObject): SignatureAlgorithm | null {
  if (jwk['kty'] === 'EC' && jwk['crv'] === 'P-256') return 'ES256'
  if (jwk['kty'] === 'OKP' && jwk['crv'] === 'Ed25519') return 'EdDSA'
  if (jwk['kty'] === 'RSA') return 'RS256'
  return null
}

/** RFC 9864 gave `EdDSA` with Ed25519 a name of its own. */
const isEd25519Name = (algorithm: SignatureAlgorithm, name: Json): boolean =>
  algorithm === 'EdDSA' && name === 'Ed25519'

const malformed = (detail: string): { readonly ok: false; readonly error: Reason } =>
  fail(reason('malformed', detail))
