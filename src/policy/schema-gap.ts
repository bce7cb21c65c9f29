import { closestName } from '../cel/closest-name.ts'

/** A step of a path that a JSON Schema does not have. */
export type SchemaGap = {
  /** Which step of the path it is, from 0. */
  readonly step: number
  /** Whether the schema refuses the name; else it is open, and the name is close to a declared one. */
  readonly closed: boolean
  readonly closest: string | null
  readonly declared: readonly string[]
}

/** A shorter name is close to too many others to be called misspelt. */
const MISSPELT_LENGTH_MIN = 4

/**
 * The first step of a path below a value that its JSON Schema (2020-12) does not have, or null when
 * it has all of them or when what it says cannot be known. A schema that refuses a name does so
 * whatever stands beside it; one that leaves it open may declare it behind `$ref`, `allOf` and the like.
 */
export function schemaGap(schema: unknown, path: readonly string[]): SchemaGap | null {
  let level = schema
  let isPlain = true
  for (const [step, name] of path.entries()) {
    if (!isMap(level)) return null
    const here: Level = level
    isPlain &&= !INDIRECT.some((keyword) => has(here, keyword))
    const properties = has(here, 'properties') ? here['properties'] : {}
    if (!isMap(properties)) return null
    if (!has(properties, name)) return gapAt(here, Object.keys(properties), { step, name, isPlain })
    level = properties[name]
  }
  return null
}

type Level = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is Level =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const has = (level: Level, name: string): boolean => Object.hasOwn(level, name)

/** Keywords behind which a schema may declare more properties than stand in `properties`. */
const INDIRECT = [
  '$ref',
  '$dynamicRef',
  '$recursiveRef',
  'allOf',
  'anyOf',
  'oneOf',
  'if',
  'dependentSchemas',
  'dependencies',
]

function gapAt(
  level: Level,
  declared: readonly string[],
  {
    step,
    name,
    isPlain,
  }: { readonly step: number; readonly name: string; readonly isPlain: boolean },
): SchemaGap | null {
  if (has(level, 'patternProperties')) return null
  const closest = closestName(name, declared)
  const others = has(level, 'additionalProperties') ? level['additionalProperties'] : true
  if (others === false) return { step, closed: true, closest, declared }
  // A schema for other names, or for those that nothing else looked at, expects that there are some.
  const isOpen = others === true && !has(level, 'unevaluatedProperties')
  if (!isPlain || !isOpen || closest === null || name.length < MISSPELT_LENGTH_MIN) return null
  return { step, closed: false, closest, declared }
}
