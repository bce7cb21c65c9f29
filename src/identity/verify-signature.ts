import { compactVerify } from 'jose'
import type { UnverifiedJws } from './compact-jws.ts'
import { selectKey, type SignatureAlgorithm, type TrustedKeys } from './trusted-keys.ts'

/** Whether one of the keys signed this token, by an algorithm that is allowed and the key's own. */
export async function verifySignature(
  keys: TrustedKeys,
  algorithms: readonly SignatureAlgorithm[],
  jws: UnverifiedJws,
): Promise<boolean> {
  const key = selectKey(keys, jws.header['kid'], jws.header['alg'])
  if (key === null || !algorithms.includes(key.algorithm)) return false
  try {
    await compactVerify(jws.token, key.key, { algorithms: [key.algorithm] })
    return true
  } catch {
    return false
  }
}
