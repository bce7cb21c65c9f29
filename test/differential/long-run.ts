import { parseArgs } from 'node:util'
import { cerbosMissing } from './cerbos-server.ts'
import type { Case } from './compare-store.ts'
import { compareStore, enforcementOf } from './compare-store.ts'
import { featuresWith } from './features.ts'
import { formatCase, shrinkCase } from './shrink-case.ts'

/**
 * Compares the engines for long:
 *
 *   node test/differential/long-run.ts --decisions 1000000 --seed 7 --with rolePolicies,schemas
 *
 * Store after store is generated from the seed counted up, so that any of them can be run again
 * alone. Ends with exit code 1 when the engines disagree anywhere.
 */
const UNITS = 60
const CALLS_PER_UNIT = 20
/** Each takes some ten starts of the other engine to shrink; more would hide the first ones. */
const CASES_SHOWN_MAX = 3

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      decisions: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      with: { type: 'string', default: '' },
    },
  })
  const features = featuresWith(values.with.split(',').filter((name) => name !== ''))
  const missing = cerbosMissing()
  if (features === null || missing !== false) {
    console.error(missing === false ? `unknown feature in \`${values.with}\`` : missing)
    return 2
  }
  const wanted = Number(values.decisions)
  const total = { compared: 0, allowed: 0, disagreements: 0, refused: 0 }
  for (let seed = Number(values.seed); total.compared < wanted; seed++) {
    for (const strict of features.lenientMode ? [true, false] : [true]) {
      const setup = { features, strict, schemas: enforcementOf(features, seed) }
      const report = await compareStore(setup, { seed, units: UNITS, callsPerUnit: CALLS_PER_UNIT })
      total.compared += report.compared
      total.allowed += report.allowed
      total.disagreements += report.cases.length
      total.refused += report.refusals.length
      const mode = strict ? 'strict' : 'lenient'
      console.log(
        `seed ${seed} ${mode}: ${report.compared} decisions, ${report.allowed} allowed, ${report.cases.length} disagreements`,
      )
      for (const line of report.refusals) console.log(line)
      for (const found of onePerUnit(report.cases).slice(0, CASES_SHOWN_MAX)) {
        const shrunk = await shrinkCase(setup, found)
        console.log(shrunk === null ? 'not alone:' : 'shrunk:', formatCase(setup, shrunk ?? found))
      }
    }
  }
  console.log(JSON.stringify(total))
  return total.disagreements + total.refused === 0 ? 0 : 1
}

const onePerUnit = (cases: readonly Case[]): readonly Case[] => [
  ...new Map(cases.map((found) => [found.unit, found])).values(),
]

process.exitCode = await main(process.argv.slice(2))
