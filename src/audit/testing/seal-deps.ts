import { createCipheriv, createDecipheriv, createHash, hash, randomBytes } from 'node:crypto'
import { toBase64url } from '../../core/base64url.ts'
import type { Sha256 } from '../../core/digest.ts'
import { fail, ok } from '../../core/result.ts'
import { type HashText, SALT_BYTES } from '../commitment.ts'
import type { OpenGroup } from '../open-sealed-part.ts'
import type { SealDeps } from '../seal-record.ts'

export const testSha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest()

export const testHashText: HashText = (text) => hash('sha256', text, 'base64url')

/** Keys and handles in memory; `erase` destroys one as an erasure would. */
export type TestSeals = {
  readonly deps: SealDeps
  readonly open: OpenGroup
  readonly handles: ReadonlyMap<string, string>
  readonly erase: (key: string) => void
}

export function createTestSeals(): TestSeals {
  const handles = new Map<string, string>()
  const keys = new Map<string, Buffer>([['t_tenant', randomBytes(32)]])
  const joined = (names: readonly string[]): Buffer | null => {
    const parts = names.map((name) => keys.get(name))
    if (parts.includes(undefined)) return null
    return createHash('sha256')
      .update(Buffer.concat(parts as Buffer[]))
      .digest()
  }
  const erase = (key: string): void => {
    keys.delete(key)
    for (const [person, handle] of handles) if (handle === key) handles.delete(person)
  }
  const deps: SealDeps = {
    sha256: testSha256,
    hashText: testHashText,
    nextSalt: () => randomBytes(SALT_BYTES).toString('base64url'),
    base64url: toBase64url,
    tenantKeyOf: () => 't_tenant',
    handleOf: (tenant, person) => {
      const known = handles.get(`${tenant} ${person}`)
      if (known !== undefined) return known
      const made = `h_${randomBytes(16).toString('base64url')}`
      handles.set(`${tenant} ${person}`, made)
      keys.set(made, randomBytes(32))
      return made
    },
    encrypt: (names, context, text) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', joined(names) ?? Buffer.alloc(0), nonce)
      cipher.setAAD(Buffer.from(context))
      const box = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return { nonce, box }
    },
  }
  const open: OpenGroup = (group, context) => {
    const key = joined(group.keys)
    if (key === null) return fail('erased')
    const decipher = createDecipheriv('aes-256-gcm', key, group.nonce)
    decipher.setAAD(Buffer.from(context))
    decipher.setAuthTag(group.box.subarray(-16))
    try {
      const text = Buffer.concat([decipher.update(group.box.subarray(0, -16)), decipher.final()])
      return ok(text.toString('utf8'))
    } catch {
      return fail('broken')
    }
  }
  return { deps, open, handles, erase }
}
