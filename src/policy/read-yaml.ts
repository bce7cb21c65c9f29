import { isAlias, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import type { Alias, Document, Pair, ParsedNode, Scalar, YAMLMap } from 'yaml'

import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import {
  POLICY_FILE_CHARACTERS_MAX,
  YAML_DEPTH_MAX,
  YAML_PROBLEMS_MAX,
  YAML_VALUES_MAX,
} from './limits.ts'
import type { ScalarStyle, YamlEntry, YamlMap, YamlNode } from './yaml-node.ts'

/**
 * Reads one YAML 1.2 or JSON document strictly: duplicate keys, several documents, unknown tags and
 * keys that are not text are errors; anchors and shallow merge keys (`<<`) are resolved. Returns
 * null after an error, and for an empty file; every problem is reported to the file.
 */
export function readYaml(file: SourceFile): YamlNode | null {
  if (file.text.length > POLICY_FILE_CHARACTERS_MAX) {
    const message = `the file is longer than ${POLICY_FILE_CHARACTERS_MAX} characters`
    report(file, 0, { code: 'yaml_too_large', message, hint: 'split it into one policy per file' })
    return null
  }
  const document = parseOne(file)
  if (document === null || document.contents === null) return null
  const reading: Reading = {
    file,
    anchors: new Map(),
    aliasDepth: 0,
    valuesLeft: YAML_VALUES_MAX,
    failed: false,
  }
  const node = convert(reading, document.contents, 0)
  return reading.failed ? null : node
}

type Reading = {
  readonly file: SourceFile
  /** The latest node of each anchor, in document order. */
  readonly anchors: Map<string, ParsedNode>
  aliasDepth: number
  valuesLeft: number
  failed: boolean
}

function parseOne(file: SourceFile): Document.Parsed | null {
  const documents = parseDocuments(file)
  if (documents === null) return null
  const [first, second] = documents
  if (first === undefined) return null
  if (second !== undefined) {
    const message = 'a file holds one document'
    report(file, second.range[0], {
      code: 'yaml_invalid',
      message,
      hint: 'move what follows `---` to a file of its own',
    })
    return null
  }
  const problems = [...first.errors, ...first.warnings]
  if (problems.some(({ message }) => STACK_EXHAUSTED.test(message))) {
    reportDepth(file)
    return null
  }
  for (const problem of problems.slice(0, YAML_PROBLEMS_MAX)) {
    report(file, problem.pos[0], { code: 'yaml_invalid', message: sentence(problem.message) })
  }
  return problems.length > 0 ? null : first
}

/** The reader is recursive; what it says when nesting was beyond the stack. */
const STACK_EXHAUSTED = /call stack/i

const reportDepth = (file: SourceFile): void => {
  report(file, 0, {
    code: 'yaml_too_large',
    message: `the file is nested deeper than ${YAML_DEPTH_MAX} levels`,
  })
}

function parseDocuments(file: SourceFile): readonly Document.Parsed[] | null {
  try {
    const options = {
      version: '1.2',
      schema: 'core',
      strict: true,
      uniqueKeys: true,
      merge: true,
    } as const
    const parsed = parseAllDocuments(file.text, {
      ...options,
      prettyErrors: false,
      lineCounter: new LineCounter(),
    })
    return Array.isArray(parsed) ? parsed : []
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    reportDepth(file)
    return null
  }
}

/** The reader's own words in our manner: lower case, no full stop, one line. */
function sentence(text: string): string {
  const line = (text.split('\n', 1)[0] ?? '').replace(/\.$/, '')
  return line.charAt(0).toLowerCase() + line.slice(1)
}

function convert(reading: Reading, node: ParsedNode | null, depth: number): YamlNode {
  const at = node?.range[0] ?? 0
  if (node === null || reading.failed) return nothingAt(at)
  if (reading.valuesLeft-- <= 0) {
    return refuse(
      reading,
      at,
      `the file holds more than ${YAML_VALUES_MAX} values, aliases included`,
    )
  }
  if (depth > YAML_DEPTH_MAX) {
    return refuse(reading, at, `the file is nested deeper than ${YAML_DEPTH_MAX} levels`)
  }
  if (isAlias(node)) return convertAlias(reading, node, depth)
  // Anchors met again while an alias is followed must not replace later ones of the same name.
  if (node.anchor !== undefined && reading.aliasDepth === 0) reading.anchors.set(node.anchor, node)
  if (isScalar(node)) return convertScalar(reading, node, at)
  if (isSeq(node)) {
    const items = node.items.map((item) => convert(reading, item as ParsedNode | null, depth + 1))
    return { kind: 'list', items, at }
  }
  return convertMap(reading, node, depth)
}

function convertAlias(reading: Reading, alias: Alias, depth: number): YamlNode {
  const at = alias.range?.[0] ?? 0
  const target = reading.anchors.get(alias.source)
  if (target === undefined)
    return refuse(reading, at, `no anchor is named \`${alias.source}\``, 'yaml_invalid')
  reading.aliasDepth++
  const node = convert(reading, target, depth + 1)
  reading.aliasDepth--
  return node
}

function convertScalar(reading: Reading, node: Scalar.Parsed, at: number): YamlNode {
  const { value } = node
  const end = node.range[1]
  if (typeof value === 'string' && !value.isWellFormed()) {
    return refuse(reading, at, 'text must not hold half of a surrogate pair', 'value_invalid')
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') {
    return { kind: 'scalar', value, at, end, style: styleOf(node) }
  }
  if (typeof value === 'number' && Number.isFinite(value)) {
    return { kind: 'scalar', value, at, end, style: 'plain' }
  }
  return refuse(reading, at, 'a number must be finite', 'value_invalid')
}

function styleOf(node: Scalar.Parsed): ScalarStyle {
  switch (node.type) {
    case 'QUOTE_SINGLE':
      return 'single_quoted'
    case 'QUOTE_DOUBLE':
      return 'double_quoted'
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return 'block'
    case 'PLAIN':
    case undefined:
      return 'plain'
    default:
      return 'plain'
  }
}

function convertMap(reading: Reading, node: YAMLMap.Parsed, depth: number): YamlNode {
  const entries = new Map<string, YamlEntry>()
  const merged: YamlMap[] = []
  for (const pair of node.items) {
    const keyAt = keyOffset(pair)
    const key = keyText(pair)
    const value = convert(reading, pair.value, depth + 1)
    if (key === null || !key.isWellFormed())
      refuse(reading, keyAt, 'a key must be text', 'yaml_invalid')
    else if (key === MERGE_KEY) merged.push(...mergeSources(reading, value, keyAt))
    else entries.set(key, { keyAt, value })
  }
  for (const source of merged) {
    for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry)
  }
  return { kind: 'map', entries, at: node.range[0] }
}

