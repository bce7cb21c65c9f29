import type { Diagnostic, SourceFile } from '../../policy/diagnostic.ts'
import { openSourceFile, report } from '../../policy/diagnostic.ts'
import type { PolicyFile } from '../../policy/load-policies.ts'
import { parseSharedFixtures, parseSuite } from './parse-suite.ts'
import type { TestCase } from './build-cases.ts'
import { buildCases } from './build-cases.ts'
import type { Fixtures, Suite } from './suite.ts'

/** A suite that was read, with its matrix, or what is wrong with it or with its fixtures. */
export type LoadedSuite = {
  readonly path: string
  readonly suite: Suite | null
  readonly cases: readonly TestCase[]
  readonly problems: readonly Diagnostic[]
}

const SUITE = /_test\.(?:ya?ml|json)$/
const FIXTURES = /(?:^|\/)testdata\/(?:principals|resources|aux_?data|actors)\.(?:ya?ml|json)$/i

/** Whether a file is a suite of policy tests, by its name. */
export const isSuitePath = (path: string): boolean =>
  SUITE.test(path) && !/(?:^|\/)testdata\//.test(path)

/** Whether a file holds fixtures for the suites beside its folder `testdata`. */
export const isFixturePath = (path: string): boolean => FIXTURES.test(path)

/** Reads every suite among the files, with the shared fixtures beside it, in the order of their paths. */
export function loadSuites(files: readonly PolicyFile[]): readonly LoadedSuite[] {
  const sorted = [...files].sort((left, right) => (left.path < right.path ? -1 : 1))
  const folders = new Map<string, SharedFolder>()
  for (const file of sorted) if (isFixturePath(file.path)) addFixtures(folders, file)
  return sorted
    .filter(({ path }) => isSuitePath(path))
    .map((file) => loadSuite(file, folders.get(folderOf(file.path)) ?? EMPTY_FOLDER))
}

type SharedFolder = { readonly fixtures: Fixtures; readonly files: readonly SourceFile[] }

const EMPTY_FOLDER: SharedFolder = {
  fixtures: {
    principals: new Map(),
    resources: new Map(),
    auxData: new Map(),
    actors: new Map(),
    principalGroups: new Map(),
    resourceGroups: new Map(),
  },
  files: [],
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)

function addFixtures(folders: Map<string, SharedFolder>, { path, text }: PolicyFile): void {
  const folder = path.slice(0, path.lastIndexOf('testdata/'))
  const file = openSourceFile(path, text)
  const found = parseSharedFixtures(file)
  const known = folders.get(folder) ?? EMPTY_FOLDER
  const files = [...known.files, file]
  const fixtures = found === null ? known.fixtures : joined(file, known.fixtures, found)
  folders.set(folder, { fixtures, files })
}

function joined(file: SourceFile, left: Fixtures, right: Fixtures): Fixtures {
  const both = <T>(key: string, one: ReadonlyMap<string, T>, other: ReadonlyMap<string, T>) => {
    for (const name of other.keys()) {
      if (!one.has(name)) continue
      const message = `\`${name}\` of \`${key}\` also stands in another file of this folder`
      report(file, 0, { code: 'name_duplicate', message })
    }
    return new Map([...one, ...other])
  }
  return {
    principals: both('principals', left.principals, right.principals),
    resources: both('resources', left.resources, right.resources),
    auxData: both('auxData', left.auxData, right.auxData),
    actors: both('actors', left.actors, right.actors),
    principalGroups: both('principalGroups', left.principalGroups, right.principalGroups),
    resourceGroups: both('resourceGroups', left.resourceGroups, right.resourceGroups),
  }
}

function loadSuite({ path, text }: PolicyFile, folder: SharedFolder): LoadedSuite {
  const file = openSourceFile(path, text)
  const suite = parseSuite(file)
  // What is missing in a suite that was not read to its end would only repeat its own problems.
  const cases = suite === null || file.problems.length > 0 ? [] : buildCases(suite, folder.fixtures)
  const problems = [file, ...folder.files].flatMap((one) => one.problems)
  return { path, suite, cases: problems.length === 0 ? cases : [], problems }
}
