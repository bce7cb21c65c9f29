import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import { fail, ok, type Result } from '../../core/result.ts'
import type { ConfigProblem } from './config.ts'

/** A YAML file as plain data, with a way back from a path in the data to the place in the text. */
export type YamlFile = {
  readonly file: string
  readonly data: unknown
  readonly at: (path: readonly PropertyKey[]) => { readonly line: number; readonly column: number }
}

/** A configuration file larger than this is not one. */
const FILE_CHARS_MAX = 1024 * 1024

/** Aliases that a file may expand to; more is an alias bomb. */
const ALIAS_COUNT_MAX = 100

/** Nesting of a configuration; deeper is an attack on recursive code, real files stay below 12. */
const DEPTH_MAX = 64

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Parses one YAML document and replaces `${NAME}` and `${NAME:default}` in its strings from the
 * environment. Total: fails with every syntax error, duplicate key and unset variable of the file.
 * With `only`, just these top-level sections are read and filled in.
 */
export function parseYamlFile(
  file: string,
  text: string,
  environment: Environment,
  only: readonly string[] | null = null,
): Result<YamlFile, readonly ConfigProblem[]> {
  const lines = new LineCounter()
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const broken = (message: string): Result<never, readonly ConfigProblem[]> =>
    fail([{ file, line: 1, column: 1, message, hint: null }])
  if (text.length > FILE_CHARS_MAX) return broken('the file is larger than 1 MiB')
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      uniqueKeys: true,
      prettyErrors: false,
      logLevel: 'error',
    })
    // A tag that the parser does not know would be read as something that nobody wrote.
    const problems = [...document.errors, ...document.warnings].map((error): ConfigProblem => ({
      file,
      ...place(error.pos[0]),
      message: firstLine(error.message),
      hint: null,
    }))
    if (problems.length > 0) return fail(problems)
    const at: YamlFile['at'] = (path) => place(offsetOf(document, path))
    const all: unknown = document.toJS({ maxAliasCount: ALIAS_COUNT_MAX })
    const unset: ConfigProblem[] = []
    const data = fillFromEnvironment(only === null ? all : sections(all, only), environment, [], {
      missing: (path, name) =>
        unset.push({
          file,
          ...at(path),
          message: `the environment variable \`${name}\` is not set`,
          hint: `set it, or write \${${name}:default} (never a default for a secret)`,
        }),
    })
    return unset.length > 0 ? fail(unset) : ok({ file, data, at })
  } catch (error) {
    // The parser throws for alias bombs, and runs out of stack on deep nesting.
    if (error instanceof RangeError) return broken(`nesting is deeper than ${DEPTH_MAX}`)
    return broken(error instanceof Error ? firstLine(error.message) : 'cannot be read')
  }
}

const sections = (data: unknown, only: readonly string[]): unknown =>
  typeof data === 'object' && data !== null && !Array.isArray(data)
    ? Object.fromEntries(Object.entries(data).filter(([key]) => only.includes(key)))
    : data

/** The library's sentence in our form: one line, lower case, no full stop. */
const firstLine = (text: string): string => {
  const line = (text.split('\n')[0] ?? text).replace(/\.$/, '')
  return line.charAt(0).toLowerCase() + line.slice(1)
}

/** The offset of the value at the path, or of the nearest thing above it that exists. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = rangeStart(node) ?? 0
  for (const step of path) {
    const next = childOf(node, step)
    if (next === null) return offset
    node = next.node
    offset = next.offset
  }
  return offset
}

function childOf(node: unknown, step: PropertyKey): { node: unknown; offset: number } | null {
  if (isMap(node)) {
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
    )
    if (pair === undefined) return null
    return { node: pair.value, offset: rangeStart(pair.key) ?? rangeStart(pair.value) ?? 0 }
  }
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step]
    return item === undefined ? null : { node: item, offset: rangeStart(item) ?? 0 }
  }
  return null
}

const rangeStart = (node: unknown): number | null =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : null

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}/g

function fillFromEnvironment(
  value: unknown,
  environment: Environment,
  path: readonly PropertyKey[],
  on: { readonly missing: (path: readonly PropertyKey[], name: string) => void },
): unknown {
  // Also the end of an alias that contains itself.
  if (path.length > DEPTH_MAX) throw new RangeError('too deep')
  if (typeof value === 'string')
    return value.replace(VARIABLE, (_, name: string, fallback: string | undefined) => {
      const found = Object.hasOwn(environment, name) ? environment[name] : fallback
      if (found === undefined) on.missing(path, name)
      return found ?? ''
    })
  if (Array.isArray(value))
    return value.map((item, i) => fillFromEnvironment(item, environment, [...path, i], on))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        fillFromEnvironment(item, environment, [...path, key], on),
      ]),
    )
  return value
}
