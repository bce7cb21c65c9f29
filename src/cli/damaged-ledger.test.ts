import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, openSync, closeSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { aDraft } from '../audit/testing/drafts.ts'
import { openTestLedger } from '../store/testing/temporary-ledger.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

/** A ledger of three records, the second of which is no longer canonical JSON. */
function withDamage(run: (directory: string) => void): void {
  const ledger = openTestLedger()
  try {
    const drafts = [aDraft(1), aDraft(2), aDraft(3)]
    ledger.commitGroup(drafts.map((draft) => ({ draft, changes: [], preconditions: [] })))
    ledger.database.exec('drop trigger ledger_is_not_updated')
    ledger.database.exec(`update ledger set leaf = leaf || ' ' where idx = 1`)
    run(ledger.paths.directory)
  } finally {
    ledger.close()
  }
}

const reeve = (args: readonly string[], stdout: 'pipe' | number = 'pipe') =>
  spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', stdout, 'pipe'],
  })

test('tail says how many records it could not read, and does not exit with 0', () => {
  withDamage((directory) => {
    const tail = reeve(['audit', 'tail', '--state', directory])
    assert.equal(tail.stdout.trim().split('\n').length, 2)
    assert.match(tail.stderr, /1 of these records cannot be read/)
    assert.equal(tail.status, 8)
  })
})

test(
  'verify keeps its exit code where its output cannot be written',
  { skip: existsSync('/dev/full') ? false : 'there is no /dev/full here' },
  () => {
    withDamage((directory) => {
      const full = openSync('/dev/full', 'w')
      try {
        assert.equal(reeve(['audit', 'verify', '--state', directory], full).status, 40)
      } finally {
        closeSync(full)
      }
    })
  },
)
