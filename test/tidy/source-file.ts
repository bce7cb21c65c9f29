import { posix } from 'node:path'
import { lineAt, scanSource } from './scan-source.ts'
import type { Comment } from './scan-source.ts'
import type { TreeFile } from './read-tree.ts'

/** One `import` or re-export. `asset` is a file named by `new URL(…, import.meta.url)`. */
export type Import = {
  readonly specifier: string
  readonly kind: 'value' | 'type' | 'asset'
  readonly line: number
  /** The text between `import` and `from`. */
  readonly clause: string
}

export type Export = {
  readonly name: string
  readonly line: number
  readonly kind: 'function' | 'class' | 'const' | 'type'
  readonly documented: boolean
  /** A type guard, or the dependencies of a function: its type says what a docstring would. */
  readonly obvious: boolean
}

/** A TypeScript or JavaScript file, taken apart as far as the checks need. */
export type SourceFile = TreeFile & {
  readonly code: string
  readonly comments: readonly Comment[]
  readonly imports: readonly Import[]
  readonly exports: readonly Export[]
}

const FROM =
  /\b(?:import|export)\s+(type\s+)?((?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*\s*as\s+[\w$]+|\*)?)\s*from\s*(['"])/g
const BARE = /\bimport\s*(?:\(\s*)?(['"])/g
const ASSET = /\bnew\s+URL\(([^()]*(?:\([^()]*\)[^()]*)*)\bimport\.meta\.url\s*,?\s*\)/g
const EXPORT =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(function\*?|class|const|let|type|interface)\s+([\w$]+)/gm

export function sourceFile({ path, text }: TreeFile): SourceFile {
  const { code, comments } = scanSource(text)
  return {
    path,
    text,
    code,
    comments,
    imports: importsOf(text, code),
    exports: exportsOf(text, code),
  }
}

/** Where a relative import leads, as a path from the root; null for a package. */
export const resolved = (from: string, specifier: string): string | null =>
  specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : null

/** Unit tests, and the folders that only they import. */
export const isTest = (path: string): boolean =>
  path.endsWith('.test.ts') || path.includes('/testing/') || path.startsWith('test/')

function importsOf(text: string, code: string): readonly Import[] {
  const found: Import[] = []
  for (const match of code.matchAll(FROM)) {
    const clause = match[2] ?? ''
    const kind = match[1] !== undefined || namesOnlyTypes(clause) ? 'type' : 'value'
    found.push({ ...specifierAt(text, code, match.index + match[0].length), kind, clause })
  }
  for (const match of code.matchAll(BARE)) {
    const where = match.index + match[0].length
    found.push({ ...specifierAt(text, code, where), kind: 'value', clause: '' })
  }
  for (const match of code.matchAll(ASSET)) {
    for (const quote of (match[1] ?? '').matchAll(/(['"])\s*\1/g)) {
      const where = match.index + match[0].indexOf(match[1] ?? '') + quote.index + 1
      const asset = specifierAt(text, code, where)
      // The other strings in there are conditions, such as whether we run from sources.
      if (/^\.\.?\//.test(asset.specifier)) found.push({ ...asset, kind: 'asset', clause: '' })
    }
  }
  return found
}

const namesOnlyTypes = (clause: string): boolean => {
  const names =
    /\{([^}]*)\}/
      .exec(clause)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? []
  const named = names.filter((name) => name !== '')
  return named.length > 0 && named.every((name) => name.startsWith('type '))
}

/** `start` is the position after the opening quote; the scanned code has blanks up to the closing one. */
function specifierAt(
  text: string,
  code: string,
  start: number,
): Pick<Import, 'specifier' | 'line'> {
  const end = code.indexOf(code[start - 1] ?? "'", start)
  return { specifier: text.slice(start, end), line: lineAt(text, start) }
}

function exportsOf(text: string, code: string): readonly Export[] {
  const lines = text.split('\n')
  return [...code.matchAll(EXPORT)].map((match) => {
    const line = lineAt(text, match.index)
    const word = match[1] ?? ''
    return {
      name: match[2] ?? '',
      line,
      kind: word.startsWith('function') ? 'function' : word === 'class' ? 'class' : kindOf(word),
      documented: isDocumented(lines, line - 2),
      obvious: (match[2] ?? '').endsWith('Deps') || isGuard(lines[line - 1] ?? ''),
    }
  })
}

const kindOf = (word: string): 'const' | 'type' =>
  word === 'const' || word === 'let' ? 'const' : 'type'

const isGuard = (line: string): boolean => /\)\s*:\s*\w+ is [\w<>\s,.{}'[\]]+ =>/.test(line)

/** A docstring ends right above, or a documented one-line constant of the same group stands there. */
function isDocumented(lines: readonly string[], above: number): boolean {
  const line = lines[above] ?? ''
  if (line.trimEnd().endsWith('*/')) {
    for (let i = above; i >= 0; i--) {
      if (/\/\*\*/.test(lines[i] ?? '')) return true
      if (/\/\*/.test(lines[i] ?? '')) return false
    }
  }
  return /^export const [A-Z0-9_]+\b/.test(line) && isDocumented(lines, above - 1)
}
