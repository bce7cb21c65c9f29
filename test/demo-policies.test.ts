/** The policies of the demo are pinned by their own tests: every small change of a rule is noticed. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { NO_FILTER } from '../src/pdp/suites/filter.ts'
import { isFixturePath, isSuitePath } from '../src/pdp/suites/find-suites.ts'
import { mapRules } from '../src/pdp/suites/map-rules.ts'
import { rulesOfRelease } from '../src/pdp/suites/rules-of-release.ts'
import { runSuites } from '../src/pdp/suites/run-suites.ts'
import type { RunReport } from '../src/pdp/suites/suite-report.ts'
import { loadPolicies } from '../src/policy/load-policies.ts'
import type { PolicyFile } from '../src/policy/load-policies.ts'
import type { CompiledCondition, CompiledRelease, CompiledRule } from '../src/policy/release.ts'

const DEMO = fileURLToPath(new URL('../examples/demo/', import.meta.url))
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

const files: readonly PolicyFile[] = [
  'policy-config.yaml',
  ...readdirSync(join(DEMO, 'policies'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `policies/${name}`),
].map((path) => ({ path, text: readFileSync(join(DEMO, path), 'utf8') }))

const isTest = ({ path }: PolicyFile): boolean => isSuitePath(path) || isFixturePath(path)
const tests = files.filter(isTest)
const policies = files.filter((file) => !isTest(file))

const run = (release: CompiledRelease, coverage = false): RunReport =>
  runSuites(release, tests, { filter: NO_FILTER, coverage, verbose: false })

function load(texts: readonly PolicyFile[]): CompiledRelease | null {
  const loaded = loadPolicies({ sha256 }, texts)
  return loaded.ok ? loaded.value : null
}

type Mutant = { readonly name: string; readonly release: CompiledRelease }

/** The condition without one of its parts, for each part; the whole condition is the last one. */
function withoutParts(condition: CompiledCondition): readonly (CompiledCondition | null)[] {
  if (condition.kind === 'expr') return [null]
  const { kind, of } = condition
  const fewer = of.flatMap((part, at) =>
    withoutParts(part).map((rest) => {
      const others = rest === null ? of.toSpliced(at, 1) : of.with(at, rest)
      return others.length === 0 ? null : { kind, of: others }
    }),
  )
  return [...fewer, null]
}

function mutantsOf(release: CompiledRelease, rule: CompiledRule): readonly Mutant[] {
  const mutant = (name: string, over: Partial<CompiledRule>): Mutant => ({
    name: `${rule.ref.rule} ${name}`,
    release: mapRules(release, (one) => (one === rule ? { ...rule, ...over } : one)),
  })
  const effect = rule.effect === 'allow' ? 'deny' : 'allow'
  const dropped = (rule.condition === null ? [] : withoutParts(rule.condition)).map(
    (condition, index) => mutant(`without part ${index} of its condition`, { condition }),
  )
  // A guardrail that allows is no policy: that it does not even load is tested below.
  const isGuardrail = rule.ref.id.startsWith('guardrail.')
  return isGuardrail ? dropped : [mutant(`with effect ${effect}`, { effect }), ...dropped]
}

test('the tests of the demo pass, and every rule holds and does not hold in some of them', () => {
  const release = load(policies)
  assert.ok(release)
  const { result, counts, coverage } = run(release, true)
  assert.equal(result, 'passed')
  assert.ok(counts.passed > 100)
  assert.equal(coverage?.percent, 100)
})

test('every flipped effect and every dropped condition of the demo makes some of its tests fail', () => {
  const release = load(policies)
  assert.ok(release)
  const mutants = rulesOfRelease(release).flatMap((rule) => mutantsOf(release, rule))
  assert.ok(mutants.length >= 30, `only ${mutants.length} mutants`)
  const survivors = mutants.filter((mutant) => run(mutant.release).counts.failed === 0)
  assert.deepEqual(
    survivors.map(({ name }) => name),
    [],
  )
})

test('a guardrail of the demo that allows does not load', () => {
  const guardrails = policies.filter(({ text }) => text.includes('guardrail:'))
  assert.equal(guardrails.length, 1)
  const flipped = policies.map((file) =>
    guardrails.includes(file)
      ? { ...file, text: file.text.replaceAll('EFFECT_DENY', 'EFFECT_ALLOW') }
      : file,
  )
  assert.equal(load(flipped), null)
})
