import { posix } from 'node:path'
import type { TreeFile } from './read-tree.ts'
import { roomOf } from './rooms.ts'
import { isTest, resolved } from './source-file.ts'
import type { SourceFile } from './source-file.ts'

/**
 * What one room shows to others needs a docstring: every export that another room imports, all of
 * `core/`, and all of the package's entries. Constants that stand together may share one. Two kinds
 * say it all themselves: a type guard, and the `Deps` of the function beside them. `app/` and `cli/`
 * show nothing; they put things together.
 */
export function checkDocumented(
  files: readonly SourceFile[],
  entries: readonly string[],
): readonly string[] {
  const shown = new Set<string>()
  for (const file of files.filter(({ path }) => !isTest(path))) {
    for (const { specifier, clause } of file.imports) {
      const target = resolved(file.path, specifier)
      if (target === null || roomOf(target) === roomOf(file.path)) continue
      for (const name of namesIn(clause)) shown.add(`${target} ${name}`)
    }
  }
  return files
    .filter(({ path }) => !isTest(path) && !['app', 'cli', null].includes(roomOf(path)))
    .flatMap(({ path, exports }) => {
      const all = roomOf(path) === 'core' || entries.includes(path)
      return exports
        .filter(({ documented, obvious }) => !documented && !obvious)
        .filter(({ name }) => all || shown.has(`${path} ${name}`))
        .map(({ name, line }) => `${path}:${line}: \`${name}\` is exported without a docstring`)
    })
}

/** The exported names in `{ a, type B, c as d }`. */
const namesIn = (clause: string): readonly string[] =>
  (/\{([^}]*)\}/.exec(clause)?.[1] ?? '')
    .split(',')
    .flatMap((name) => /^\s*(?:type\s+)?([\w$]+)/.exec(name)?.[1] ?? [])

/** A page has one title, so that it has one subject. */
export function checkTitle({ path, text }: TreeFile): readonly string[] {
  const titles = headingsOf(text).filter(({ level }) => level === 1).length
  return titles === 1 ? [] : [`${path}: ${titles} titles, a page has one`]
}

/** Relative links lead to files that exist, and to headings that they have. */
export function checkLinks(
  pages: readonly TreeFile[],
  paths: ReadonlySet<string>,
): readonly string[] {
  const anchors = new Map(pages.map(({ path, text }) => [path, anchorsOf(text)]))
  return pages.flatMap(({ path, text }) =>
    linksOf(text).flatMap(({ target, line }) => {
      const [file = '', anchor] = target.split('#')
      const there = file === '' ? path : posix.join(posix.dirname(path), decodeURI(file))
      const known =
        paths.has(there) || [...paths].some((one) => one.startsWith(`${there.replace(/\/$/, '')}/`))
      if (!known) return [`${path}:${line}: \`${target}\` does not exist`]
      if (anchor === undefined || !there.endsWith('.md')) return []
      return anchors.get(there)?.has(anchor)
        ? []
        : [`${path}:${line}: \`${target}\` names no heading`]
    }),
  )
}

const ABSOLUTE = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i

function linksOf(text: string): readonly { readonly target: string; readonly line: number }[] {
  return withoutCode(text)
    .split('\n')
    .flatMap((content, i) =>
      [...content.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\s*\[[^\]]+\]:\s*(\S+)/g)].map(
        (match) => ({
          target: match[1] ?? match[2] ?? '',
          line: i + 1,
        }),
      ),
    )
    .filter(({ target }) => !ABSOLUTE.test(target))
}

function headingsOf(text: string): readonly { readonly level: number; readonly title: string }[] {
  return [...withoutFences(text).matchAll(/^(#{1,6})\s+(.+?)\s*#*$/gm)].map((match) => ({
    level: match[1]?.length ?? 0,
    title: match[2] ?? '',
  }))
}

/** Anchors as GitHub makes them: lower case, punctuation dropped, spaces to hyphens, repeats numbered. */
function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  return new Set(
    headingsOf(text).map(({ title }) => {
      const plain = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
      const slug = plain
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-')
      const count = seen.get(slug) ?? 0
      seen.set(slug, count + 1)
      return count === 0 ? slug : `${slug}-${count}`
    }),
  )
}

const emptied = (text: string): string => text.replaceAll(/[^\n]/g, ' ')
const withoutFences = (text: string): string =>
  text.replaceAll(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1?\2 *$/gm, emptied)
const withoutCode = (text: string): string => withoutFences(text).replaceAll(/`[^`\n]*`/g, emptied)
