import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { aDraft, anOutcome } from '../audit/testing/drafts.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import { openLedger } from './open-ledger.ts'
import { verifyStore } from './verify-store.ts'
import { must, openTestLedger, type TestLedger } from './testing/temporary-ledger.ts'
import { openHighWaterMarks } from './high-water-mark.ts'
import { openStoreKeys } from './key-files.ts'
import { createCommitGroup } from './sqlite/commit-group.ts'
import { epochMillis } from '../core/clock.ts'

const ENTRIES = 6

/** A ledger of six entries whose database accepts what only its owner could do. */
function withTamperable(run: (ledger: TestLedger) => void): void {
  const ledger = openTestLedger()
  try {
    for (let number = 1; number <= ENTRIES; number += 2) {
      const decision = aDraft(number)
      ledger.commitGroup([decision, anOutcome(number + 1, decision)].map(entry))
    }
    disarm(ledger)
    run(ledger)
  } finally {
    ledger.close()
  }
}

const entry = (draft: ReturnType<typeof aDraft>) => ({ draft, changes: [], preconditions: [] })

const disarm = ({ database }: TestLedger): void =>
  database.exec('drop trigger ledger_is_not_updated; drop trigger ledger_is_not_deleted')

const undo = (ledger: TestLedger, tamper: () => void): number => {
  // The verifier has a connection of its own, so the change must be committed; it is put back after.
  const { database } = ledger
  database.exec('create temp table kept as select * from ledger')
  database.exec('create temp table kept_head as select * from ledger_head')
  try {
    tamper()
    return ledger.verify().exitCode
  } finally {
    database.exec('delete from ledger; insert into ledger select * from kept; drop table kept')
    database.exec(
      'delete from ledger_head; insert into ledger_head select * from kept_head; drop table kept_head',
    )
  }
}

test('a flipped bit in any column of any entry is detected', () => {
  withTamperable((ledger) => {
    const { database } = ledger
    const columns = [
      'tenant',
      'idx',
      'id',
      'type',
      'at',
      'decision_id',
      'leaf',
      'leaf_hash',
      'sealed',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...columns),
        fc.nat(ENTRIES - 1),
        fc.nat(),
        fc.nat(7),
        (column, index, position, bit) => {
          const code = undo(ledger, () => {
            const row = database
              .prepare(`select ${column} as value from ledger where idx = ?`)
              .get(index)
            const flipped = flip(row?.['value'], position, bit)
            // Another entry's id or index cannot be written at all: the table itself refuses it.
            const taken = database
              .prepare('select 1 from ledger where id = ? or idx = ?')
              .get(...(column === 'id' || column === 'idx' ? [flipped, flipped] : [null, null]))
            fc.pre(taken === undefined)
            database.prepare(`update ledger set ${column} = ? where idx = ?`).run(flipped, index)
          })
          assert.equal(code, 40)
        },
      ),
      { numRuns: 120 },
    )
    assert.equal(ledger.verify().exitCode, 0)
  })
})

test('a flipped bit in the head, its frontier or its checkpoint is detected', () => {
  withTamperable((ledger) => {
    const { database } = ledger
    fc.assert(
      fc.property(
        fc.constantFrom('size', 'last_at', 'frontier', 'checkpoint'),
        fc.nat(),
        fc.nat(6),
        (column, position, bit) => {
          const code = undo(ledger, () => {
            const value = database.prepare(`select ${column} as value from ledger_head`).get()
            const flipped = flip(value?.['value'], position, bit)
            database.prepare(`update ledger_head set ${column} = ?`).run(flipped)
          })
          assert.equal(code, 40)
        },
      ),
      { numRuns: 60 },
    )
  })
})

function flip(value: unknown, position: number, bit: number): number | string | Uint8Array {
  // Numbers change in a bit that no neighbour has, so that the tables' own rules do not step in.
  if (typeof value === 'number') return value ^ (8 << bit)
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value as Uint8Array)
  const at = position % bytes.length
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (typeof value === 'string' ? bit % 7 : bit))
  return typeof value === 'string' ? bytes.toString('latin1') : bytes
}

