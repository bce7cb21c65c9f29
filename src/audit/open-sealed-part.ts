import type { Result } from '../core/result.ts'
import {
  decodeSealedPart,
  parseGroupText,
  type Secret,
  sealedContext,
  type SealedGroup,
} from './sealed-part.ts'

/**
 * Decrypts a group under its keys. `erased`: a key was destroyed, the values are forgotten.
 * `broken`: keys, context and box do not belong together, or a key cannot be unwrapped.
 */
export type OpenGroup = (group: SealedGroup, context: string) => Result<string, 'erased' | 'broken'>

export type OpenedPart = {
  readonly secrets: ReadonlyMap<string, Secret>
  readonly opened: number
  readonly erased: number
  readonly broken: number
}

/** Opens all of a record's sealed part that can be opened; null when it is no sealed part at all. */
export function openSealedPart(
  open: OpenGroup,
  recordId: string,
  sealed: Uint8Array,
): OpenedPart | null {
  const groups = decodeSealedPart(sealed)
  if (groups === null) return null
  const secrets = new Map<string, Secret>()
  const count = { opened: 0, erased: 0, broken: 0 }
  for (const group of groups) {
    const text = open(group, sealedContext(recordId, group.keys))
    const read = text.ok ? parseGroupText(text.value) : null
    if (read === null) {
      count[text.ok ? 'broken' : text.error]++
      continue
    }
    count.opened++
    for (const secret of read) secrets.set(secret.path, secret)
  }
  return { secrets, ...count }
}
