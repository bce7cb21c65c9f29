import { EXIT } from '../exit-code.ts'
import { openLedgerFor } from '../open-ledger-for.ts'
import type { StateOptions } from '../state-directory.ts'
import { complain, type Terminal } from '../terminal.ts'

/**
 * Prints the newest signed checkpoint (C2SP tlog-checkpoint). Kept on another machine, it is what
 * `audit verify --checkpoint` anchors the ledger to.
 */
export async function auditCheckpoint(terminal: Terminal, options: StateOptions): Promise<number> {
  const ledger = openLedgerFor(terminal, options)
  if (!ledger.ok) return ledger.error
  const head = ledger.value.head()
  ledger.value.close()
  if (head === null) {
    complain(terminal, 'the ledger has no record yet, so it has no checkpoint')
    return EXIT.unreachable
  }
  terminal.data(
    terminal.json ? JSON.stringify({ checkpoint: head.checkpoint }) : head.checkpoint.trimEnd(),
  )
  return EXIT.ok
}
