import { sign } from 'node:crypto'
import type { JsonObject } from '../core/json.ts'
import type { SigningKey } from './signing-keys.ts'

/** What a token is for, said in its header so that none passes for another (RFC 8725 §3.11). */
export type TokenType = 'at+jwt' | 'txntoken+jwt' | 'person+jwt'

/** Signs claims as a compact JWS with ES256 (RFC 7518 §3.4). Synchronous: about 30 µs. */
export function signJwt(key: SigningKey, type: TokenType, claims: JsonObject): string {
  const input = `${segment({ alg: 'ES256', kid: key.kid, typ: type })}.${segment(claims)}`
  const signature = sign('sha256', Buffer.from(input), {
    key: key.key,
    dsaEncoding: 'ieee-p1363',
  })
  return `${input}.${signature.toString('base64url')}`
}

const segment = (value: JsonObject): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')
