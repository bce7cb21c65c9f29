import type { Json, JsonObject } from '../core/json.ts'
import type { Flat } from './flat.ts'
import { type OpenGroup, openSealedPart } from './open-sealed-part.ts'
import { parseLeaf } from './parse-leaf.ts'
import { FIELDS, FLAT_NAMES } from './schema.ts'
import type { Secret } from './sealed-part.ts'

/**
 * Shows a record with its names. What was erased shows as `{"erased": <commitment>}`; null when the
 * leaf is not one of ours or its sealed part cannot be taken apart. Reading is not verifying.
 */
export function readRecord(
  open: OpenGroup,
  row: { readonly id: string; readonly leaf: string; readonly sealed: Uint8Array },
): Flat | null {
  const leaf = parseLeaf(row.leaf)
  const part = openSealedPart(open, row.id, row.sealed)
  if (leaf === null || part === null) return null
  const shown: { [name: string]: Json } = {}
  for (const name of FLAT_NAMES) {
    const kept = leaf[name] ?? null
    switch (FIELDS[name].class) {
      case 'public':
      case 'committed':
        shown[name] = kept
        break
      case 'handle':
        shown[name] = valueOf(part.secrets.get(name), (kept as JsonObject | null)?.['name'] ?? null)
        break
      case 'sealed':
        shown[name] = valueOf(part.secrets.get(name), kept)
        break
    }
  }
  return shown as unknown as Flat
}

const valueOf = (secret: Secret | undefined, commitment: Json): Json => {
  if (commitment === null) return null
  return secret?.value === undefined ? { erased: commitment } : secret.value
}
