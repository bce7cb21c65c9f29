import type { Frame } from '../frame.ts'
import { exhausted, spend, spendText } from '../frame.ts'
import {
  baseOf,
  cleanPath,
  dirOf,
  extensionOf,
  portablePath,
  relativePath,
  shownPath,
  volumeOf,
} from '../file-path.ts'
import type { Operand } from '../operand.ts'
import { celError, isError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { bothForms, overload } from '../overload.ts'
import { CHARACTERS_PER_STEP } from '../limits.ts'
import { matchGlob } from '../match-glob.ts'
import type { CelList } from '../value.ts'

/** A function of one path, computed on its portable form and shown as it came. */
const onPath = (name: string, run: (path: string) => string): Overload =>
  overload(`${name}(string): string`, (frame: Frame, text: string) => {
    if (spendText(frame, text.length)) return exhausted()
    const path = portablePath(text)
    return path === null ? unsupported(text) : shownPath(run(path.path), path.windows)
  })

const unsupported = (text: string): Operand =>
  celError(`failed to encode path ${text}: unsupported Win32 path`)

/** File paths by their text alone: POSIX, drive letters and UNC, the latter two known by backslashes. */
export const POLICY_PATH: readonly Overload[] = [
  onPath('basePath', baseOf),
  onPath('dirPath', (path) => dirOf(cleanPath(path))),
  onPath('extPath', extensionOf),
  overload('volumeName(string): string', (_frame, text: string) => volumeOf(text)),
  overload('joinPath(list(string)): string', joinPath),
  overload('relPath(string, string): string', relPath),
  ...bothForms('pathHasPrefix', ['string', 'string'], 'bool', pathHasPrefix),
  ...bothForms('pathMatch', ['string', 'string'], 'bool', pathMatch),
  ...bothForms('pathMatchAnyOf', ['string', 'list(string)'], 'bool', pathMatchAnyOf),
]

function joinPath(frame: Frame, parts: CelList): Operand {
  const pieces: string[] = []
  let windows = false
  for (const part of parts) {
    if (typeof part !== 'string') return celError('no such overload: joinPath(list)')
    if (spendText(frame, part.length)) return exhausted()
    const path = portablePath(part)
    if (path === null) return unsupported(part)
    windows ||= path.windows
    if (path.path !== '') pieces.push(path.path)
  }
  return pieces.length === 0 ? '' : shownPath(cleanPath(pieces.join('/')), windows)
}

function relPath(frame: Frame, base: string, target: string): Operand {
  if (spendText(frame, base.length + target.length)) return exhausted()
  const from = portablePath(base)
  const to = portablePath(target)
  if (from === null || to === null) return unsupported(from === null ? base : target)
  const relative = relativePath(from.path, to.path)
  if (relative !== null) return shownPath(relative, from.windows || to.windows)
  return celError(
    `failed to determine relative path of ${target}: Rel: can't make ${target} relative to ${base}`,
  )
}

/** By the relative path and not by the text: `/ab` has no prefix `/a`. */
function pathHasPrefix(frame: Frame, path: string, prefix: string): Operand {
  const relative = relPath(frame, prefix, path)
  if (typeof relative !== 'string') return relative
  return relative !== '..' && !/^\.\.[\\/]/.test(relative)
}

function pathMatch(frame: Frame, text: string, pattern: string): Operand {
  const rounds = Math.ceil((text.length * (1 + pattern.length)) / CHARACTERS_PER_STEP)
  if (spend(frame, 1 + rounds)) return exhausted()
  const path = portablePath(text)
  const glob = portablePath(pattern)
  if (path === null || glob === null) return unsupported(path === null ? text : pattern)
  const matched = matchGlob(glob.path, cleanPath(path.path))
  return (
    matched ??
    celError(
      `failed to match pattern ${JSON.stringify(pattern)} on path ${JSON.stringify(text)}: syntax error in pattern`,
    )
  )
}

function pathMatchAnyOf(frame: Frame, text: string, patterns: CelList): Operand {
  for (const pattern of patterns) {
    if (typeof pattern !== 'string')
      return celError('no such overload: pathMatchAnyOf(string, list)')
    const matched = pathMatch(frame, text, pattern)
    if (matched !== false || isError(matched)) return matched
  }
  return false
}
