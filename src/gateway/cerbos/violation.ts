import type { Json, JsonObject } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'

/** One step to a field: its name in the API's own spelling, and which entry of a list or a map. */
export type Step = { readonly name: string; readonly index?: number; readonly key?: string }

/** A value that has the right type and breaks a rule of the API. */
export type Violation = { readonly steps: readonly Step[]; readonly rule: RuleName }

/** Why a check was not understood, with the violations that its answer lists. */
export type CheckProblem = Reason & { readonly violations: readonly Violation[] }

export type RuleName = 'required' | 'unique' | 'item' | 'key' | 'version' | 'scope' | 'one_jwt'

/** What breaks the rules of the API, as one reason in the words that its clients know. */
export function problemOf(violations: readonly Violation[]): CheckProblem {
  const lines = violations.map(({ steps, rule }) => `${pathOf(steps)}: ${RULES[rule].message}`)
  const [only] = lines
  const detail =
    lines.length === 1
      ? `validation error: ${only}`
      : `validation errors:\n${lines.map((line) => ` - ${line}`).join('\n')}`
  return { ...reason('malformed', detail), violations }
}

/** The violations as the detail of an error (`buf.validate.Violations`). */
export const violationsDetail = (violations: readonly Violation[]): JsonObject => ({
  '@type': 'type.googleapis.com/buf.validate.Violations',
  violations: violations.map(violationJson),
})

function violationJson({ steps, rule }: Violation): Json {
  const { id, message, elements, forKey } = RULES[rule]
  const inMap = steps.some(({ key }) => key !== undefined)
  return {
    field: { elements: steps.map((step, i) => stepJson(step, dotted(steps.slice(0, i + 1)))) },
    ...(elements.length === 0 ? {} : { rule: { elements: elements.map(elementJson) } }),
    ruleId: id,
    message,
    ...(inMap ? { forKey } : {}),
  }
}

function stepJson({ name, index, key }: Step, path: string): Json {
  const [number, type] = FIELDS[path] ?? [0, 'MESSAGE']
  return {
    fieldNumber: number,
    fieldName: name,
    fieldType: `TYPE_${type}`,
    ...(index === undefined ? {} : { index: String(index) }),
    ...(key === undefined
      ? {}
      : { keyType: 'TYPE_STRING', valueType: 'TYPE_MESSAGE', stringKey: shown(key) }),
  }
}

const elementJson = ([number, name, type]: Element): Json => ({
  fieldNumber: number,
  fieldName: name,
  fieldType: `TYPE_${type}`,
})

const dotted = (steps: readonly Step[]): string => steps.map(({ name }) => name).join('.')

const pathOf = (steps: readonly Step[]): string =>
  steps
    .map(({ name, index, key }) => {
      if (index !== undefined) return `${name}[${index}]`
      return key === undefined ? name : `${name}["${shown(key)}"]`
    })
    .join('.')

/** A key is shown when it looks like a name; anything else could be content. */
const shown = (key: string): string => (/^[\w.-]{0,64}$/.test(key) ? key : '?')

type Element = readonly [
  number: number,
  name: string,
  type: 'BOOL' | 'STRING' | 'MESSAGE' | 'UINT64',
]

/** Numbers and types of the fields in the API's definition, by their path. */
const FIELDS: Readonly<Record<string, readonly [number, 'STRING' | 'MESSAGE']>> = {
  principal: [3, 'MESSAGE'],
  'principal.id': [1, 'STRING'],
  'principal.policy_version': [2, 'STRING'],
  'principal.roles': [3, 'STRING'],
  'principal.scope': [5, 'STRING'],
  resources: [4, 'MESSAGE'],
  'resources.actions': [1, 'STRING'],
  'resources.resource': [2, 'MESSAGE'],
  'resources.resource.kind': [1, 'STRING'],
  'resources.resource.policy_version': [2, 'STRING'],
  'resources.resource.id': [3, 'STRING'],
  'resources.resource.scope': [5, 'STRING'],
  aux_data: [5, 'MESSAGE'],
  'aux_data.jwt': [1, 'MESSAGE'],
  'aux_data.jwt.token': [1, 'STRING'],
  'aux_data.jwts': [2, 'MESSAGE'],
  'aux_data.jwts.token': [1, 'STRING'],
  request_context: [6, 'MESSAGE'],
  'request_context.annotations': [1, 'MESSAGE'],
}

const STRING: Element = [14, 'string', 'MESSAGE']
const MIN_LENGTH: Element = [2, 'min_len', 'UINT64']
const PATTERN: readonly Element[] = [STRING, [6, 'pattern', 'STRING']]

type Rule = {
  readonly id: string
  readonly message: string
  /** Where the rule stands among the rules that a field may have. */
  readonly elements: readonly Element[]
  /** Whether it is about the key of a map, and not about the value. */
  readonly forKey: boolean
}

const RULES: Readonly<Record<RuleName, Rule>> = {
  required: {
    id: 'required',
    message: 'value is required',
    elements: [[25, 'required', 'BOOL']],
    forKey: false,
  },
  unique: {
    id: 'repeated.unique',
    message: 'repeated value must contain unique items',
    elements: [
      [18, 'repeated', 'MESSAGE'],
      [3, 'unique', 'BOOL'],
    ],
    forKey: false,
  },
  item: {
    id: 'string.min_len',
    message: 'must be at least 1 characters',
    elements: [[18, 'repeated', 'MESSAGE'], [4, 'items', 'MESSAGE'], STRING, MIN_LENGTH],
    forKey: false,
  },
  key: {
    id: 'string.min_len',
    message: 'must be at least 1 characters',
    elements: [[19, 'map', 'MESSAGE'], [4, 'keys', 'MESSAGE'], STRING, MIN_LENGTH],
    forKey: true,
  },
  version: {
    id: 'string.pattern',
    message: 'does not match regex pattern `^[\\w]*$`',
    elements: PATTERN,
    forKey: false,
  },
  scope: {
    id: 'string.pattern',
    message: 'does not match regex pattern `^(^$|\\.|[0-9a-zA-Z][\\w\\-]*(\\.\\w[\\w\\-]*)*)$`',
    elements: PATTERN,
    forKey: false,
  },
  one_jwt: {
    id: 'AuxData.only_one_jwt_field',
    message: 'Only one of the jwt or jwts fields must be set',
    elements: [],
    forKey: false,
  },
}
