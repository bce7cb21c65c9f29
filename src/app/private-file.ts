import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** The file's text, or null when there is none. */
export function readPrivateFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')
      return null
    throw error
  }
}

/** Writes a file that only this user reads (0600, in a folder of 0700): whole or not at all. */
export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const whole = `${path}.new`
  writeFileSync(whole, text, { mode: 0o600 })
  chmodSync(whole, 0o600)
  renameSync(whole, path)
}
