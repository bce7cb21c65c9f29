import { compileExpression } from '../cel/compile-expression.ts'
import type { CelEnvironment } from '../cel/environment.ts'
import { UNKNOWN } from '../cel/operand.ts'
import { policyEnvironment } from '../cel/policy-environment.ts'
import { epochMillis } from '../core/clock.ts'
import type { Json } from '../core/json.ts'
import { EVALUATION_STEPS_MAX } from '../core/limits.ts'
import type { LintWarning } from './lint-warning.ts'
import { warningAt } from './lint-warning.ts'
import type { Condition, Expression, ExportPolicy, PolicyTree } from './tree.ts'

/** Conditions, and parts of them, whose answer is the same whatever is asked. */
export function lintConditions(trees: readonly PolicyTree[]): readonly LintWarning[] {
  const environment = policyEnvironment()
  const exported = new Map(
    trees.flatMap((tree) =>
      tree.kind === 'export_constants' ? [[tree.name, tree.definitions] as const] : [],
    ),
  )
  return trees.flatMap((tree) => {
    if (tree.kind === 'export_constants' || tree.kind === 'export_variables') return []
    const constants = constantsOf(tree, exported)
    const judging: Judging = { environment, constants, tree, warnings: [] }
    const guarded = tree.kind === 'derived_roles' ? tree.definitions : tree.rules
    for (const one of guarded) if (one.condition !== null) judgeRule(judging, one, one.condition)
    return judging.warnings
  })
}

type Judging = {
  readonly environment: CelEnvironment
  readonly constants: { readonly [name: string]: Json }
  readonly tree: Exclude<PolicyTree, ExportPolicy>
  readonly warnings: LintWarning[]
}

function constantsOf(
  tree: Judging['tree'],
  exported: ReadonlyMap<string, Extract<ExportPolicy, { kind: 'export_constants' }>['definitions']>,
): Judging['constants'] {
  const constants = Object.create(null) as Record<string, Json>
  const imported = tree.constants.imports.flatMap(({ name }) => exported.get(name) ?? [])
  for (const { name, value } of [...imported, ...tree.constants.local]) constants[name] = value
  return constants
}

/** `open` depends on what is asked. */
type Fate = 'always' | 'never' | 'fails' | 'open'

function judgeRule(
  judging: Judging,
  { name, at }: { readonly name: string; readonly at: number },
  condition: Condition,
): void {
  const fate = fateOf(judging, condition)
  if (fate === 'open' || fate === 'always') return
  const why = fate === 'never' ? 'never holds' : 'always fails'
  const message = `\`${name}\` is never in force: its condition ${why}`
  judging.warnings.push(warningAt(judging.tree.file, at, { code: 'condition_never', message }))
}

function fateOf(judging: Judging, condition: Condition): Fate {
  if (condition.kind === 'expr') return expressionFate(judging, condition.expression)
  const fates = condition.of.map((part) => fateOf(judging, part))
  switch (condition.kind) {
    case 'all':
      return combined(fates, 'never', 'always')
    case 'any':
      return combined(fates, 'always', 'never')
    case 'none': {
      const any = combined(fates, 'always', 'never')
      return any === 'always' ? 'never' : any === 'never' ? 'always' : any
    }
  }
}

/** One part that decides decides; all parts that do not, the opposite; an error before that is an error. */
function combined(fates: readonly Fate[], decides: Fate, otherwise: Fate): Fate {
  for (const fate of fates) if (fate === decides || fate === 'fails') return fate
  return fates.every((fate) => fate === otherwise) ? otherwise : 'open'
}

const ASKS_TIME = /\b(?:now|timeSince)\s*\(/

/** Evaluates with everything unknown but constants: what comes out then comes out always. */
function expressionFate(judging: Judging, { source, scalar }: Expression): Fate {
  const compiled = compileExpression(source, judging.environment)
  if (!compiled.ok || ASKS_TIME.test(source)) return 'open'
  const unknown = (): typeof UNKNOWN => UNKNOWN
  const { constants } = judging
  const names = ['P', 'R', 'request', 'V', 'variables', 'G', 'globals', 'runtime']
  const variables = {
    ...Object.fromEntries(names.map((name) => [name, unknown])),
    C: constants,
    constants,
  }
  const outcome = compiled.value.evaluate(
    { variables, now: epochMillis(0) },
    { steps: EVALUATION_STEPS_MAX },
  )
  if (outcome.kind === 'unknown') return 'open'
  const fate = outcome.kind === 'error' ? 'fails' : outcome.value === true ? 'always' : 'never'
  const text = source.replaceAll(/\s+/g, ' ').trim()
  const says = { always: 'always holds', never: 'never holds', fails: 'always fails' }[fate]
  const message = `\`${text}\` ${says}, whatever is asked`
  judging.warnings.push(
    warningAt(judging.tree.file, scalar.at, { code: 'condition_constant', message }),
  )
  return fate
}
