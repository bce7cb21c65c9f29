import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/** As long as the digest that it keys. */
const KEY_BYTES = 32

const keyFile = (directory: string): string => join(directory, 'keys', 'rollout.key')

/**
 * The secret under which rollouts choose whom they are for (SECURITY 9), so that nobody can pick an
 * id that falls inside. Made at the first start; a new one would choose anew.
 */
export function openRolloutKey(directory: string): Uint8Array {
  const kept = readRolloutKey(directory)
  if (kept !== null) return kept
  const made = randomBytes(KEY_BYTES)
  writePrivateFile(keyFile(directory), `${made.toString('base64url')}\n`)
  return made
}

/** The same for commands that only read: null where no server has made one. */
export function readRolloutKey(directory: string): Uint8Array | null {
  const kept = Buffer.from(readPrivateFile(keyFile(directory)) ?? '', 'base64url')
  return kept.length === KEY_BYTES ? kept : null
}
