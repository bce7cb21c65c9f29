/**
 * The Cerbos program and our engine, asked the same: generated policies and requests, of which both
 * must give the same answers. `long-run.ts` does it for longer and says how to run one seed again.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cerbosMissing } from './cerbos-server.ts'
import type { Case, StoreSetup } from './compare-store.ts'
import { compareStore, enforcementOf } from './compare-store.ts'
import { LANDED } from './features.ts'
import { formatCase, shrinkCase } from './shrink-case.ts'

const missing = cerbosMissing()
const mustRun = process.env['CI'] === 'true'
const skip = mustRun ? false : missing

/** Counts of one mode: two of them stay well under the wall of 40 s on two cores. */
const UNITS = 40
const CALLS_PER_UNIT = 10
const DECISIONS_MIN = 20_000
/** Generated policies allow little; without allows the comparison would say nothing. */
const ALLOWED_MIN = 800

/** Fixed where a red run must mean a change; by hand the second one is new every time, and printed. */
const SEED = 20_261_121
const secondSeed = mustRun ? SEED + 1 : Date.now() % 1_000_000

test('the Cerbos program is there', { skip }, () => {
  assert.equal(missing, false)
})

for (const strict of LANDED.lenientMode ? [true, false] : [true]) {
  const mode = strict ? 'strict' : 'lenient'
  test(`both engines decide alike in ${mode} mode`, { skip }, async (context) => {
    let compared = 0
    let allowed = 0
    for (const seed of [SEED, secondSeed]) {
      const setup = { features: LANDED, strict, schemas: enforcementOf(LANDED, seed) }
      const report = await compareStore(setup, {
        seed,
        units: UNITS / 2,
        callsPerUnit: CALLS_PER_UNIT,
      })
      compared += report.compared
      allowed += report.allowed
      context.diagnostic(`seed ${seed}, ${mode}: ${report.compared} decisions compared`)
      assert.deepEqual(report.refusals, [], `seed ${seed}: only one engine takes these policies`)
      const [first] = report.cases
      if (first !== undefined) assert.fail(await explain(setup, seed, report.cases.length, first))
    }
    context.diagnostic(`${compared} decisions, of which ${allowed} allow, and 0 disagreements`)
    assert.ok(compared >= DECISIONS_MIN, `only ${compared} decisions`)
    assert.ok(allowed >= ALLOWED_MIN, `only ${allowed} decisions allow`)
  })
}

async function explain(
  setup: StoreSetup,
  seed: number,
  count: number,
  found: Case,
): Promise<string> {
  const shrunk = await shrinkCase(setup, found)
  const note = shrunk === null ? 'it takes the other units of the store' : 'shrunk'
  return `seed ${seed}: ${count} disagreements; the first (${note}):\n${formatCase(setup, shrunk ?? found)}`
}
