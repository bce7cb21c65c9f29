import { join } from 'node:path'
import { isJsonObject } from '../core/json.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { readTrustedKeys, type TrustedKeys } from '../identity/trusted-keys.ts'
import {
  createKeySet,
  generateSigningJwk,
  parseSigningKeys,
  serializeSigningKeys,
  type KeySet,
} from '../sts/signing-keys.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/** The keys that tokens are signed with, and the same keys as a verifier trusts them. */
export type TokenKeys = { readonly set: KeySet; readonly trusted: TrustedKeys }

/**
 * Opens the token keys of a state directory, making one at the first start. They are kept apart
 * from the keys of the ledger (SECURITY 28). Fails with a sentence when the file is not ours.
 */
export function openTokenKeys(directory: string): Result<TokenKeys, string> {
  const path = join(directory, 'keys', 'tokens.jwks.json')
  let text = readPrivateFile(path)
  if (text === null) {
    text = serializeSigningKeys([generateSigningJwk()])
    writePrivateFile(path, text)
  }
  const keys = parseSigningKeys(new TextEncoder().encode(text))
  if (!keys.ok) return fail(`${path} is not a file of token keys`)
  const set = createKeySet(keys.value)
  const trusted = isJsonObject(set.jwks) ? readTrustedKeys(set.jwks) : null
  if (trusted === null || !trusted.ok) return fail(`${path} holds a key that cannot be used`)
  return ok({ set, trusted: trusted.value })
}
