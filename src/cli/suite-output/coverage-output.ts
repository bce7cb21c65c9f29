import type { Coverage, RuleCoverage } from '../../pdp/suites/coverage.ts'
import type { Terminal } from '../terminal.ts'

/** Which rules the tests leave open, and how much they cover. */
export function coverageOutput(
  coverage: Coverage,
  colors: Terminal['colors'],
  verbose: boolean,
): readonly string[] {
  const shown = coverage.rules.filter(
    ({ branches }) => verbose || branches.some((branch) => !branch.covered),
  )
  const { rules, rulesHeld, branches, branchesCovered, percent } = coverage
  return [
    ...shown.flatMap((rule) => ruleLines(rule, colors)),
    `coverage ${percent} %: ${branchesCovered} of ${branches} branches, ${rulesHeld} of ${rules.length} rules held`,
  ]
}

function ruleLines(rule: RuleCoverage, colors: Terminal['colors']): readonly string[] {
  const covered = rule.branches.filter((branch) => branch.covered).length
  const mark = covered === rule.branches.length ? colors.green('full') : colors.yellow('part')
  const name = rule.policy === '' ? `derived role ${rule.rule}` : `${rule.rule} in ${rule.policy}`
  const head = `${rule.reached === 0 ? colors.red('none') : mark} ${name}  ${colors.dim(`${covered}/${rule.branches.length}`)}`
  const open = rule.branches
    .filter((branch) => !branch.covered)
    .map(({ of, outcome }) => {
      const what = of === 'rule' ? 'the rule' : of.replaceAll(/\s+/g, ' ').trim()
      return `       never ${outcome === 'held' ? 'holds' : 'fails to hold'}: ${what}`
    })
  return [head, ...open]
}
