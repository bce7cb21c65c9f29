import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { compileRegex } from '../cel/regex.ts'
import type { Digest } from '../core/ids.ts'
import type { JsonObject } from '../core/json.ts'
import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import { nameMatcher } from './match-names.ts'
import { foldName, resourceKey } from './names.ts'
import type { CompiledSchema, CompiledSchemas } from './release.ts'
import { schemaErrors } from './schema-errors.ts'
import type { ResourcePolicy, SchemaRef } from './tree.ts'

/** Schema files by their ref, and their validators once they are compiled. Null: schemas are off. */
export type SchemaLibrary = {
  readonly ajv: Ajv2020
  readonly files: ReadonlyMap<string, SourceFile>
  readonly compiled: Map<string, ValidateFunction | null>
} | null

/** How policies name a file below `_schemas/`. */
export const schemaRefOf = (path: string): string => {
  const [, ...below] = `/${path}`.split('/_schemas/')
  return `cerbos:///${below.length === 0 ? path : below.join('/_schemas/')}`
}

/** Reads the schema files; one that is no JSON, or no schema, is reported to its file. */
export function openSchemas(files: readonly SourceFile[]): SchemaLibrary {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    verbose: true,
    validateSchema: true,
    logger: false,
    ownProperties: true,
    // Patterns are matched in linear time: they meet values that strangers choose.
    code: { regExp: linearPattern },
  })
  ;(addFormats as unknown as (target: Ajv2020) => void)(ajv)
  const known = new Map<string, SourceFile>()
  for (const file of files) {
    const ref = schemaRefOf(file.path)
    known.set(ref, file)
    const schema = readSchema(file)
    try {
      if (schema !== null) ajv.addSchema(schema, ref)
    } catch (error) {
      reportSchema(file, error)
    }
  }
  return { ajv, files: known, compiled: new Map() }
}

function readSchema(file: SourceFile): object | boolean | null {
  try {
    const value: unknown = JSON.parse(file.text)
    if (typeof value === 'boolean' || (typeof value === 'object' && value !== null)) return value
    reportSchema(file, 'a schema is an object, true or false')
  } catch (error) {
    reportSchema(file, error)
  }
  return null
}

/** The first problem of a schema is told; what else goes wrong with it follows from that. */
function reportSchema(file: SourceFile, error: unknown): void {
  if (file.problems.length > 0) return
  const why = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
  report(file, 0, { code: 'schema_invalid', message: `the schema cannot be used: ${why}` })
}

type LinearPattern = { readonly test: (text: string) => boolean; readonly toString: () => string }

/** Only `test` is ever called by the validator. */
const linearPattern = Object.assign(
  (pattern: string): LinearPattern => {
    const compiled = compileRegex(pattern)
    if (!compiled.ok) throw new Error(`\`${pattern}\` is not a pattern: ${compiled.error}`)
    const regex = compiled.value
    // The validator shares patterns of one text, which it asks for by this name.
    return { test: (text) => regex.test(text), toString: () => pattern }
  },
  { code: 'linearPattern' },
)

/** The schemas of policies without a scope, which count for every scope below them. */
export function indexSchemas(
  library: SchemaLibrary,
  digest: Digest,
  policies: readonly ResourcePolicy[],
): ReadonlyMap<string, ReadonlyMap<string, CompiledSchemas>> {
  const index = new Map<string, Map<string, CompiledSchemas>>()
  if (library === null) return index
  for (const policy of policies) {
    const { resource, version, scope, principalSchema, resourceSchema } = policy
    const compiled = {
      ref: { release: digest, id: resourceKey(resource, version, ''), rule: null, scope: '' },
      principal: compileRef(library, policy, principalSchema),
      resource: compileRef(library, policy, resourceSchema),
    }
    if (scope !== '' || (compiled.principal === null && compiled.resource === null)) continue
    const versions = index.get(foldName(resource)) ?? new Map<string, CompiledSchemas>()
    versions.set(version, compiled)
    index.set(foldName(resource), versions)
    index.set(resource, versions)
  }
  return index
}

function compileRef(
  library: NonNullable<SchemaLibrary>,
  policy: ResourcePolicy,
  schema: SchemaRef | null,
): CompiledSchema | null {
  if (schema === null) return null
  if (!library.files.has(schema.ref)) {
    const message = `no schema is named \`${schema.ref}\``
    const hint = 'schemas stand below `_schemas/` and are named `cerbos:///<path>`'
    report(policy.file, schema.at, { code: 'schema_invalid', message, hint })
    return null
  }
  const validate = validatorOf(library, schema.ref)
  if (validate === null) return null
  return {
    ignoredActions: nameMatcher(schema.ignoredActions),
    check: (attr: JsonObject) => (validate(attr) ? [] : schemaErrors(validate.errors ?? [])),
  }
}

function validatorOf(library: NonNullable<SchemaLibrary>, ref: string): ValidateFunction | null {
  const known = library.compiled.get(ref)
  if (known !== undefined) return known
  let validate: ValidateFunction | null = null
  try {
    validate = library.ajv.getSchema(ref) ?? null
  } catch (error) {
    const file = library.files.get(ref)
    if (file !== undefined) reportSchema(file, error)
  }
  library.compiled.set(ref, validate)
  return validate
}
