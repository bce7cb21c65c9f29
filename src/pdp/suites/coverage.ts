import type { CompiledRelease } from '../../policy/release.ts'
import type { Observable, Observation, Observe } from './observe-release.ts'
import { expressionsOf, rolesOfRules, rulesOfRelease } from './rules-of-release.ts'

/** One way that a rule or one of its expressions can go. */
export type Branch = {
  /** The rule itself, or the text of one of its expressions. */
  readonly of: string
  readonly outcome: 'held' | 'did not hold'
  readonly covered: boolean
}

/** How often a rule was looked at and held, and which ways it went. */
export type RuleCoverage = {
  /** Empty for derived roles: what they belong to is not part of a release. */
  readonly policy: string
  readonly rule: string
  /** How many rules of this policy before it have the same name. */
  readonly occurrence: number
  readonly reached: number
  readonly held: number
  readonly branches: readonly Branch[]
}

/** Which rules the tests made hold and not hold, and which way their expressions went. */
export type Coverage = {
  readonly rules: readonly RuleCoverage[]
  readonly rulesHeld: number
  readonly branchesCovered: number
  readonly branches: number
  /** Covered branches of all, 0 to 100; 100 when there are none. */
  readonly percent: number
}

/** Counts what is observed of a release; `summary` may be asked at any time. */
export function createCoverage(release: CompiledRelease): {
  readonly observe: Observe
  readonly summary: () => Coverage
} {
  const rules = rulesOfRelease(release)
  const counts = new Map<Observable, Counts>()
  for (const of of [...rolesOfRules(rules), ...rules])
    counts.set(of, { reached: 0, met: 0, not_met: 0, expressions: new Map() })
  return {
    observe: (observation) => count(counts, observation),
    summary: () => summaryOf(counts),
  }
}

type Counts = {
  reached: number
  met: number
  not_met: number
  readonly expressions: Map<number, { yes: boolean; no: boolean }>
}

function count(counts: ReadonlyMap<Observable, Counts>, observation: Observation): void {
  if (observation.kind === 'time') return
  const found = counts.get(observation.of)
  if (found === undefined) return
  if (observation.kind !== 'expression') {
    found[observation.kind]++
    return
  }
  const { index, outcome } = observation
  if (outcome.kind !== 'value') return
  const seen = found.expressions.get(index) ?? { yes: false, no: false }
  found.expressions.set(index, seen)
  if (outcome.value === true) seen.yes = true
  else seen.no = true
}

function summaryOf(counts: ReadonlyMap<Observable, Counts>): Coverage {
  const names = new Map<string, number>()
  const rules = [...counts].map(([of, found]): RuleCoverage => {
    const policy = 'ref' in of ? of.ref.id : ''
    const rule = 'ref' in of ? of.ref.rule : of.name
    const key = JSON.stringify([policy, rule])
    const occurrence = names.get(key) ?? 0
    names.set(key, occurrence + 1)
    const { reached, met: held } = found
    return { policy, rule, occurrence, reached, held, branches: branchesOf(of, found) }
  })
  const branches = rules.flatMap((rule) => rule.branches)
  const covered = branches.filter((branch) => branch.covered).length
  return {
    rules,
    rulesHeld: rules.filter(({ held }) => held > 0).length,
    branchesCovered: covered,
    branches: branches.length,
    percent: branches.length === 0 ? 100 : Math.floor((covered / branches.length) * 1000) / 10,
  }
}

/** A rule without condition can only hold; one with several expressions has theirs as well. */
function branchesOf(of: Observable, found: Counts): readonly Branch[] {
  const held: Branch = { of: 'rule', outcome: 'held', covered: found.met > 0 }
  if (of.condition === null) return [held]
  const own: readonly Branch[] = [
    held,
    { of: 'rule', outcome: 'did not hold', covered: found.not_met > 0 },
  ]
  const expressions = expressionsOf(of.condition)
  if (expressions.length < 2) return own
  return [
    ...own,
    ...expressions.flatMap(({ source }, index): readonly Branch[] => {
      const seen = found.expressions.get(index)
      return [
        { of: source, outcome: 'held', covered: seen?.yes === true },
        { of: source, outcome: 'did not hold', covered: seen?.no === true },
      ]
    }),
  ]
}
