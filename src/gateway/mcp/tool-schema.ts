import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { JsonObject } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { declaredKeysOf, type DeclaredKeys } from './declared-keys.ts'
import { compilePattern } from './tool-pattern.ts'

/** Checks the arguments of a call; null when they fit, else `malformed` with where and what. */
export type CheckArguments = (args: JsonObject, open: boolean) => Reason | null

/** Compiles the input schema of one tool definition. Fails with `unsupported`. */
export type CompileSchema = (inputSchema: JsonObject) => Result<CheckArguments, Reason>

/** Characters of a schema that we compile; compiling takes time in proportion. */
export const SCHEMA_LENGTH_MAX: number = 64 * 1024

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/
const DRAFT_2020_12 = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/

// Strangers write these schemas: unknown keywords and formats are theirs, references are resolved
// inside the schema only, and patterns run on a linear engine.
const OPTIONS: Options = {
  strict: false,
  logger: false,
  ownProperties: true,
  code: { regExp: Object.assign((source: string) => compilePattern(source), { code: '' }) },
}

/**
 * Compiles by the two dialects that MCP names: 2020-12 by default, and draft-07. Every schema gets a
 * compiler of its own (some 15 ms, once for each definition), so that none can register itself or
 * throw out what another one refers to.
 */
export const createCompileSchema = (): CompileSchema => (inputSchema) => {
  const text = JSON.stringify(inputSchema)
  if (text.length > SCHEMA_LENGTH_MAX) return unusable('it is too long')
  const dialect = inputSchema['$schema'] ?? 'https://json-schema.org/draft/2020-12/schema'
  const compiler = compilerFor(typeof dialect === 'string' ? dialect : '')
  if (compiler === null) return unusable('its dialect is not known here')
  try {
    // The compiler compares objects by their prototype's methods, so it gets ordinary ones.
    const validate = compiler.compile(JSON.parse(text) as JsonObject)
    return ok(checkWith(validate, declaredKeysOf(inputSchema)))
  } catch {
    return unusable('it does not compile')
  }
}

function compilerFor(dialect: string): Ajv | null {
  if (DRAFT_2020_12.test(dialect)) return formats.default(new Ajv2020(OPTIONS))
  return DRAFT_07.test(dialect) ? formats.default(new Ajv(OPTIONS)) : null
}

const unusable = (why: string): Result<never, Reason> =>
  fail(reason('unsupported', `the tool's input schema cannot be checked: ${why}`))

const checkWith =
  (validate: ValidateFunction, declared: DeclaredKeys): CheckArguments =>
  (args, open) => {
    const extra = open ? undefined : Object.keys(args).find((key) => !isDeclared(declared, key))
    if (extra !== undefined) {
      return reason('malformed', `arguments: \`${shown(extra)}\` is not an argument of this tool`)
    }
    try {
      if (validate(JSON.parse(JSON.stringify(args)))) return null
    } catch {
      return reason('malformed', 'arguments: they cannot be checked against the input schema')
    }
    return reason('malformed', `arguments${violationOf(validate.errors?.[0])}`)
  }

const isDeclared = ({ names, patterns }: DeclaredKeys, key: string): boolean =>
  names.has(key) || patterns.some((pattern) => pattern.test(key))

/** Where and what, in the schema's words; never the value. */
function violationOf(error: ErrorObject | undefined): string {
  if (error === undefined) return ': they do not fit the input schema'
  return `${shown(error.instancePath)}: ${shown(error.message ?? 'does not fit')}`
}

/** Keys and messages are repeated to the caller; more of one than this helps nobody. */
const SHOWN_LENGTH_MAX = 200

const shown = (text: string): string =>
  text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`
