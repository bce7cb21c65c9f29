/** The policies of the demo are pinned by their own tests: every small change of a rule is noticed. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { digestOfText } from '../src/core/digest.ts'
import { NO_FILTER } from '../src/pdp/suites/filter.ts'
import { isFixturePath, isSuitePath } from '../src/pdp/suites/find-suites.ts'
import { runSuites } from '../src/pdp/suites/run-suites.ts'
import type { RunReport } from '../src/pdp/suites/suite-report.ts'
import { compileRelease } from '../src/policy/compile-release.ts'
import { openSourceFile } from '../src/policy/diagnostic.ts'
import { loadPolicies } from '../src/policy/load-policies.ts'
import type { PolicyFile } from '../src/policy/load-policies.ts'
import { parsePolicyFile } from '../src/policy/parse-policy.ts'
import type { CompiledRelease } from '../src/policy/release.ts'
import type { Condition, PolicyTree, RuleTree } from '../src/policy/tree.ts'

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

const trees: readonly PolicyTree[] = policies.flatMap(({ path, text }) =>
  parsePolicyFile(openSourceFile(path, text)),
)

type WithRules = Extract<PolicyTree, { readonly rules: readonly RuleTree[] }>
type Mutant = {
  readonly name: string
  readonly tree: WithRules
  readonly mutant: RuleTree
  readonly at: number
}

const compileMutant = ({ tree, mutant, at }: Mutant): CompiledRelease => {
  const rules = tree.rules.map((rule, index) => (index === at ? mutant : rule))
  const mutated = trees.map((one) => (one === tree ? { ...tree, rules } : one))
  return compileRelease(mutated, digestOfText(sha256, 'mutant'))
}

/** The condition without one of its parts, for each part; the whole condition is the last one. */
function withoutParts(condition: Condition): readonly (Condition | null)[] {
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

function mutantsOf(tree: WithRules): readonly Mutant[] {
  return tree.rules.flatMap((rule, at) => {
    const effect = rule.effect === 'allow' ? 'deny' : 'allow'
    const flipped = {
      name: `${rule.name} with effect ${effect}`,
      tree,
      mutant: { ...rule, effect },
      at,
    } as const
    const dropped = (rule.condition === null ? [] : withoutParts(rule.condition)).map(
      (condition, index) => ({
        name: `${rule.name} without part ${index} of its condition`,
        tree,
        mutant: { ...rule, condition },
        at,
      }),
    )
    // A guardrail that allows is no policy: that it does not even load is tested below.
    return tree.kind === 'guardrail' ? dropped : [flipped, ...dropped]
  })
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
  const mutants = trees.flatMap((tree) => ('rules' in tree ? mutantsOf(tree) : []))
  assert.ok(mutants.length >= 30, `only ${mutants.length} mutants`)
  const survivors = mutants.filter((mutant) => run(compileMutant(mutant)).counts.failed === 0)
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
