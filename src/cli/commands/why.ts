import type { Flat } from '../../audit/flat.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { ShownRecord } from '../../store/open-ledger.ts'
import { EXIT } from '../exit-code.ts'
import { findDecision } from '../find-decision.ts'
import { openLedgerFor } from '../open-ledger-for.ts'
import { resourceOf, textOf } from '../show-record.ts'
import type { StateOptions } from '../state-directory.ts'
import { complain, type Terminal } from '../terminal.ts'

/** Explains one decision from its record. Exit 2 when there is no such decision. */
export async function why(
  terminal: Terminal,
  options: StateOptions,
  decision: string,
): Promise<number> {
  const ledger = openLedgerFor(terminal, options)
  if (!ledger.ok) return ledger.error
  const records = findDecision(ledger.value, decision)
  ledger.value.close()
  const [decided, ...others] = records
  if (decided === undefined) {
    complain(
      terminal,
      `there is no decision \`${decision}\` in this ledger`,
      'see `reeve audit tail`',
    )
    return EXIT.usage
  }
  if (terminal.json) terminal.data(JSON.stringify({ decision: decided, followed_by: others }))
  else for (const line of explain(terminal, decided, others)) terminal.data(line)
  return EXIT.ok
}

function explain(
  terminal: Terminal,
  { index, record }: ShownRecord,
  followedBy: readonly ShownRecord[],
): readonly string[] {
  const { colors } = terminal
  const denied = record.decision === 'deny'
  const head = denied ? colors.red('deny') : colors.green(record.decision ?? record.type)
  const row = (name: string, text: string): string => `  ${colors.dim(name.padEnd(9))}${text}`
  const lines = [`${head}  ${textOf(record.action)} on ${resourceOf(record)}`]
  lines.push(row('who', partiesOf(record)))
  if (record.reason !== null)
    lines.push(row('why', `${textOf(record.reason_detail)} (${record.reason})`))
  lines.push(row('rule', ruleOf(record)))
  for (const [i, basis] of basisOf(record).entries()) lines.push(row(i === 0 ? 'basis' : '', basis))
  for (const item of itemsOf(record)) lines.push(row('item', item))
  if (record.list_total !== null)
    lines.push(row('list', `${record.list_shown ?? 0} of ${record.list_total} entries shown`))
  for (const { record: later } of followedBy) lines.push(row('outcome', outcomeOf(later)))
  lines.push(row('purpose', textOf(record.purpose)))
  lines.push(row('record', `${index}, ${record.timestamp}, decision ${record.policy_decision_id}`))
  return lines
}

function partiesOf(record: Flat): string {
  const principal = textOf(record.principal)
  const subject = textOf(record.subject)
  const forWhom = subject === '-' || subject === principal ? '' : ` for ${subject}`
  const sponsor = record.sponsor_id === null ? '' : `, sponsor ${textOf(record.sponsor_id)}`
  return `${principal}${forWhom}${sponsor}, by ${record.surface}`
}

function ruleOf(record: Flat): string {
  const release =
    record.policy_release === null ? '' : `, release ${record.policy_release.slice(0, 19)}…`
  const id = textOf(record.policy_id)
  if (id === '-' || id === '') return `no rule decided it${release}`
  return `${textOf(record.rule)} in ${id}${release}`
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const objectsOf = (value: Json): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : []

/**
 * The factors of the formula as people read them: every one that denies, then the rules that
 * allow, then the rest by name, each once.
 */
function basisOf(record: Flat): readonly string[] {
  const all = objectsOf(record.basis).map((one) => ({
    denies: one['effect'] === 'deny',
    factor: textOf(one['factor'] ?? null),
    principal: textOf(one['principal'] ?? null),
    rule: one['rule'] ?? null,
  }))
  const line = (one: (typeof all)[number], effect: string): string =>
    `${effect}  ${one.factor} ${one.principal}${one.rule === null ? '' : ` by ${textOf(one.rule)}`}`
  const denying = all.filter((one) => one.denies).map((one) => line(one, 'deny '))
  const byRule = all
    .filter((one) => !one.denies && one.rule !== null)
    .map((one) => line(one, 'allow'))
  const rest = all.filter((one) => !one.denies && one.rule === null).map((one) => one.factor)
  const others = rest.length === 0 ? [] : [`holds  ${[...new Set(rest)].join(', ')}`]
  return [...new Set([...denying, ...byRule, ...others])]
}

const itemsOf = (record: Flat): readonly string[] =>
  objectsOf(record.items).map((item) => {
    const resource = item['resource'] ?? null
    const id = isObject(resource)
      ? `${textOf(resource['kind'] ?? null)} ${textOf(resource['id'] ?? null)}`
      : ''
    return `${textOf(item['decision'] ?? null).padEnd(5)} ${textOf(item['action'] ?? null)} on ${id}`
  })

const outcomeOf = (record: Flat): string =>
  `${record.effect}, status ${record.status ?? '-'}, ${record.bytes_sent ?? 0} bytes in ${record.duration_ms ?? 0} ms`
