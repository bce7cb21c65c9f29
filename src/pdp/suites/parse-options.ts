import { report } from '../../policy/diagnostic.ts'
import type { Fields } from '../../policy/fields.ts'
import {
  mapOf,
  openFields,
  optionalBoolean,
  optionalNode,
  optionalText,
} from '../../policy/fields.ts'
import type { SuiteOptions } from './suite.ts'

const KNOWN = [
  'now',
  'globals',
  'defaultPolicyVersion',
  'defaultScope',
  'lenientScopeSearch',
  'strictEvaluation',
]

/**
 * Reads `options` of a suite or a test; null when there are none. What the engine cannot honour is
 * reported: a test that runs under other rules than it says proves nothing.
 */
export function parseOptions(fields: Fields): SuiteOptions | null {
  const node = optionalNode(fields, 'options')
  if (node === null) return null
  const options = openFields(fields.file, node, `\`options\` of ${fields.name}`, { known: KNOWN })
  if (options === null) return null
  if (optionalBoolean(options, 'lenientScopeSearch') === true)
    refuse(options, 'lenientScopeSearch', 'a request is decided in the scope that it names')
  if (optionalBoolean(options, 'strictEvaluation') === false)
    refuse(options, 'strictEvaluation', 'an error in a condition always denies')
  if (mapOf(options, 'globals').size > 0) refuse(options, 'globals', 'policies cannot read globals')
  return {
    now: parseNow(options),
    defaultPolicyVersion: optionalText(options, 'defaultPolicyVersion') ?? '',
    defaultScope: optionalText(options, 'defaultScope') ?? '',
  }
}

function refuse(options: Fields, key: string, why: string): void {
  report(options.file, options.entries.get(key)?.keyAt ?? options.at, {
    code: 'not_supported',
    message: `\`${key}\` is not supported: ${why}`,
  })
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/

function parseNow(options: Fields): number | null {
  const text = optionalText(options, 'now')
  if (text === null) return null
  const now = RFC3339.test(text) ? Date.parse(text.replace(' ', 'T').toUpperCase()) : Number.NaN
  if (Number.isFinite(now)) return now
  const at = options.entries.get('now')?.value.at ?? options.at
  const message = `\`now\` cannot be \`${text}\`: it is a time such as \`2026-11-21T12:00:00Z\``
  report(options.file, at, { code: 'value_invalid', message })
  return null
}
