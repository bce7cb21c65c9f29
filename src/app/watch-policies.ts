import type { Result } from '../core/result.ts'
import type { CompiledRelease } from '../policy/release.ts'

export type WatchDeps = {
  /** Calls back every so often until stopped. */
  readonly every: (ms: number, run: () => void) => { readonly stop: () => void }
  /** Names, times and sizes of all files that a release is made of, as one text. */
  readonly stamp: () => string
  /** Reads the files and compiles them. */
  readonly load: () => Result<CompiledRelease, readonly string[]>
  readonly swap: (release: CompiledRelease) => void
  readonly told: (lines: readonly string[]) => void
}

/** How often files are looked at; a look costs one `stat` a file. */
export const LOOK_EVERY_MS = 1000

/**
 * Puts changed policies in force: all of them at once, or none. Mistakes are told, and the last
 * good release stays until the files change again. A change is loaded when two looks in a row find
 * the same files, so that a file that is still being written is not read.
 */
export function watchPolicies(deps: WatchDeps): { readonly stop: () => void } {
  let loaded = stampNow(deps)
  let seen = loaded
  return deps.every(LOOK_EVERY_MS, () => {
    const before = seen
    seen = stampNow(deps)
    if (seen === loaded || seen !== before) return
    loaded = seen
    const release = deps.load()
    if (release.ok) return deps.swap(release.value)
    deps.told([...release.error, 'the changed policies have errors: the last good release stays'])
  })
}

/** What cannot be looked at counts as one more state of the files; loading them says what is wrong. */
function stampNow(deps: WatchDeps): string {
  try {
    return deps.stamp()
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable'
  }
}
