import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign, verify, createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Sha256 } from '../core/digest.ts'
import {
  formatNoteKey,
  isSignedBy,
  parseNote,
  parseNoteKey,
  signCheckpoint,
  type VerifyEd25519,
} from './checkpoint.ts'

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest()
const pair = generateKeyPairSync('ed25519')
const publicKey = Uint8Array.from(
  Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
)
const key = { name: 'reeve.example', publicKey }
const deps = { sha256, sign: (text: string) => sign(null, Buffer.from(text), pair.privateKey) }
const verifyEd25519: VerifyEd25519 = (raw, text, signature) => {
  const x = Buffer.from(raw).toString('base64url')
  const imported = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return verify(null, Buffer.from(text), imported, signature)
}
const checkpoint = {
  origin: 'reeve.example/default/audit',
  size: 42,
  root: Uint8Array.from(sha256(new Uint8Array(1))),
}

test('a signed checkpoint reads back and its signature holds', () => {
  const note = parseNote(signCheckpoint(deps, key, checkpoint))
  assert.deepEqual(note?.checkpoint, checkpoint)
  assert.ok(note !== null && isSignedBy({ sha256, verifyEd25519 }, key, note))
})

test('no changed letter of a checkpoint goes unnoticed', () => {
  const text = signCheckpoint(deps, key, checkpoint)
  for (let i = 0; i < text.length; i++) {
    for (const letter of ['A', '\n', ' ', '9']) {
      if (text[i] === letter) continue
      const note = parseNote(text.slice(0, i) + letter + text.slice(i + 1))
      assert.ok(note === null || !isSignedBy({ sha256, verifyEd25519 }, key, note), `letter ${i}`)
    }
  }
})

test('a checkpoint signed by another key of the same name is not ours', () => {
  const other = generateKeyPairSync('ed25519')
  const forged = signCheckpoint(
    { sha256, sign: (text) => sign(null, Buffer.from(text), other.privateKey) },
    key,
    checkpoint,
  )
  const note = parseNote(forged)
  assert.ok(note !== null && !isSignedBy({ sha256, verifyEd25519 }, key, note))
})

test('arbitrary text is refused or read, and never throws', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '\n', '1', '—', ' ', '=', '+') }),
      (text) => {
        parseNote(text)
        parseNoteKey(sha256, text)
      },
    ),
  )
})

test('the public key is written as C2SP tools read it, and a wrong id is refused', () => {
  const text = formatNoteKey(sha256, key)
  assert.match(text, /^reeve\.example\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*$/)
  assert.deepEqual(parseNoteKey(sha256, `${text}\n`), key)
  assert.equal(parseNoteKey(sha256, text.replace(/\+[0-9a-f]{8}\+/, '+00000000+')), null)
})
