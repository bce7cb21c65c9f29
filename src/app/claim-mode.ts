import { join } from 'node:path'
import { fail, ok, type Result } from '../core/result.ts'
import type { Mode } from './config/config.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/**
 * A state directory belongs to one mode for good: what development signed or recorded never counts
 * in production (SECURITY 7). Fails with a sentence when the directory is the other mode's.
 */
export function claimMode(directory: string, mode: Mode): Result<null, string> {
  const path = join(directory, 'mode')
  const claimed = readPrivateFile(path)?.trim() ?? null
  if (claimed === null) writePrivateFile(path, `${mode}\n`)
  if (claimed === null || claimed === mode) return ok(null)
  return fail(
    `${directory} is the state of \`mode: ${claimed}\`; give \`mode: ${mode}\` a directory of its own in \`store.sqlite.path\``,
  )
}