test('every entry that is removed, repeated or exchanged is detected, with indexes put in order too', () => {
  withTamperable((ledger) => {
    const { database } = ledger
    for (let index = 0; index < ENTRIES; index++) {
      const removed = `delete from ledger where idx = ${index};`
      const closed = `update ledger set idx = -idx where idx > ${index};
        update ledger set idx = -idx - 1 where idx < 0;`
      const opened = `update ledger set idx = -idx - 2 where idx >= ${index};
        update ledger set idx = -idx - 1 where idx < 0;
        insert into ledger select tenant, ${index}, '${crypto.randomUUID()}', type, at, decision_id,
          leaf, leaf_hash, sealed from ledger where idx = ${index + 1};`
      const exchanged = `update ledger set idx = -1 where idx = ${index};
        update ledger set idx = ${index} where idx = ${(index + 1) % ENTRIES};
        update ledger set idx = ${(index + 1) % ENTRIES} where idx = -1;`
      for (const sql of [removed, removed + closed, opened, exchanged]) {
        assert.equal(
          undo(ledger, () => database.exec(sql)),
          40,
          sql,
        )
      }
    }
  })
})

test('sealed keys and handles that were exchanged or damaged are detected', () => {
  withTamperable((ledger) => {
    const { database } = ledger
    database.exec('begin')
    database.exec(`update person_handle set person = 'mallory' where person = 'alice'`)
    database.exec('commit')
    assert.equal(ledger.verify().exitCode, 40)
    database.exec(`update person_handle set person = 'alice' where person = 'mallory'`)
    assert.equal(ledger.verify().exitCode, 0)
    database.exec(`update seal_key set wrapped = zeroblob(60) where kind = 'person'`)
    assert.equal(ledger.verify().exitCode, 40)
  })
})

test('a key that is gone shows as erased, and the ledger still verifies', () => {
  withTamperable((ledger) => {
    ledger.database.exec(`delete from seal_key where id in
      (select handle from person_handle where person = 'alice');
      delete from person_handle where person = 'alice'`)
    const { exitCode, lines } = ledger.verify()
    assert.equal(exitCode, 0)
    assert.ok(lines.some((line) => line.includes('erased')))
    assert.ok(lines.some((line) => line.startsWith('does not prove: that keys of erased values')))
  })
})

/** Cuts the end off as someone who holds the checkpoint key could: the rest is signed anew. */
function truncate(ledger: TestLedger, size: number): void {
  const { database, paths } = ledger
  const kept = database.prepare('select * from ledger where idx < ? order by idx').all(size)
  database.exec('delete from ledger; delete from ledger_head; delete from producer')
  const keys = openStoreKeys({ randomBytes }, paths, { deployment: 'test', mayCreate: false })
  assert.ok(keys.ok)
  resign(ledger, kept, keys.value.sign)
}

function resign(
  ledger: TestLedger,
  rows: readonly Record<string, unknown>[],
  sign: (text: string) => Uint8Array,
): void {
  const keys = openStoreKeys({ randomBytes }, ledger.paths, {
    deployment: 'test',
    mayCreate: false,
  })
  assert.ok(keys.ok)
  const commitGroup = createCommitGroup({
    database: ledger.database,
    randomBytes,
    wrappingKey: keys.value.wrapping,
    boot: {
      producerId: crypto.randomUUID(),
      bootId: crypto.randomUUID(),
      startedAt: epochMillis(1),
    },
    deployment: 'test',
    checkpointKey: keys.value.checkpoint,
    sign,
    onCheckpoint: (tenant, checkpoint) => {
      const marks = openHighWaterMarks(ledger.paths)
      marks.raise(tenant, checkpoint)
      marks.close()
    },
  })
  const results = commitGroup(rows.map((_, i) => entry(aDraft(100 + i))))
  assert.ok(results.every((result) => result.ok))
}

test('an end that damage cut off is detected by the mark outside the database', () => {
  const ledger = openTestLedger()
  try {
    ledger.commitGroup([entry(aDraft(1))])
    const earlier = backup(ledger)
    ledger.commitGroup([entry(aDraft(2)), entry(aDraft(3))])
    assert.equal(ledger.verify().exitCode, 0)
    earlier.restore()
    const report = ledger.verify()
    assert.equal(report.exitCode, 40)
    assert.ok(report.lines.some((line) => /high-water mark has 3 entries, the ledger 1/.test(line)))
    writeFileSync(join(ledger.paths.marks, 'default.checkpoint'), 'no checkpoint')
    assert.equal(ledger.verify().exitCode, 40)
  } finally {
    ledger.close()
  }
})

