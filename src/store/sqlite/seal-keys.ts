import { createSecretKey, type KeyObject } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { toBase64url } from '../../core/base64url.ts'
import type { RandomBytes } from '../../core/ids.ts'
import { NONCE_BYTES } from '../../audit/sealed-part.ts'
import { decryptBox, encryptBox, sha256 } from '../node-crypto.ts'
import { bytesOf } from './row.ts'

/** Length of AES-256 keys: those of persons and tenants, and the one that wraps them. */
export const SEAL_KEY_BYTES: number = 32

/** Handles carry 128 random bits: never a hash of whom they stand for (SECURITY 24). */
const HANDLE_BYTES = 16

/** Keys and handles kept in memory; when there are more, all are read again. */
const CACHE_ENTRIES_MAX = 10_000

/** A key by name, or why there is none. */
export type SealKey = KeyObject | 'erased' | 'broken'

const wrapContext = (id: string): string => `reeve/seal-key/1\n${id}`

/** Reads a stored key. A missing one was erased; one that does not unwrap was tampered with. */
export function createReadSealKey(
  database: DatabaseSync,
  wrappingKey: KeyObject,
): (id: string) => SealKey {
  const read = database.prepare('select wrapped from seal_key where id = ?')
  return (id) => {
    const row = read.get(id)
    if (row === undefined) return 'erased'
    const wrapped = bytesOf(row, 'wrapped')
    const nonce = wrapped.subarray(0, NONCE_BYTES)
    const key = decryptBox(wrappingKey, nonce, wrapContext(id), wrapped.subarray(NONCE_BYTES))
    return key?.length === SEAL_KEY_BYTES ? createSecretKey(key) : 'broken'
  }
}

/** Makes a new key, stored only in wrapped form. */
export function createNewSealKey(
  deps: { readonly database: DatabaseSync; readonly randomBytes: RandomBytes },
  wrappingKey: KeyObject,
): (id: string, tenant: string, kind: 'tenant' | 'person') => void {
  const insert = deps.database.prepare(
    'insert into seal_key (id, tenant, kind, wrapped) values (?, ?, ?, ?)',
  )
  return (id, tenant, kind) => {
    const nonce = deps.randomBytes(NONCE_BYTES)
    const key = deps.randomBytes(SEAL_KEY_BYTES)
    const box = encryptBox(wrappingKey, nonce, wrapContext(id), key)
    insert.run(id, tenant, kind, Buffer.concat([nonce, box]))
  }
}

/**
 * The one key for what lies under several: SHA-256 over a label and all of them in the order of
 * their names, so that no proper subset of the keys says anything about it.
 */
export function combinedKey(keys: readonly [KeyObject, ...KeyObject[]]): KeyObject {
  if (keys.length === 1) return keys[0]
  const label = Buffer.from('reeve/seal-key/joined/1\n')
  return createSecretKey(sha256(Buffer.concat([label, ...keys.map((key) => key.export())])))
}

/** Names and keys as the writer needs them: made on first sight, inside the open transaction. */
export type SealRegistry = {
  readonly handleOf: (tenant: string, person: string) => string
  readonly tenantKeyOf: (tenant: string) => string
  /** The key for values that lie under all the named keys; null when one cannot be read. */
  readonly keyFor: (ids: readonly string[]) => KeyObject | null
  /** Forgets what was cached, after a transaction that did not happen. */
  readonly forget: () => void
}

export function createSealRegistry(
  deps: { readonly database: DatabaseSync; readonly randomBytes: RandomBytes },
  wrappingKey: KeyObject,
): SealRegistry {
  const { database, randomBytes } = deps
  const readKey = createReadSealKey(database, wrappingKey)
  const newKey = createNewSealKey(deps, wrappingKey)
  const readHandle = database.prepare(
    'select handle from person_handle where tenant = ? and person = ?',
  )
  const insertHandle = database.prepare(
    'insert into person_handle (tenant, person, handle) values (?, ?, ?)',
  )
  const readTenantKey = database.prepare(
    `select id from seal_key where tenant = ? and kind = 'tenant' order by id limit 1`,
  )
  const names = new Map<string, string>()
  const keys = new Map<string, KeyObject>()

  const newHandle = (tenant: string, person: string): string => {
    const handle = `h_${toBase64url(randomBytes(HANDLE_BYTES))}`
    insertHandle.run(tenant, person, handle)
    newKey(handle, tenant, 'person')
    return handle
  }
  const newTenantKey = (tenant: string): string => {
    const id = `t_${toBase64url(randomBytes(HANDLE_BYTES))}`
    newKey(id, tenant, 'tenant')
    return id
  }
  const loadKey = (ids: readonly string[]): KeyObject | null => {
    const [first, ...rest] = ids.map(readKey)
    if (first === undefined || typeof first === 'string') return null
    const others = rest.filter((key) => typeof key !== 'string')
    return others.length === rest.length ? combinedKey([first, ...others]) : null
  }
  return {
    handleOf: (tenant, person) =>
      cached(names, `${tenant}\n${person}`, () => {
        const known = readHandle.get(tenant, person)?.['handle']
        return typeof known === 'string' ? known : newHandle(tenant, person)
      }),
    tenantKeyOf: (tenant) =>
      cached(names, tenant, () => {
        const known = readTenantKey.get(tenant)?.['id']
        return typeof known === 'string' ? known : newTenantKey(tenant)
      }),
    keyFor: (ids) => cached(keys, ids.join(' '), () => loadKey(ids)),
    forget: () => {
      names.clear()
      keys.clear()
    },
  }
}

function cached<T extends string | KeyObject | null>(
  cache: Map<string, NonNullable<T>>,
  key: string,
  load: () => T,
): T {
  const known = cache.get(key)
  if (known !== undefined) return known
  const loaded = load()
  if (loaded === null) return loaded
  if (cache.size >= CACHE_ENTRIES_MAX) cache.clear()
  cache.set(key, loaded)
  return loaded
}
