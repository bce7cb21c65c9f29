import type { SourceFile } from './source-file.ts'

/** The wall of STYLE 14. Functions have theirs in .oxlintrc.json, where a parser counts them. */
export const FILE_LINES_MAX = 400

const SEGMENT = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const EMPTY_WORDS: readonly string[] = [
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'manager',
  'service',
]

/** In any room: named after their job in the room, or a program. */
const ROLE_NAMES: readonly string[] = ['wire', 'main', 'limits']

/** From so many exports on, a file may be named after what they share. */
const SUBJECT_EXPORTS_MIN = 2

/** Kebab case, and no word that could mean anything. */
export function checkFileName(path: string): readonly string[] {
  const segments = path.replace(/(?:\.test|\.d)?\.(?:ts|mjs|cjs)$/, '').split('/')
  const named = segments.filter((segment) => !segment.startsWith('.'))
  const odd = named.filter((segment) => !SEGMENT.test(segment))
  const empty = named
    .flatMap((segment) => segment.split('-'))
    .filter((word) => EMPTY_WORDS.includes(word))
  return [
    ...odd.map((segment) => `${path}: \`${segment}\` is not in kebab case`),
    ...empty.map((word) => `${path}: \`${word}\` says nothing, name the idea`),
  ]
}

/**
 * A file is named after its main export: the words of its name are all words of one export, or the
 * other way round, where a plural counts as its singular and a word as another of its family
 * (`commitment`, `commit`). A file of several exports may be named after what they share
 * (`tree.ts`, `ids.ts`), which no rule can check.
 */
export function checkMainExport(file: SourceFile): readonly string[] {
  if (!file.path.startsWith('src/') || file.path.endsWith('.test.ts')) return []
  const base = /([^/]+)\.ts$/.exec(file.path)?.[1] ?? ''
  const { length } = file.exports
  // A program, such as a worker, exports nothing.
  if (ROLE_NAMES.includes(base) || length === 0 || length >= SUBJECT_EXPORTS_MIN) return []
  const wanted = wordsOf(base)
  const fits = file.exports.some(({ name }) => {
    const words = wordsOf(name)
    return isWithin(wanted, words) || isWithin(words, wanted)
  })
  return fits ? [] : [`${file.path}: no export has the file's name`]
}

/** So many letters in common, and two words are of one family. */
const FAMILY_LETTERS = 5

const isWithin = (some: readonly string[], all: readonly string[]): boolean =>
  some.every((word) => all.some((other) => isSameFamily(word, other)))

const isSameFamily = (a: string, b: string): boolean =>
  a === b ||
  (a.length >= FAMILY_LETTERS && a.slice(0, FAMILY_LETTERS) === b.slice(0, FAMILY_LETTERS))

const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_]/)
    .map((word) => word.replace(/(?<=..)s$/, ''))

/** Longer than this and it is more than one idea. Tests may be as long as their table of cases. */
export function checkFileLength(file: SourceFile): readonly string[] {
  if (file.path.endsWith('.test.ts')) return []
  const lines = file.text.split('\n').length - 1
  return lines <= FILE_LINES_MAX
    ? []
    : [`${file.path}: ${lines} lines, the wall is ${FILE_LINES_MAX}`]
}
