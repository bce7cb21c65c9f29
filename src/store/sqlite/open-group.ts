import type { DatabaseSync } from 'node:sqlite'
import type { KeyObject } from 'node:crypto'
import type { OpenGroup } from '../../audit/open-sealed-part.ts'
import { fail, ok } from '../../core/result.ts'
import { decryptBox } from '../node-crypto.ts'
import { combinedKey, createReadSealKey, type SealKey } from './seal-keys.ts'

/** Keys read for the records at hand; when there are more, all are read again. */
const CACHE_ENTRIES_MAX = 10_000

/** Opens sealed groups with the keys that are stored beside them. */
export function createOpenGroup(database: DatabaseSync, wrappingKey: KeyObject): OpenGroup {
  const readKey = createReadSealKey(database, wrappingKey)
  const cache = new Map<string, SealKey>()
  const decoder = new TextDecoder()
  return (group, context) => {
    const name = group.keys.join(' ')
    const known = cache.get(name)
    const key = known ?? keyFor(readKey, group.keys)
    if (known === undefined) {
      if (cache.size >= CACHE_ENTRIES_MAX) cache.clear()
      cache.set(name, key)
    }
    if (typeof key === 'string') return fail(key)
    const text = decryptBox(key, group.nonce, context, group.box)
    return text === null ? fail('broken') : ok(decoder.decode(text))
  }
}

function keyFor(readKey: (id: string) => SealKey, ids: readonly string[]): SealKey {
  const keys: KeyObject[] = []
  let missing: 'erased' | 'broken' | null = null
  for (const id of ids) {
    const key = readKey(id)
    if (typeof key !== 'string') keys.push(key)
    else if (missing !== 'broken') missing = key
  }
  const [first, ...rest] = keys
  return missing ?? (first === undefined ? 'broken' : combinedKey([first, ...rest]))
}
