import { isCollection, isMap, isPair, isScalar, isSeq, parseAllDocuments, visit } from 'yaml'
import type { CollectionTag, Document, Pair, Scalar, ScalarTag, Tags, YAMLMap, YAMLSeq } from 'yaml'
import { canonicalJson } from '../core/canonical-json.ts'
import type { Result } from '../core/result.ts'
import { fail, ok } from '../core/result.ts'
import type { Diagnostic } from './diagnostic.ts'
import { openSourceFile, report } from './diagnostic.ts'
import { fieldOrder } from './field-order.ts'
import { jsonOf } from './parse-definitions.ts'
import { readYaml } from './read-yaml.ts'

/**
 * Lays a policy or test file out in the one form that all of them have: two spaces, fields in the
 * order of the documentation, short lists of names on one line, quotes only where YAML needs them,
 * comments and blank lines where their author put them. The values stay what they were, which is
 * compared before anything is returned; laying out twice changes nothing. A file without content,
 * and one whose layout cannot be changed safely (anchors out of order), comes back as it is.
 */
export function formatPolicy(path: string, text: string): Result<string, readonly Diagnostic[]> {
  const before = valueOf(path, text)
  if (!before.ok) return before
  if (before.value === null) return ok(text)
  let current = text
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const next = layOut(current)
    if (next === current) return ok(current)
    const after = next === null ? null : valueOf(path, next)
    if (next === null || after?.ok !== true || after.value !== before.value) return ok(text)
    current = next
  }
  return ok(text)
}

/** Comments may move once when what they stand beside moves; a layout that never settles is not used. */
const ROUNDS_MAX = 5

/** What a file means, as canonical JSON; null for an empty one. */
function valueOf(path: string, text: string): Result<string | null, readonly Diagnostic[]> {
  const file = openSourceFile(path, text)
  const node = readYaml(file)
  if (file.problems.length > 0) return fail(file.problems)
  if (node === null) return ok(null)
  try {
    return ok(canonicalJson(jsonOf(node)))
  } catch (error) {
    // Values that JSON cannot say (a lone surrogate) are no policy either.
    if (!(error instanceof Error)) throw error
    report(file, 0, { code: 'value_invalid', message: error.message })
    return fail(file.problems)
  }
}

const COLUMNS_MAX = 100

/** Null when the text is not exactly one document, or cannot be written in this order. */
function layOut(text: string): string | null {
  const documents = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    merge: true,
    customTags: (tags) => tags.map(inOurStyle),
  })
  const [document] = documents
  if (!Array.isArray(documents) || document === undefined || documents.length !== 1) return null
  orderFields(document)
  visit(document, {
    Scalar: (_, node) => tidyScalar(node),
    Seq: (_, node, path) => tidyList(node, depthOf(path)),
    Map: (_, node, path) => {
      const stays = node.flow === true && staysFlow(node, depthOf(path))
      node.flow = node.items.length === 0 || stays
    },
  })
  try {
    return document.toString(LAYOUT)
  } catch {
    // An anchor that came to stand behind what uses it cannot be written.
    return null
  }
}

const LAYOUT = {
  indent: 2,
  indentSeq: true,
  lineWidth: 0,
  singleQuote: true,
} as const

const depthOf = (path: readonly unknown[]): number => path.filter(isCollection).length

/**
 * Folded blocks are folded again, everything else stays on one line, however long. Maps on one line
 * have spaces inside their braces and lists have none, as in most other formatters.
 */
function inOurStyle(tag: Tags[number]): Tags[number] {
  if (typeof tag !== 'object') return tag
  if (isCollectionTag(tag)) return padded(tag)
  const { stringify } = tag
  if (tag.tag !== 'tag:yaml.org,2002:str' || stringify === undefined) return tag
  return {
    ...tag,
    stringify: (item, context, onComment, onChompKeep) => {
      const lineWidth = item.type === 'BLOCK_FOLDED' ? COLUMNS_MAX : 0
      const options = { ...context.options, lineWidth }
      return stringify(item, { ...context, options }, onComment, onChompKeep)
    },
  }
}

const isCollectionTag = (tag: CollectionTag | ScalarTag): tag is CollectionTag =>
  tag.collection === 'map' || tag.collection === 'seq'

function padded(tag: CollectionTag): CollectionTag {
  const flowCollectionPadding = tag.collection === 'map' ? ' ' : ''
  const stringify: ScalarTag['stringify'] = (item, context, onComment, onChompKeep) =>
    isCollection(item)
      ? item.toString({ ...context, flowCollectionPadding }, onComment, onChompKeep)
      : String(item)
  // The library asks every tag for it; its types know it of scalars alone.
  return { ...tag, stringify } as unknown as CollectionTag
}

/** Quotes go where YAML does not need them; blocks of several lines stay as they were written. */
function tidyScalar(node: Scalar): void {
  if (typeof node.value !== 'string') return
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
  if (!isBlock) node.type = 'PLAIN'
}

function tidyList(list: YAMLSeq, depth: number): void {
  const names = list.items.every((item) => isScalar(item) && !hasComment(item) && isShort(item))
  list.flow = list.items.length === 0 || (names && !hasComment(list) && fitsAt(list, depth))
}

const isShort = (node: Scalar): boolean =>
  node.type !== 'BLOCK_FOLDED' &&
  node.type !== 'BLOCK_LITERAL' &&
  !String(node.value).includes('\n')

/** What may stand before a value on its line beside the indentation: a dash and the longest key. */
const KEY_COLUMNS = 20

const fitsAt = (node: unknown, depth: number): boolean =>
  widthOf(node) + depth * 2 + KEY_COLUMNS <= COLUMNS_MAX

/** Columns of a value on one line; quotes that it may need are not counted. */
const widthOf = (node: unknown): number =>
  isScalar(node)
    ? String(node.value).length
    : isPair(node)
      ? widthOf(node.key) + widthOf(node.value) + 2
      : isMap(node) || isSeq(node)
        ? node.items.reduce((sum: number, item) => sum + widthOf(item) + 2, 0)
        : 8

/** Whether a map that was written on one line may stay there. */
function staysFlow(node: YAMLMap, depth: number): boolean {
  let commented = false
  visit(node, (_, inner) => {
    if (typeof inner === 'object' && inner !== null && hasComment(inner)) commented = true
  })
  return !commented && fitsAt(node, depth)
}

const hasComment = (node: object): boolean =>
  ('comment' in node && typeof node.comment === 'string') ||
  ('commentBefore' in node && typeof node.commentBefore === 'string')

/** Puts the fields of the language into the order of the documentation, and leaves names of authors alone. */
function orderFields(document: Document): void {
  visit(document, {
    Map: (_, node, path) => {
      const keys = path.filter((step) => isPair(step)).map((pair) => keyOf(pair))
      const order = fieldOrder(keys)
      if (order === null) return
      const rank = (pair: Pair): number => {
        const found = order.indexOf(keyOf(pair))
        return found === -1 ? order.length : found
      }
      const items = node.items
      const sorted = items.map((pair, index) => ({ pair, index, rank: rank(pair) }))
      sorted.sort((left, right) => left.rank - right.rank || left.index - right.index)
      items.splice(0, items.length, ...sorted.map(({ pair }) => pair))
    },
  })
}

const keyOf = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : '')
