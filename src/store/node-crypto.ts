import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  hash,
  sign,
  verify,
} from 'node:crypto'
import type { HashText } from '../audit/commitment.ts'
import { NONCE_BYTES, TAG_BYTES } from '../audit/sealed-part.ts'
import type { Sha256 } from '../core/digest.ts'

export const base64url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')

export const sha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer')

export const hashText: HashText = (text) => hash('sha256', text, 'base64url')

/** AES-256-GCM; the result is ciphertext and tag. Context is ASCII, text is UTF-8. */
export function encryptBox(
  key: KeyObject,
  nonce: Uint8Array,
  context: string,
  text: Uint8Array | string,
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(context, 'latin1'))
  const ciphertext = typeof text === 'string' ? cipher.update(text, 'utf8') : cipher.update(text)
  cipher.final()
  return Buffer.concat([ciphertext, cipher.getAuthTag()])
}

/** Opens a box; null when key, nonce, context or a single bit of it is not the right one. */
export function decryptBox(
  key: KeyObject,
  nonce: Uint8Array,
  context: string,
  box: Uint8Array,
): Uint8Array | null {
  if (box.length < TAG_BYTES || nonce.length !== NONCE_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(context, 'latin1'))
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES))
  try {
    const text = decipher.update(box.subarray(0, box.length - TAG_BYTES))
    decipher.final()
    return text
  } catch {
    return null
  }
}

/** Signs UTF-8 text with an Ed25519 private key given as a JWK (RFC 8037). */
export function createSigner(jwk: Readonly<Record<string, string>>): (text: string) => Uint8Array {
  const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
  return (text) => sign(null, Buffer.from(text), key)
}

/** Checks an Ed25519 signature over UTF-8 text with a raw public key of 32 bytes. */
export function verifyEd25519(publicKey: Uint8Array, text: string, signature: Uint8Array): boolean {
  const x = Buffer.from(publicKey).toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return verify(null, Buffer.from(text), key, signature)
}
