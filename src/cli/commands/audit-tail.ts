import { EXIT } from '../exit-code.ts'
import { openLedgerFor } from '../open-ledger-for.ts'
import { recordLine } from '../show-record.ts'
import type { StateOptions } from '../state-directory.ts'
import { complain, type Terminal } from '../terminal.ts'

/** Records that one call prints at most. */
const LINES_MAX = 10_000

/** Prints the newest records, oldest of them first; works beside a running server and without one. */
export async function auditTail(
  terminal: Terminal,
  options: StateOptions & { readonly lines: string },
): Promise<number> {
  const count = Number(options.lines)
  if (!Number.isInteger(count) || count < 1 || count > LINES_MAX) {
    complain(terminal, `--lines takes a whole number from 1 to ${LINES_MAX}`)
    return EXIT.usage
  }
  const ledger = openLedgerFor(terminal, options)
  if (!ledger.ok) return ledger.error
  const size = ledger.value.head()?.size ?? 0
  let expected = Math.max(0, size - count)
  let unreadable = 0
  for (const shown of ledger.value.last(count)) {
    unreadable += Math.max(0, shown.index - expected)
    expected = shown.index + 1
    terminal.data(
      terminal.json
        ? JSON.stringify({ index: shown.index, ...shown.record })
        : recordLine(terminal, shown),
    )
  }
  ledger.value.close()
  unreadable += Math.max(0, size - expected)
  if (unreadable === 0) return EXIT.ok
  complain(terminal, `${unreadable} of these records cannot be read`, 'see `reeve audit verify`')
  return EXIT.verificationFailed
}
