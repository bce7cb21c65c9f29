import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileSources } from '../../app/config/file-sources.ts'
import { readConfig } from '../../app/config/read-config.ts'
import { isFixturePath, isSuitePath, loadSuites } from '../../pdp/suites/find-suites.ts'
import type { PolicyFile } from '../../policy/load-policies.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { Diagnostic } from '../../policy/diagnostic.ts'
import { formatDiagnostic } from '../../policy/diagnostic.ts'
import { lintIncrement } from '../../policy/lint-increment.ts'
import { EXIT } from '../exit-code.ts'
import { compilePolicies } from '../policies/compile-folder.ts'
import { readPolicyFolder, shownPath, type PolicyFolder } from '../policies/policy-folder.ts'
import { complain, type Terminal } from '../terminal.ts'

/**
 * Says everything that is wrong with policies, tests and, where `reeve.yaml` belongs to them, with
 * the configuration, and notes what is accepted and has no effect yet. Exit 3 when there is something, 2 when there is nothing to look at.
 */
export function validate(
  terminal: Terminal,
  _options: object,
  ...paths: readonly string[]
): Promise<number> {
  const folders = (paths.length === 0 ? ['.'] : paths).map(openPath)
  const [missing] = folders.flatMap((one) => (one.ok ? [] : [one.error]))
  if (missing !== undefined) {
    complain(terminal, missing)
    return Promise.resolve(EXIT.usage)
  }
  const problems = folders.flatMap((one) => (one.ok ? problemsOf(one.value) : []))
  const notes = distinct(
    folders.flatMap((one) => (one.ok ? lintIncrement(one.value.policies).map(withText) : [])),
  )
  if (terminal.json) terminal.data(JSON.stringify({ ok: problems.length === 0, problems, notes }))
  else {
    for (const { text } of notes) terminal.talk(`note: ${text}`)
    for (const { text } of problems) terminal.talk(text)
    terminal.talk(problems.length === 0 ? 'no problems' : `${problems.length} problems`)
  }
  return Promise.resolve(problems.length === 0 ? EXIT.ok : EXIT.invalid)
}

/** A directory, or a file for itself. */
function openPath(path: string): Result<PolicyFolder, string> {
  try {
    if (!statSync(path).isFile()) return readPolicyFolder(path)
    const shown = shownPath(resolve(path))
    if (/(?:^|\/)reeve\.yaml$/.test(path))
      return ok({ config: path, policies: [], schemas: [], tests: [] })
    const file: PolicyFile = { path: shown, text: readFileSync(path, 'utf8') }
    if (isFixturePath(path)) return ok({ config: null, policies: [], schemas: [], tests: [file] })
    if (!isSuitePath(path)) return ok({ config: null, policies: [file], schemas: [], tests: [] })
    // A suite is nothing without the fixtures beside it.
    const beside = join(dirname(path), 'testdata')
    const fixtures = existsSync(beside) ? readPolicyFolder(beside) : null
    const tests = [file, ...(fixtures?.ok === true ? fixtures.value.tests : [])]
    return ok({ config: null, policies: [], schemas: [], tests })
  } catch (error) {
    return fail(error instanceof Error ? error.message : `\`${path}\` cannot be read`)
  }
}

type Problem = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  readonly text: string
}

function problemsOf({ config, policies, schemas, tests }: PolicyFolder): readonly Problem[] {
  // A file for itself has no schemas beside it that it could miss.
  const isFolder = config !== null || policies.length !== 1 || tests.length + schemas.length > 0
  const compiled = compilePolicies(policies, isFolder ? schemas : null)
  const diagnostics = [
    ...(compiled.ok ? [] : compiled.error),
    ...loadSuites(tests).flatMap((suite) => suite.problems),
  ].map(withText)
  return [...distinct(diagnostics), ...configProblems(config)]
}

const withText = <T extends Omit<Diagnostic, 'code'> & { readonly code: string }>(
  one: T,
): T & { readonly text: string } => ({ ...one, text: formatDiagnostic(one) })

const distinct = <T extends { readonly text: string }>(all: readonly T[]): readonly T[] => [
  ...new Map(all.map((one) => [one.text, one])).values(),
]

function configProblems(config: string | null): readonly Problem[] {
  if (config === null) return []
  const read = readConfig(fileSources(process.env), resolve(config))
  if (read.ok) return []
  return read.error.map((problem) => {
    const file = shownPath(problem.file)
    const hint = problem.hint === null ? '' : `\n  hint: ${problem.hint}`
    const text = `${file}:${problem.line}:${problem.column}: ${problem.message}${hint}`
    return { ...problem, file, text }
  })
}
