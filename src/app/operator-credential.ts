import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/** 256 bits, so that guessing it is hopeless at any rate. */
const CREDENTIAL_BYTES = 32

/**
 * The operator's credential: a file that only the server's user can read. Who can read it controls
 * this server, which is the trust boundary that SECURITY.md names. It is made at the first start.
 */
export function openOperatorCredential(directory: string): (presented: string) => boolean {
  const path = join(directory, 'operator-credential')
  let credential = readPrivateFile(path)?.trim() ?? ''
  if (credential === '') {
    credential = randomBytes(CREDENTIAL_BYTES).toString('base64url')
    writePrivateFile(path, `${credential}\n`)
  }
  const expected = digest(credential)
  // Digests have one length, so the comparison tells nothing about the credential's.
  return (presented) => timingSafeEqual(digest(presented), expected)
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
