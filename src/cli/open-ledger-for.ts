import { formatProblem } from '../app/config/config.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import { fail, type Result } from '../core/result.ts'
import { openLedger, type Ledger } from '../store/open-ledger.ts'
import { EXIT } from './exit-code.ts'
import { stateDirectory, type StateOptions } from './state-directory.ts'
import { complain, type Terminal } from './terminal.ts'

/** Opens the ledger that the options name, for reading; on failure it has complained, and gives the exit code. */
export function openLedgerFor(terminal: Terminal, options: StateOptions): Result<Ledger, number> {
  const directory = stateDirectory(options)
  if (!directory.ok) {
    for (const problem of directory.error) complain(terminal, formatProblem(problem))
    return fail(EXIT.invalid)
  }
  const ledger = openLedger(directory.value, DEFAULT_TENANT)
  if (ledger.ok) return ledger
  complain(
    terminal,
    ledger.error.detail,
    'start with `reeve demo` or `reeve up`, or name it with --state',
  )
  return fail(EXIT.unreachable)
}
