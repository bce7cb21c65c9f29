// Where a red run must mean a change (CI=true), property tests draw the same values every time.
// Elsewhere each run draws new ones, and a failure prints its seed.
import process from 'node:process'
import fc from 'fast-check'

const CI_SEED = 20_261_121

if (process.env.CI === 'true') fc.configureGlobal({ seed: CI_SEED })
