import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT, type JWTHeaderParameters } from 'jose'
import { epochMillis, type Clock } from '../../core/clock.ts'
import type { Grant } from '../../core/identity.ts'
import type { Audience, TenantId } from '../../core/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { readTrustedKeys, type TrustedKeys } from '../trusted-keys.ts'

/** Builders for tests of this room: tokens are signed by jose, never by our own signer. */

export const ISSUER = 'https://sts.test'
export const AUDIENCE = 'http://localhost:8080/mcp/payments' as Audience
export const TENANT = 'default' as TenantId
export const NOW_SECONDS = 1_800_000_000

/** A clock that stands still until a test moves it. */
export function aClock(): Clock & { readonly set: (seconds: number) => void } {
  let now = NOW_SECONDS * 1000
  return {
    now: () => epochMillis(now),
    set: (seconds) => {
      now = seconds * 1000
    },
  }
}

export type TestKey = { readonly privateKey: KeyObject; readonly jwk: JsonObject }

export function aKey(kind: 'ES256' | 'EdDSA' | 'RS256', kid: string | null): TestKey {
  const pair =
    kind === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : kind === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const exported = pair.publicKey.export({ format: 'jwk' }) as JsonObject
  return { privateKey: pair.privateKey, jwk: kid === null ? exported : { ...exported, kid } }
}

export function trusted(...keys: readonly TestKey[]): TrustedKeys {
  const read = readTrustedKeys({ keys: keys.map((key) => key.jwk) })
  if (!read.ok) throw new Error(read.error.detail)
  return read.value
}

/** Claims of a good instance token of a delegated root instance. */
export const goodClaims = (): Record<string, Json> => ({
  iss: ISSUER,
  sub: 'alice',
  aud: AUDIENCE,
  client_id: 'refund',
  iat: NOW_SECONDS - 10,
  exp: NOW_SECONDS + 290,
  jti: '01a00000-0000-7000-8000-000000000001',
  act: { sub: 'agent:refund', iss: ISSUER, sub_profile: 'ai_agent' },
  scope: 'mcp:payments',
  authorization_details: [{ type: 'agent_tool_call', locations: [AUDIENCE] }],
  txn: '01a00000-0000-7000-8000-000000000002',
  sponsor_id: 'dana',
  agent_instance_id: '01a00000-0000-7000-8000-000000000003',
  parent_agent_id: null,
  ttl_seconds: 300,
  purpose: 'refunds',
  del_depth: 0,
  del_max_depth: 0,
  par_hash: null,
  root_exp: NOW_SECONDS + 290,
  rev: { t: 0, s: 1, a: 2, i: 0, x: 0 },
  lin: [],
  tenant: 'default',
})

export const signed = (
  key: TestKey,
  header: JWTHeaderParameters,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> => new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey)

export const segment = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** Reads grants as far as these tests need; the real reader is another room's. */
export function parseGrantsForTest(value: Json | undefined): Result<readonly Grant[], Reason> {
  if (!Array.isArray(value) || value.length === 0 || !isJsonObject(value[0] as Json))
    return fail(reason('malformed', 'authorization_details'))
  return ok([{ type: 'agent_tool_call', locations: [AUDIENCE] }])
}
