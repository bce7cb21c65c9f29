import type { ErrorObject } from 'ajv/dist/2020.js'

export type SchemaProblem = { readonly path: string; readonly message: string }

/**
 * What does not fit a schema, in the words of the schema library that Cerbos uses (checked against
 * Cerbos 0.55): policy tests compare these texts literally. An error that others explain (`anyOf`,
 * `if`) is left out in their favour.
 */
export function schemaErrors(errors: readonly ErrorObject[]): readonly SchemaProblem[] {
  const problems = new Map<string, { path: string; message: string; names: string[] | null }>()
  // A value of another type is told so, and nothing else by the same schema.
  const mistyped = new Set(errors.filter(({ keyword }) => keyword === 'type').map(placeOf))
  for (const error of errors) {
    if (error.keyword !== 'type' && mistyped.has(placeOf(error))) continue
    const said = say(error)
    if (said === null) continue
    const names = Object.hasOwn(GROUPED, error.keyword) ? [said.message] : null
    const key = names === null ? `${said.path} ${said.message}` : `${said.path} ${error.schemaPath}`
    const known = problems.get(key)
    if (known === undefined) {
      problems.set(key, { ...said, names: names === null ? null : [error.keyword, ...names] })
    } else if (known.names !== null) known.names.push(said.message)
  }
  return [...problems.values()].map(({ path, message, names }) => ({
    path: path === '' ? '/' : path,
    message: names === null ? message : groupText(names),
  }))
}

const placeOf = ({ instancePath, schemaPath }: ErrorObject): string =>
  `${instancePath} ${schemaPath.slice(0, schemaPath.lastIndexOf('/'))}`

/** Errors that the other library reports once for all names. */
const GROUPED: Readonly<Record<string, (names: string) => string>> = {
  required: (names) => `missing properties: ${names}`,
  additionalProperties: (names) => `additionalProperties ${names} not allowed`,
}

function groupText([keyword = '', ...names]: readonly string[]): string {
  const write = GROUPED[keyword]
  return write === undefined ? '' : write(names.map((name) => `'${name}'`).join(', '))
}

const NOT_SAID: readonly string[] = ['if', 'contains', 'propertyNames', '$ref', 'allOf']

function say(error: ErrorObject): SchemaProblem | null {
  const { keyword, params, data, propertyName } = error
  const instancePath =
    propertyName === undefined || keyword === 'propertyNames'
      ? error.instancePath
      : `${error.instancePath}/${pointer(propertyName)}`
  const at = (message: string, path = instancePath): SchemaProblem => ({ path, message })
  const p = params as { readonly [name: string]: unknown }
  if (NOT_SAID.includes(keyword)) return null
  switch (keyword) {
    case 'required':
      return at(String(p['missingProperty']))
    case 'additionalProperties':
      return at(String(p['additionalProperty']))
    case 'unevaluatedProperties':
      return at('not allowed', `${instancePath}/${pointer(String(p['unevaluatedProperty']))}`)
    case 'items':
    case 'unevaluatedItems':
    case 'additionalItems':
      return at('not allowed', `${instancePath}/${Number(p['limit'] ?? p['len'] ?? 0)}`)
    case 'false schema':
      return at('not allowed')
    case 'anyOf':
      return null
    case 'oneOf': {
      const passing = p['passingSchemas']
      return Array.isArray(passing)
        ? at(`valid against schemas at indexes ${passing.join(' and ')}`)
        : null
    }
    case 'dependentRequired':
    case 'dependencies':
      return at(
        `property '${String(p['missingProperty'])}' is required, if '${String(p['property'])}' property exists`,
      )
    default:
      return at(sayValue(keyword, p, error.schema, data))
  }
}

/** One step of a JSON pointer (RFC 6901 §3). */
const pointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

function sayValue(
  keyword: string,
  params: { readonly [name: string]: unknown },
  schema: unknown,
  data: unknown,
): string {
  const limit = String(params['limit'])
  const length = typeof data === 'string' ? Array.from(data).length : sizeOf(data)
  switch (keyword) {
    case 'type':
      return `expected ${[schema].flat().join(' or ')}, but got ${typeOf(data)}`
    case 'enum':
      return oneOf(Array.isArray(schema) ? schema : [])
    case 'const':
      return `value must be ${quoted(schema)}`
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must be ${String(params['comparison'])} ${limit} but found ${String(data)}`
    case 'multipleOf':
      return `${String(data)} not multipleOf ${String(params['multipleOf'])}`
    case 'minLength':
      return `length must be >= ${limit}, but got ${length}`
    case 'maxLength':
      return `length must be <= ${limit}, but got ${length}`
    case 'pattern':
      return `does not match pattern '${String(params['pattern'])}'`
    case 'format':
      return `'${String(data)}' is not valid '${String(params['format'])}'`
    case 'minItems':
      return `minimum ${limit} items required, but found ${length} items`
    case 'maxItems':
      return `maximum ${limit} items required, but found ${length} items`
    case 'uniqueItems':
      return `items at index ${[params['i'], params['j']]
        .map(Number)
        .sort((a, b) => a - b)
        .join(' and ')} are equal`
    case 'minProperties':
      return `minimum ${limit} properties allowed, but found ${length} properties`
    case 'maxProperties':
      return `maximum ${limit} properties allowed, but found ${length} properties`
    default:
      return `${keyword} failed`
  }
}

function sizeOf(data: unknown): number {
  if (Array.isArray(data)) return data.length
  return typeof data === 'object' && data !== null ? Object.keys(data).length : 0
}

function typeOf(data: unknown): string {
  if (data === null) return 'null'
  return Array.isArray(data) ? 'array' : typeof data
}

/** Only values that are no list and no map are named. */
function oneOf(values: readonly unknown[]): string {
  if (values.some((value) => typeof value === 'object' && value !== null)) return 'enum failed'
  return `value must be one of ${values.map(quoted).join(', ')}`
}

function quoted(value: unknown): string {
  if (value === null) return '<nil>'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'number' ? `"${value}"` : 'the constant'
}
