import { formatDiagnostic } from '../../policy/diagnostic.ts'
import { lintPolicies } from '../../policy/lint-policies.ts'
import { EXIT } from '../exit-code.ts'
import { compileFolder } from '../policies/compile-folder.ts'
import { knownNames } from '../policies/known-names.ts'
import type { Terminal } from '../terminal.ts'

export type LintOptions = { readonly denyWarnings?: boolean }

/** Finds what is legal and looks like a mistake. Exit 0 with warnings, or 3 with `--deny-warnings`. */
export function lint(terminal: Terminal, options: LintOptions, directory: string): Promise<number> {
  const compiled = compileFolder(terminal, directory)
  if (!compiled.ok) return Promise.resolve(compiled.error)
  const { folder } = compiled.value
  const { config, policies, schemas } = folder
  const warnings = lintPolicies(policies, { ...knownNames(config), schemas })
  if (terminal.json) terminal.data(JSON.stringify({ ok: warnings.length === 0, warnings }))
  else {
    for (const warning of warnings) terminal.data(formatDiagnostic(warning))
    terminal.talk(`${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`)
  }
  const refused = options.denyWarnings === true && warnings.length > 0
  return Promise.resolve(refused ? EXIT.invalid : EXIT.ok)
}
