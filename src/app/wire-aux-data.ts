import type { Clock } from '../core/clock.ts'
import { fail, ok, type Result } from '../core/result.ts'
import {
  createVerifyAuxData,
  type VerifyAuxData,
  type VerifyWithKeys,
} from '../gateway/cerbos/verify-aux-data.ts'
import { readCompactJws } from '../identity/compact-jws.ts'
import { readTrustedKeys } from '../identity/trusted-keys.ts'
import { verifySignature } from '../identity/verify-signature.ts'
import type { DecisionApiConfig } from './config/config.ts'

/** Builds the verification of tokens beside checks. Fails with a sentence on keys that cannot be used. */
export function wireAuxData(
  deps: { readonly clock: Clock },
  { keySets, skewSeconds }: DecisionApiConfig,
): Result<VerifyAuxData, string> {
  const verifiers = new Map<string, VerifyWithKeys>()
  for (const { id, jwks } of keySets) {
    const keys = readTrustedKeys(jwks)
    if (!keys.ok) return fail(`the key set \`${id}\` cannot be used: ${keys.error.detail}`)
    const algorithms = keys.value.map(({ algorithm }) => algorithm)
    verifiers.set(id, async (token) => {
      const jws = readCompactJws(token)
      if (!jws.ok) return null
      const signed = await verifySignature(keys.value, algorithms, jws.value)
      return signed ? jws.value.claims : null
    })
  }
  return ok(createVerifyAuxData({ ...deps, keySets: verifiers, skewSeconds }))
}
