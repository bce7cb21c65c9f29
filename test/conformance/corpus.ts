import {
  getCheckingSuite,
  getComprehensionSuite,
  getConformanceSuite,
  getParsingSuite,
} from '@bufbuild/cel-spec/testdata/tests.js'
import type { Choice } from './corpus-value.ts'

/** One case of the corpus, as far as it is read here. */
export type CorpusCase = {
  readonly id: string
  readonly suite: string
  readonly expression: string
  /** Whether the reference parsed it. */
  readonly parses: boolean
  readonly container: string
  readonly disableCheck: boolean
  readonly checkOnly: boolean
  readonly typeEnv: readonly { readonly name: string; readonly declKind: Choice }[]
  readonly bindings: Readonly<Record<string, { readonly kind: Choice }>>
  readonly matcher: Choice
}

type RawTest = {
  readonly name: string
  readonly ast?: string
  readonly error?: string
  readonly original: {
    readonly expr: string
    readonly container: string
    readonly disableCheck: boolean
    readonly checkOnly: boolean
    readonly typeEnv: CorpusCase['typeEnv']
    readonly bindings: Readonly<Record<string, { readonly kind: Choice }>>
    readonly resultMatcher: Choice
  }
}
type RawSuite = {
  readonly name: string
  readonly suites: readonly RawSuite[]
  readonly tests: readonly RawTest[]
}

/** Every case of every suite, with an id that is unique. */
export function corpusCases(): readonly CorpusCase[] {
  const suites = [
    getConformanceSuite(),
    getComprehensionSuite(),
    getParsingSuite(),
    getCheckingSuite(),
  ]
  const seen = new Map<string, number>()
  const cases: CorpusCase[] = []
  const visit = (suite: RawSuite, path: string): void => {
    for (const raw of suite.tests) {
      const name = `${path}/${raw.name}`
      const count = (seen.get(name) ?? 0) + 1
      seen.set(name, count)
      cases.push(caseOf(raw, count === 1 ? name : `${name}#${count}`, path.split('/')[0] ?? path))
    }
    for (const inner of suite.suites)
      visit(inner, path === '' ? inner.name : `${path}/${inner.name}`)
  }
  for (const suite of suites) {
    visit(suite, suite.name === 'conformance' ? '' : suite.name)
  }
  return cases
}

function caseOf(raw: RawTest, id: string, suite: string): CorpusCase {
  const { expr, container, disableCheck, checkOnly, typeEnv, bindings, resultMatcher } =
    raw.original
  return {
    id: id.replace(/^\//, ''),
    suite,
    expression: expr,
    parses: raw.ast !== undefined,
    container,
    disableCheck,
    checkOnly,
    typeEnv,
    bindings,
    matcher: resultMatcher,
  }
}
