import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ok, type Result } from '../core/result.ts'
import type { ConfigProblem } from '../app/config/config.ts'
import { readStateDirectory } from '../app/config/read-config.ts'
import { fileSources } from '../app/config/file-sources.ts'

/** Which state a command looks at: named on the command line, or found beside the configuration. */
export type StateOptions = { readonly state?: string; readonly config?: string }

const DEFAULT_CONFIG = 'reeve.yaml'

/**
 * The directory that holds the ledger: `--state`, else the one of `--config` or `./reeve.yaml`,
 * else `./.reeve/development` or `./.reeve`, whichever has a ledger.
 */
export function stateDirectory(options: StateOptions): Result<string, readonly ConfigProblem[]> {
  if (options.state !== undefined) return ok(resolve(options.state))
  const file = resolve(options.config ?? DEFAULT_CONFIG)
  if (options.config !== undefined || existsSync(file)) {
    return readStateDirectory(fileSources(process.env), file)
  }
  const development = resolve(dirname(file), '.reeve/development')
  return ok(existsSync(development) ? development : resolve(dirname(file), '.reeve'))
}
