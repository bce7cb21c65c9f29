import type { JsonObject } from '../../core/json.ts'
import { isJsonObject } from '../../core/json.ts'
import { report } from '../../policy/diagnostic.ts'
import type { EngineOptions } from '../../policy/engine-options.ts'
import type { Fields } from '../../policy/fields.ts'
import {
  mapOf,
  openFields,
  optionalBoolean,
  optionalNode,
  optionalText,
} from '../../policy/fields.ts'
import { jsonOf } from '../../policy/parse-definitions.ts'
import type { YamlNode } from '../../policy/yaml-node.ts'
import type { SuiteOptions } from './suite.ts'

const KNOWN = [
  'now',
  'globals',
  'defaultPolicyVersion',
  'defaultScope',
  'lenientScopeSearch',
  'strictEvaluation',
]

/** Reads `options` of a suite or a test; null when there are none. */
export function parseOptions(fields: Fields): SuiteOptions | null {
  const node = optionalNode(fields, 'options')
  if (node === null) return null
  const options = openFields(fields.file, node, `\`options\` of ${fields.name}`, { known: KNOWN })
  return options === null ? null : { now: parseNow(options), engine: engineOptions(options) }
}

/** Only what is set: the rest is the engine's own. */
function engineOptions(options: Fields): Partial<EngineOptions> {
  const globals = optionalNode(options, 'globals')
  const defaultPolicyVersion = optionalText(options, 'defaultPolicyVersion')
  const defaultScope = optionalText(options, 'defaultScope')
  const lenientScopeSearch = optionalBoolean(options, 'lenientScopeSearch')
  const strictEvaluation = optionalBoolean(options, 'strictEvaluation')
  return {
    ...(globals !== null && mapOf(options, 'globals').size > 0 && { globals: objectOf(globals) }),
    ...(defaultPolicyVersion !== null && { defaultPolicyVersion }),
    ...(defaultScope !== null && { defaultScope }),
    ...(lenientScopeSearch !== null && { lenientScopeSearch }),
    ...(strictEvaluation !== null && { strictEvaluation }),
  }
}

function objectOf(node: YamlNode): JsonObject {
  const value = jsonOf(node)
  return isJsonObject(value) ? value : {}
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
