import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { formatNoteKey, type NoteKey, parseNoteKey } from '../audit/checkpoint.ts'
import { fromBase64url, toBase64url } from '../core/base64url.ts'
import type { RandomBytes } from '../core/ids.ts'
import { type Reason, reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { createSigner, sha256 } from './node-crypto.ts'
import { SEAL_KEY_BYTES } from './sqlite/seal-keys.ts'

/** Where the ledger and its keys lie under the state directory. */
export type StorePaths = {
  readonly directory: string
  readonly database: string
  readonly lock: string
  readonly pid: string
  /** Newest checkpoint, outside the database (SECURITY 26): one file a tenant. */
  readonly marks: string
  readonly checkpointKey: string
  readonly checkpointPublicKey: string
  readonly sealKey: string
}

/** The paths of the store in a state directory. */
export const storePaths = (directory: string): StorePaths => ({
  directory,
  database: join(directory, 'reeve.db'),
  lock: join(directory, 'reeve.lock'),
  pid: join(directory, 'reeve.pid'),
  marks: join(directory, 'marks'),
  checkpointKey: join(directory, 'keys', 'checkpoint.ed25519.jwk'),
  checkpointPublicKey: join(directory, 'keys', 'checkpoint.ed25519.pub'),
  sealKey: join(directory, 'keys', 'seal.key'),
})

/** The keys of the ledger, apart from those that sign tokens (SECURITY 28). */
export type StoreKeys = {
  readonly checkpoint: NoteKey
  readonly sign: (text: string) => Uint8Array
  /** Wraps the keys of persons and tenants. */
  readonly wrapping: KeyObject
}

const PRIVATE_DIRECTORY = 0o700
const PRIVATE_FILE = 0o600

/** Makes the state directory and its `keys`, readable by their owner only. */
export function makeDirectories(paths: StorePaths): Result<null, Reason> {
  try {
    for (const directory of [paths.directory, paths.marks, join(paths.directory, 'keys')]) {
      mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY })
      chmodSync(directory, PRIVATE_DIRECTORY)
    }
    if (!existsSync(paths.database)) writeFileSync(paths.database, '', { mode: PRIVATE_FILE })
    chmodSync(paths.database, PRIVATE_FILE)
    return ok(null)
  } catch (error) {
    return unusable(paths.directory, error)
  }
}

/**
 * Reads the ledger's keys, and makes them on the very first start. A key that is missing beside a
 * ledger that was written with it is an error: a new one would leave the old records unreadable.
 */
export function openStoreKeys(
  deps: { readonly randomBytes: RandomBytes },
  paths: StorePaths,
  options: { readonly deployment: string; readonly mayCreate: boolean },
): Result<StoreKeys, Reason> {
  try {
    for (const path of [paths.checkpointKey, paths.sealKey]) {
      if (existsSync(path)) continue
      if (!options.mayCreate) {
        const detail = `\`${path}\` is missing, but the ledger was written with it: restore it from your backup`
        return fail(reason('evidence_unavailable', detail))
      }
      createKeyFile(deps, paths, path)
    }
    return readKeys(paths, options.deployment)
  } catch (error) {
    return unusable(join(paths.directory, 'keys'), error)
  }
}

function createKeyFile(
  deps: { readonly randomBytes: RandomBytes },
  paths: StorePaths,
  path: string,
): void {
  const text =
    path === paths.sealKey
      ? toBase64url(deps.randomBytes(SEAL_KEY_BYTES))
      : JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }))
  writeFileSync(path, `${text}\n`, { mode: PRIVATE_FILE, flag: 'wx' })
}

function readKeys(paths: StorePaths, deployment: string): Result<StoreKeys, Reason> {
  const jwk = JSON.parse(readFileSync(paths.checkpointKey, 'utf8')) as Record<string, string>
  const publicKey = fromBase64url(jwk['x'] ?? '')
  const wrapping = readSealKey(paths)
  if (publicKey === null || wrapping === null) {
    return fail(reason('evidence_unavailable', `a key in \`${paths.directory}/keys\` is malformed`))
  }
  const checkpoint: NoteKey = { name: deployment, publicKey }
  const line = `${formatNoteKey(sha256, checkpoint)}\n`
  if (!existsSync(paths.checkpointPublicKey)) {
    writeFileSync(paths.checkpointPublicKey, line, { mode: PRIVATE_FILE })
  }
  return ok({ checkpoint, sign: createSigner(jwk), wrapping })
}

/** The key that unwraps what is sealed; null when the file holds no such key. Throws when unreadable. */
export function readSealKey(paths: StorePaths): KeyObject | null {
  const bytes = fromBase64url(readFileSync(paths.sealKey, 'utf8').trim())
  return bytes?.length === SEAL_KEY_BYTES ? createSecretKey(bytes) : null
}

/** The public key that checkpoints are verified with; null when the file holds no such key. */
export const readCheckpointPublicKey = (paths: StorePaths): NoteKey | null =>
  parseNoteKey(sha256, readFileSync(paths.checkpointPublicKey, 'utf8'))

function unusable(path: string, error: unknown): Result<never, Reason> {
  const detail = error instanceof Error ? error.message : 'unknown error'
  return fail(reason('evidence_unavailable', `\`${path}\` cannot be used: ${detail}`))
}