const MERGE_KEY = '<<'

function mergeSources(reading: Reading, value: YamlNode, at: number): readonly YamlMap[] {
  const sources = value.kind === 'list' ? value.items : [value]
  const maps = sources.filter((source) => source.kind === 'map')
  if (maps.length !== sources.length) refuse(reading, at, 'only maps can be merged', 'yaml_invalid')
  return maps
}

function keyOffset(pair: Pair<ParsedNode, ParsedNode | null>): number {
  return pair.key.range[0]
}

function keyText(pair: Pair<ParsedNode, ParsedNode | null>): string | null {
  const { key } = pair
  if (!isScalar(key)) return null
  // The reader turns a merge key into a symbol; its source is what the author wrote.
  if (typeof key.value === 'symbol') return MERGE_KEY
  if (typeof key.value === 'string') return key.value
  if (typeof key.value === 'number' || typeof key.value === 'boolean')
    return key.source ?? String(key.value)
  return null
}

function refuse(
  reading: Reading,
  at: number,
  message: string,
  code: 'yaml_too_large' | 'yaml_invalid' | 'value_invalid' = 'yaml_too_large',
): YamlNode {
  if (!reading.failed) report(reading.file, at, { code, message })
  reading.failed = true
  return nothingAt(at)
}

const nothingAt = (at: number): YamlNode => ({
  kind: 'scalar',
  value: null,
  at,
  end: at,
  style: 'plain',
})
