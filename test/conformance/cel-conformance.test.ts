import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { CorpusCase } from './corpus.ts'
import { failureOf } from './run-case.ts'

/** Ids of cases that fail, by the reason why they may. */
const expected: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('expected-failures.json', import.meta.url), 'utf8'),
)

const CASES_MIN = 2700

const cases = await loadCases()
const skip =
  cases === null ? 'the corpus is not installed: run `npm ci` in test/conformance' : false

async function loadCases(): Promise<readonly CorpusCase[] | null> {
  try {
    const { corpusCases } = await import('./corpus.ts')
    return corpusCases()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
      return null
    throw error
  }
}

test('the official corpus passes, except for what is listed with a reason', { skip }, (context) => {
  assert.ok(cases !== null && cases.length >= CASES_MIN)
  const listed = new Set(Object.values(expected).flat())
  const failures = new Map(cases.map((item) => [item.id, failureOf(item)]))
  const surprising = [...failures]
    .filter(([id, failure]) => failure !== null && !listed.has(id))
    .map(([id, failure]) => `${id}: ${failure}`)
  const passing = [...listed].filter((id) => failures.get(id) === null)
  const unknown = [...listed].filter((id) => !failures.has(id))
  context.diagnostic(
    `${cases.length - listed.size} of ${cases.length} cases pass, ${listed.size} are listed as failures`,
  )
  assert.deepEqual({ surprising, passing, unknown }, { surprising: [], passing: [], unknown: [] })
})
