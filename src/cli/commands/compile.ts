import { loadSuites } from '../../pdp/suites/find-suites.ts'
import { EXIT } from '../exit-code.ts'
import { compileFolder, compilePolicies } from '../policies/compile-folder.ts'
import { rulesOfRelease } from '../../pdp/suites/rules-of-release.ts'
import type { Terminal } from '../terminal.ts'
import { planOf, testFolder, type TestOptions } from './test.ts'

export type CompileOptions = TestOptions & { readonly skipTests?: boolean }

/** Compiles the policies of a directory and runs their tests. Exit 3 when they do not compile, 4 when a test fails. */
export function compile(
  terminal: Terminal,
  options: CompileOptions,
  directory: string,
): Promise<number> {
  const plan = planOf(terminal, options)
  if (plan === null) return Promise.resolve(EXIT.usage)
  const compiled = compileFolder(terminal, directory, options)
  if (!compiled.ok) return Promise.resolve(compiled.error)
  const { folder, release } = compiled.value
  // What a server loads by itself: how schemas are enforced is part of a release, and of its digest.
  const plain = compilePolicies(folder.policies, null)
  const digest = plain.ok ? plain.value.digest : release.digest
  const rules = rulesOfRelease(release).length
  const suites = loadSuites(folder.tests).length
  const counts = { files: folder.policies.length, policies: release.policies, rules, suites }
  const runs = options.skipTests !== true && suites > 0
  if (terminal.json && !runs)
    terminal.data(JSON.stringify({ ok: true, release: digest, ...counts }))
  else {
    // With tests to report in JSON, theirs is the document on stdout.
    const say = terminal.json || plan.output !== 'tree' ? terminal.talk : terminal.data
    say(`release ${digest}`)
    say(`${counts.policies} policies with ${rules} rules, from ${counts.files} files`)
  }
  return Promise.resolve(runs ? testFolder(terminal, plan, compiled.value) : EXIT.ok)
}
