import type { Obligation } from '../core/decision.ts'
import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import {
  listOf,
  openFields,
  optionalBoolean,
  optionalNode,
  optionalText,
  requiredText,
  textOf,
} from './fields.ts'
import { jsonOf } from './parse-definitions.ts'
import type { Approval, Effect, Rollout, RuleTree } from './tree.ts'
import type { YamlNode } from './yaml-node.ts'

/** What `reeve.dev/v1` adds to every rule. */
export const REEVE_FIELDS: readonly string[] = [
  'remedy',
  'disclose',
  'approval',
  'obligations',
  'advice',
  'rollout',
]

export type RuleExtras = Pick<
  RuleTree,
  'remedy' | 'discloses' | 'approval' | 'obligations' | 'advice' | 'rollout'
>

/** A rule that has none of them. */
export const NO_EXTRAS: RuleExtras = {
  remedy: null,
  discloses: false,
  approval: null,
  obligations: [],
  advice: [],
  rollout: null,
}

/** Reads the fields of `REEVE_FIELDS`; those that only an allow can have are refused on a deny. */
export function parseExtras(fields: Fields, effect: Effect | null): RuleExtras {
  if (effect === 'deny') {
    for (const key of ['approval', 'obligations', 'advice']) {
      const entry = fields.entries.get(key)
      const message = `\`${key}\` has no meaning for a rule that denies`
      if (entry !== undefined) report(fields.file, entry.keyAt, { code: 'field_conflict', message })
    }
  }
  return {
    remedy: fields.entries.has('remedy') ? optionalText(fields, 'remedy') : null,
    discloses: fields.entries.has('disclose') && optionalBoolean(fields, 'disclose') === true,
    approval: parseApproval(fields),
    obligations: parseObligations(fields, 'obligations'),
    advice: parseObligations(fields, 'advice'),
    rollout: parseRollout(fields, ['percent', 'key']),
  }
}

function parseObligations(fields: Fields, key: string): readonly Obligation[] {
  return listOf(fields, key).flatMap((item) => {
    if (item.kind === 'scalar') {
      const kind = textOf(fields.file, item, `an entry of \`${key}\``, KIND)
      return kind === null ? [] : [{ kind, value: null }]
    }
    const entry = openFields(fields.file, item, `an entry of \`${key}\``, {
      known: ['kind', 'value'],
    })
    const kind = entry === null ? null : requiredText(entry, 'kind', KIND)
    if (entry === null || kind === null) return []
    const value = entry.entries.get('value')
    return [{ kind, value: value === undefined ? null : jsonOf(value.value) }]
  })
}

const KIND = {
  pattern: /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$/,
  says: 'a kind is words of lower-case letters, digits and `_`, joined by `.`',
}

function parseApproval(fields: Fields): Approval | null {
  const node = optionalNode(fields, 'approval')
  if (node === null) return null
  const known = ['by', 'quorum', 'ttl', 'bind']
  const approval = openFields(fields.file, node, '`approval`', { known })
  const by = approval === null ? null : requiredText(approval, 'by', APPROVER)
  if (approval === null || by === null) return null
  optionalText(approval, 'bind', { pattern: /^arguments$/, says: 'it is `arguments`' })
  return {
    by,
    quorum: wholeNumber(approval, 'quorum', { least: 1, most: QUORUM_MAX }) ?? 1,
    ttlSeconds: parseTtl(approval),
  }
}

const APPROVER = {
  pattern: /^[\w@.:-]+$/,
  says: 'it is `sponsor`, `self`, or the name of a role',
}

/** More people than ever answer in time. */
const QUORUM_MAX = 16
/** Long enough for a person to see it, short enough that the circumstances are still the same. */
const APPROVAL_TTL_SECONDS_DEFAULT = 900
const APPROVAL_TTL_SECONDS_MAX = 86_400
const SECONDS_IN: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

function parseTtl(fields: Fields): number {
  const node = optionalNode(fields, 'ttl')
  if (node === null) return APPROVAL_TTL_SECONDS_DEFAULT
  const value = node.kind === 'scalar' ? secondsOf(node.value) : null
  if (value !== null && value >= 1 && value <= APPROVAL_TTL_SECONDS_MAX) return value
  const message = '`ttl` must be whole seconds, or a number with `s`, `m` or `h`, up to `24h`'
  report(fields.file, node.at, { code: 'value_invalid', message })
  return APPROVAL_TTL_SECONDS_DEFAULT
}

function secondsOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isInteger(value) ? value : null
  const [, count = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(String(value)) ?? []
  return count === '' ? null : Number(count) * (SECONDS_IN[unit] ?? 0)
}

/** Reads `rollout: {percent, …}`; the other fields are those that the form of the file allows. */
export function parseRollout(fields: Fields, known: readonly string[]): Rollout | null {
  const node = optionalNode(fields, 'rollout')
  if (node === null) return null
  const rollout = openFields(fields.file, node, '`rollout`', { known })
  if (rollout === null) return null
  const percent = numberIn(rollout, 'percent', { least: 0, most: 100 }, node)
  numberIn(rollout, 'increment', { least: 0, most: 100 }, null)
  const key = optionalText(rollout, 'key', {
    pattern: /^(?:subject|agent)$/,
    says: 'it is `subject` or `agent`',
  })
  return percent === null ? null : { percent, key: key === 'agent' ? 'agent' : 'subject' }
}

type Bounds = { readonly least: number; readonly most: number }

/** A number within bounds; one that is missing is reported at `needed`, if it is needed. */
function numberIn(
  fields: Fields,
  key: string,
  { least, most }: Bounds,
  needed: YamlNode | null,
): number | null {
  const node = optionalNode(fields, key)
  if (node === null) {
    const message = `${fields.name} needs \`${key}\``
    if (needed !== null) report(fields.file, needed.at, { code: 'field_missing', message })
    return null
  }
  const value = node.kind === 'scalar' ? node.value : null
  if (typeof value === 'number' && value >= least && value <= most) return value
  const message = `\`${key}\` of ${fields.name} must be a number from ${least} to ${most}`
  report(fields.file, node.at, { code: 'value_invalid', message })
  return null
}

function wholeNumber(fields: Fields, key: string, bounds: Bounds): number | null {
  const value = numberIn(fields, key, bounds, null)
  if (value === null || Number.isInteger(value)) return value
  const at = fields.entries.get(key)?.value.at ?? fields.at
  const message = `\`${key}\` of ${fields.name} must be a whole number`
  report(fields.file, at, { code: 'value_invalid', message })
  return null
}
