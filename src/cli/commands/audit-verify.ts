import { readFileSync } from 'node:fs'
import { formatProblem } from '../../app/config/config.ts'
import { DEFAULT_TENANT } from '../../core/ids.ts'
import { verifyStore } from '../../store/verify-store.ts'
import { EXIT } from '../exit-code.ts'
import { stateDirectory, type StateOptions } from '../state-directory.ts'
import { complain, type Terminal } from '../terminal.ts'

export type VerifyOptions = StateOptions & {
  readonly checkpoint?: string
  readonly requireAnchor?: boolean
}

/**
 * Recomputes the ledger and says what that proves and what it does not. Exit 0 valid, 10 incomplete,
 * 20 unanchored (only with --require-anchor), 30 diverged, 40 invalid, 7 nothing to verify.
 */
export async function auditVerify(terminal: Terminal, options: VerifyOptions): Promise<number> {
  const directory = stateDirectory(options)
  if (!directory.ok) {
    for (const problem of directory.error) complain(terminal, formatProblem(problem))
    return EXIT.invalid
  }
  let checkpoint: string | null = null
  try {
    if (options.checkpoint !== undefined) checkpoint = readFileSync(options.checkpoint, 'utf8')
  } catch {
    complain(terminal, `the checkpoint \`${options.checkpoint}\` cannot be read`)
    return EXIT.usage
  }
  const report = verifyStore({
    directory: directory.value,
    tenant: DEFAULT_TENANT,
    checkpoint,
    requireAnchor: options.requireAnchor === true,
  })
  if (!report.ok) {
    complain(
      terminal,
      report.error.detail,
      'start with `reeve demo` or `reeve up`, or name it with --state',
    )
    return EXIT.unreachable
  }
  if (terminal.json) terminal.data(JSON.stringify(report.value))
  else for (const line of report.value.lines) terminal.data(line)
  return report.value.exitCode
}
