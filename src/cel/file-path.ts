/**
 * A path in the form that the functions work on: slashes only, and a drive or a UNC share as the
 * first segment under the root. Null for a drive letter with slashes, which is neither.
 */
export function portablePath(
  text: string,
): { readonly path: string; readonly windows: boolean } | null {
  const share = /^(\\\\[^\\/]+\\[^\\/]+)(.*)$/s.exec(text)
  if (share !== null) {
    return { path: `/${share[1]}${(share[2] ?? '').replaceAll('\\', '/')}`, windows: true }
  }
  const drive = /^[A-Za-z]:/.test(text)
  if (!text.includes('\\')) {
    if (!drive) return { path: text, windows: false }
    return text.length === 2 ? { path: `/${text}`, windows: true } : null
  }
  const path = text.replaceAll('\\', '/')
  return { path: drive ? `/${path}` : path, windows: true }
}

/** A portable path as its writer would write it. */
export function shownPath(path: string, windows: boolean): string {
  if (!windows) return path
  return path.replace(/^\/(?=[A-Za-z]:|\\\\)/, '').replaceAll('/', '\\')
}

/** The drive or the UNC share that a path starts with, or nothing. */
export const volumeOf = (text: string): string =>
  /^(?:[A-Za-z]:|\\\\[^\\/]+\\[^\\/]+)/.exec(text)?.[0] ?? ''

/** The shortest path of the same meaning, by its text alone; `.` when nothing is left. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith('/')
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') kept.push(part)
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (!rooted) kept.push('..')
  }
  const joined = kept.join('/')
  return rooted ? `/${joined}` : joined === '' ? '.' : joined
}

/** The last segment. */
export function baseOf(path: string): string {
  if (path === '') return '.'
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** All but the last segment, cleaned. */
export const dirOf = (path: string): string => cleanPath(path.slice(0, path.lastIndexOf('/') + 1))

/** What follows the last dot of the last segment, with the dot. */
export function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot < 0 ? '' : name.slice(dot)
}

/** The way from one path to another, or null when their texts do not tell. */
export function relativePath(base: string, target: string): string | null {
  const from = cleanPath(base)
  const to = cleanPath(target)
  if (from === to) return '.'
  if (from.startsWith('/') !== to.startsWith('/')) return null
  const steps = segments(from)
  const goal = segments(to)
  let shared = 0
  while (shared < steps.length && shared < goal.length && steps[shared] === goal[shared])
    shared += 1
  const up = steps.slice(shared)
  if (up.includes('..')) return null
  return [...up.map(() => '..'), ...goal.slice(shared)].join('/')
}

const segments = (path: string): readonly string[] =>
  path === '.' ? [] : path.split('/').filter((part) => part !== '')