/** Every table as it is now, to be put back later: what an old copy of the file would hold. */
function backup({ database }: TestLedger): { readonly restore: () => void } {
  const tables = ['ledger', 'ledger_head']
  for (const table of tables)
    database.exec(`create temp table old_${table} as select * from ${table}`)
  return {
    restore: () => {
      for (const name of triggersOf(database)) database.exec(`drop trigger ${name}`)
      for (const table of tables)
        database.exec(`delete from ${table}; insert into ${table} select * from old_${table}`)
    },
  }
}

const triggersOf = (database: TestLedger['database']): readonly string[] =>
  database
    .prepare(`select name from sqlite_master where type = 'trigger'`)
    .all()
    .map((row) => String(row['name']))

test('a cut or rewritten ledger is detected against a checkpoint kept elsewhere, and not claimed without one', () => {
  withTamperable((ledger) => {
    const anchor = ledger.checkpoint()
    assert.equal(ledger.verify(anchor).exitCode, 0)
    assert.match(ledger.verify(anchor).lines[0] ?? '', /^ANCHORED up to entry 6 of 6/)
    truncate(ledger, ENTRIES - 2)
    const without = ledger.verify()
    assert.equal(without.exitCode, 0)
    assert.match(without.lines[0] ?? '', /^UNANCHORED/)
    assert.ok(
      without.lines.some((line) => /does not prove: that the end was not cut off/.test(line)),
    )
    const shorter = ledger.verify(anchor)
    assert.equal(shorter.exitCode, 30)
    assert.match(shorter.lines[0] ?? '', /^UNANCHORED/)
  })
  withTamperable((ledger) => {
    const anchor = ledger.checkpoint()
    truncate(ledger, ENTRIES)
    assert.equal(ledger.verify().exitCode, 0)
    assert.equal(ledger.verify(anchor).exitCode, 30)
  })
})

test('a ledger that grew still answers to an older checkpoint, and says what is newer', () => {
  withTamperable((ledger) => {
    const anchor = ledger.checkpoint()
    ledger.commitGroup([entry(aDraft(50)), entry(aDraft(51))])
    const report = ledger.verify(anchor)
    assert.equal(report.exitCode, 0)
    assert.match(report.lines[0] ?? '', /^ANCHORED up to entry 6 of 8; the last 2 are newer/)
  })
})

test('a checkpoint of another log, another key or no checkpoint at all does not anchor', () => {
  withTamperable((ledger) => {
    withTamperable((other) => {
      assert.equal(ledger.verify(other.checkpoint()).exitCode, 30)
    })
    const anchor = ledger.checkpoint()
    for (const bad of ['', 'x', anchor.replace('test/default', 'test/other')]) {
      assert.equal(ledger.verify(bad).exitCode, 30)
    }
  })
})

test('no flipped bit of the database file changes a record and still verifies', () => {
  withTamperable((ledger) => {
    const { directory, database: file } = ledger.paths
    const shown = () => must(openLedger(directory, DEFAULT_TENANT))
    const before = shown()
    const records = before.last(ENTRIES)
    before.close()
    ledger.database.close()
    const original = readFileSync(file)
    const options = { directory, tenant: DEFAULT_TENANT, checkpoint: null, requireAnchor: false }
    const leaf = original.indexOf('"agent_instance_id"')
    const positions = fc.oneof(
      fc.nat(original.length - 1),
      fc.integer({ min: leaf, max: leaf + 2000 }),
    )
    fc.assert(
      fc.property(positions, fc.nat(7), (position, bit) => {
        const bytes = Buffer.from(original)
        bytes[position] = (bytes[position] ?? 0) ^ (1 << bit)
        writeFileSync(file, bytes)
        const report = must(verifyStore(options))
        if (report.exitCode === 40) return
        const after = shown()
        assert.deepEqual(after.last(ENTRIES), records)
        after.close()
      }),
      { numRuns: 80 },
    )
    // Every copy: the first one may be a remnant of a page that was split.
    const changed = original
      .toString('latin1')
      .replaceAll('"agent_instance_id"', '"agent_instance_iD"')
    writeFileSync(file, changed, 'latin1')
    assert.equal(must(verifyStore(options)).exitCode, 40)
    writeFileSync(file, original.subarray(0, 5000))
    assert.equal(must(verifyStore(options)).exitCode, 40)
  })
})

test('a missing ledger or key is said, not guessed', () => {
  withTamperable((ledger) => {
    rmSync(ledger.paths.sealKey)
    assert.throws(() => ledger.verify(), /seal\.key/)
  })
})
