import { resolve } from 'node:path'
import { formatProblem } from '../../app/config/config.ts'
import { fileSources } from '../../app/config/file-sources.ts'
import { readConfig } from '../../app/config/read-config.ts'
import { loadRelease } from '../../app/load-release.ts'
import { readRolloutKey } from '../../app/rollout-key.ts'
import type { Release } from '../../core/path.ts'
import type { Ask } from '../../core/question.ts'
import { readReplay } from '../../core/replay.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { explain, type ExplainedCondition, type Explanation } from '../../pdp/explain.ts'
import { EXIT } from '../exit-code.ts'
import { findDecision } from '../find-decision.ts'
import { openLedgerFor } from '../open-ledger-for.ts'
import { textOf } from '../show-record.ts'
import type { StateOptions } from '../state-directory.ts'
import { complain, type Terminal } from '../terminal.ts'

export type ExplainOptions = StateOptions & { readonly config: string }

/**
 * Makes a recorded decision again and shows every rule that was looked at, with the values that its
 * condition met. On other policies than those that decided it says so: then it tells what they
 * would do. Exit 2 when there is no such decision, or its facts were erased.
 */
export async function explainDecision(
  terminal: Terminal,
  options: ExplainOptions,
  decision: string,
): Promise<number> {
  const ledger = openLedgerFor(terminal, options)
  if (!ledger.ok) return ledger.error
  const [found] = findDecision(ledger.value, decision)
  ledger.value.close()
  const kept = found?.record.replay
  const replay = typeof kept === 'string' ? readReplay(kept) : null
  if (found === undefined || replay === null) {
    complain(terminal, `there is nothing to explain for decision \`${decision}\``, NOTHING)
    return EXIT.usage
  }
  const release = releaseOf(terminal, options)
  if (!release.ok) return release.error
  const { caller, context, facts } = replay
  const explained = replay.asks.map((ask) => ({
    ask,
    explanation: explain(release.value, { caller, ask, context }, facts),
  }))
  const same = release.value.digest === found.record.policy_release
  if (terminal.json) {
    terminal.data(JSON.stringify({ same_release: same, release: release.value.digest, explained }))
    return EXIT.ok
  }
  if (!same)
    terminal.talk('these are other policies than those that decided: this is what they would do')
  for (const one of explained) for (const line of linesOf(terminal, one)) terminal.data(line)
  return EXIT.ok
}

const NOTHING = 'only decisions are kept with their facts: see `reeve audit tail`'

function releaseOf(terminal: Terminal, options: ExplainOptions): Result<Release, number> {
  const config = readConfig(fileSources(process.env), resolve(options.config))
  if (!config.ok) {
    for (const problem of config.error) complain(terminal, formatProblem(problem))
    return fail(EXIT.invalid)
  }
  const { policyFiles: files, schemaFiles: schemas, engine } = config.value
  const release = loadRelease(
    { files, schemas },
    engine,
    readRolloutKey(config.value.stateDirectory),
  )
  if (release.ok) return ok(release.value)
  for (const line of release.error) terminal.talk(line)
  return fail(EXIT.invalid)
}

function linesOf(
  { colors }: Terminal,
  { ask, explanation }: { readonly ask: Ask; readonly explanation: Explanation },
): readonly string[] {
  const { decision } = explanation
  const effect = decision.effect === 'allow' ? colors.green('allow') : colors.red('deny')
  const lines = [`${effect}  ${ask.action} on ${ask.resource.kind} ${ask.resource.id}`]
  if (decision.effect === 'deny')
    for (const why of decision.reasons) lines.push(`  ${why.code}: ${why.detail}`)
  for (const rule of explanation.rules) {
    const state = rule.applies ? rule.truth : 'other roles'
    lines.push(
      `  ${rule.principal}  ${rule.effect} ${rule.ref.rule ?? ''} in ${rule.ref.id}: ${state}`,
    )
    if (rule.condition !== null) lines.push(...conditionLines(rule.condition, '    '))
  }
  return lines
}

function conditionLines(condition: ExplainedCondition, indent: string): readonly string[] {
  if (condition.kind !== 'expr')
    return [
      `${indent}${condition.kind}: ${condition.truth}`,
      ...condition.of.flatMap((part) => conditionLines(part, `${indent}  `)),
    ]
  const error = condition.error === null ? '' : ` (${condition.error})`
  return [
    `${indent}${condition.source}: ${condition.truth}${error}`,
    ...condition.reads.map(({ path, value }) => `${indent}  ${path} = ${textOf(value)}`),
  ]
}
