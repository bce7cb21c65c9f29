import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Diagnostic } from '../../policy/diagnostic.ts'
import { formatPolicy } from '../../policy/format-policy.ts'
import { EXIT } from '../exit-code.ts'
import { showDiagnostics } from '../policies/compile-folder.ts'
import { readPolicyFolder, shownPath } from '../policies/policy-folder.ts'
import { complain, type Terminal } from '../terminal.ts'

export type FmtOptions = { readonly check?: boolean }

/**
 * Lays policy and test files out in their one form; what they mean stays. With `--check` nothing is
 * written, and a file that would change is exit 3, as is one that cannot be read.
 */
export function fmt(
  terminal: Terminal,
  options: FmtOptions,
  ...paths: readonly string[]
): Promise<number> {
  const files: string[] = []
  for (const path of paths.length === 0 ? ['.'] : paths) {
    const found = filesOf(path)
    if (typeof found === 'string') {
      complain(terminal, found)
      return Promise.resolve(EXIT.usage)
    }
    files.push(...found)
  }
  const problems: Diagnostic[] = []
  const changed: string[] = []
  for (const path of new Set(files)) {
    const text = readFileSync(path, 'utf8')
    const formatted = formatPolicy(shownPath(path), text)
    if (!formatted.ok) problems.push(...formatted.error)
    else if (formatted.value !== text) {
      changed.push(shownPath(path))
      if (options.check !== true) writeFileSync(path, formatted.value)
    }
  }
  return Promise.resolve(tell(terminal, options, { files: files.length, changed, problems }))
}

function tell(
  terminal: Terminal,
  { check }: FmtOptions,
  done: {
    readonly files: number
    readonly changed: readonly string[]
    readonly problems: readonly Diagnostic[]
  },
): number {
  const { changed, problems, files } = done
  const wrong = problems.length > 0 || (check === true && changed.length > 0)
  if (terminal.json) terminal.data(JSON.stringify({ ok: !wrong, files, changed, problems }))
  else {
    if (problems.length > 0) showDiagnostics(terminal, problems)
    for (const path of changed) terminal.data(path)
    const verb = check === true ? 'would change' : 'changed'
    terminal.talk(`${changed.length} of ${files} files ${verb}`)
  }
  return wrong ? EXIT.invalid : EXIT.ok
}

/** The YAML files of a directory's policies and tests, or one file; a sentence when there is none. */
function filesOf(path: string): readonly string[] | string {
  try {
    if (statSync(path).isFile()) return [resolve(path)]
    const folder = readPolicyFolder(path)
    if (!folder.ok) return folder.error
    return [...folder.value.policies, ...folder.value.tests]
      .map((file) => resolve(file.path))
      .filter((file) => /\.ya?ml$/.test(file))
  } catch (error) {
    return error instanceof Error ? error.message : `\`${path}\` cannot be read`
  }
}
