import { ROOMS, VERIFIER, WRITER, ZOD_FILES, roomOf } from './rooms.ts'
import type { Room } from './rooms.ts'
import { isTest, resolved } from './source-file.ts'
import type { Import, SourceFile } from './source-file.ts'

/** What tests may import beyond their room: generators, and a second opinion on our schemas. */
const TEST_PACKAGES: readonly string[] = ['fast-check', 'ajv', 'ajv-formats']

/** What may be found from `src/` by its place: our own version, and the demo that a clone has. */
const ASSETS_OUTSIDE: readonly string[] = ['package.json', 'examples/demo/', 'schema/']

/** Arrows between rooms, and the packages and `node:` modules of each room. Types count as well. */
export function checkImports(file: SourceFile): readonly string[] {
  const name = roomOf(file.path)
  if (name === null) return []
  const room = ROOMS[name]
  if (room === undefined) return [`${file.path}: the room \`${name}\` is not in test/tidy/rooms.ts`]
  return file.imports.flatMap((imported) => {
    const problem = problemOf(file, name, room, imported)
    return problem === null ? [] : [`${file.path}:${imported.line}: ${problem}`]
  })
}

function problemOf(file: SourceFile, name: string, room: Room, imported: Import): string | null {
  const { specifier } = imported
  const target = resolved(file.path, specifier)
  if (target !== null) return arrowProblem(file, name, room, imported, target)
  if (specifier.startsWith('node:')) {
    const allowed =
      isTest(file.path) || room.node === 'all' || room.node.includes(specifier.slice(5))
    return allowed ? null : `\`${name}\` may not import \`${specifier}\``
  }
  return packageProblem(file, name, room, packageOf(specifier))
}

function arrowProblem(
  file: SourceFile,
  name: string,
  room: Room,
  imported: Import,
  target: string,
): string | null {
  const there = roomOf(target)
  if (imported.kind === 'asset' && ASSETS_OUTSIDE.includes(target)) return null
  if (there === null) return isTest(file.path) ? null : `\`${imported.specifier}\` is outside src/`
  if (there === name || room.rooms.includes(there)) return null
  if (room.types.includes(there)) {
    return imported.kind === 'type' ? null : `\`${name}\` may import only types of \`${there}\``
  }
  return `\`${name}\` may not import \`${there}\``
}

function packageProblem(file: SourceFile, name: string, room: Room, wanted: string): string | null {
  if (isTest(file.path) && TEST_PACKAGES.includes(wanted)) return null
  if (wanted === 'zod') {
    return ZOD_FILES.test(file.path) ? null : 'zod belongs into wire and config files (STYLE 9)'
  }
  return room.npm.includes(wanted) ? null : `\`${name}\` may not import the package \`${wanted}\``
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/** The verifier and all that it rests on, without the writer and without Node. */
export function checkVerifier(files: readonly SourceFile[]): readonly string[] {
  const known = new Map(files.map((file) => [file.path, file]))
  const reached = new Set(
    files.map(({ path }) => path).filter((path) => VERIFIER.test(path) && !isTest(path)),
  )
  const found: string[] = []
  // A set that grows while it is walked is walked to its end.
  for (const path of reached) {
    if (WRITER.test(path)) found.push(`${path}: the verifier rests on the writer`)
    for (const { specifier, line } of known.get(path)?.imports ?? []) {
      const target = resolved(path, specifier)
      if (target !== null) reached.add(target)
      if (specifier.startsWith('node:')) {
        found.push(`${path}:${line}: the verifier rests on \`${specifier}\``)
      }
    }
  }
  return found
}

/** The rooms that can be reached from each other along the table, if any. */
export function checkRoomCycles(rooms: Readonly<Record<string, Room>>): readonly string[] {
  const edges = new Map(
    Object.entries(rooms).map(([name, room]) => [name, [...room.rooms, ...room.types]]),
  )
  return cyclesIn(edges).map((cycle) => `rooms in a circle: ${cycle.join(' → ')}`)
}

/** Files that import each other in a circle, types included. */
export function checkFileCycles(files: readonly SourceFile[]): readonly string[] {
  const edges = new Map(
    files.map((file) => [
      file.path,
      file.imports
        .filter(({ kind }) => kind !== 'asset')
        .flatMap(({ specifier }) => resolved(file.path, specifier) ?? []),
    ]),
  )
  return cyclesIn(edges).map((cycle) => `files in a circle: ${cycle.join(' → ')}`)
}

/** Depth first; each circle once, from where it was met. */
function cyclesIn(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const done = new Set<string>()
  const found: (readonly string[])[] = []
  const visit = (node: string, trail: readonly string[]): void => {
    const start = trail.indexOf(node)
    if (start >= 0) found.push([...trail.slice(start), node])
    if (start >= 0 || done.has(node)) return
    for (const next of edges.get(node) ?? []) visit(next, [...trail, node])
    done.add(node)
  }
  for (const node of edges.keys()) visit(node, [])
  return found
}

/** No `export *`, no default export, and the extension on every relative import (STYLE 15). */
export function checkModuleForm(file: SourceFile): readonly string[] {
  const forms: readonly (readonly [RegExp, string])[] = [
    [/^export\s*\*/gm, 'no `export *`: re-export name by name'],
    [/^export\s+default\b/gm, 'no default export: export by name'],
    [/^export\s*\{[^}]*\bas\s+default\b/gm, 'no default export: export by name'],
    [/(?<![.\w$])require\s*\(/g, 'no `require`: import'],
  ]
  // CommonJS has `require` and nothing else; the launcher's version check is written in it.
  const isCommonJs = file.path.endsWith('.cjs')
  const bad = (isCommonJs ? [] : forms).flatMap(([pattern, message]) =>
    [...file.code.matchAll(pattern)].map(({ index }) => `${at(file, index)}: ${message}`),
  )
  const bare = file.imports.filter(
    ({ kind, specifier }) =>
      kind !== 'asset' &&
      specifier.startsWith('.') &&
      !/\.(?:ts|mjs|cjs|json|yaml|sql)$/.test(specifier),
  )
  const assets = file.imports
    .filter(({ kind }) => kind === 'asset')
    .map(({ specifier }) => specifier)
  // The compiler rewrites imports and leaves these as they are, so `dist/` would look for sources.
  const unbuilt = assets.filter(
    (asset) =>
      asset.endsWith('.ts') && !assets.includes(asset.replace(/ts$/, 'js')) && !isTest(file.path),
  )
  return [
    ...bad,
    ...unbuilt.map(
      (asset) => `${file.path}: \`${asset}\` is not in dist/, choose between .ts and .js`,
    ),
    ...bare.map(({ line, specifier }) => `${file.path}:${line}: \`${specifier}\` has no extension`),
  ]
}

const at = (file: SourceFile, index: number): string =>
  `${file.path}:${file.code.slice(0, index).split('\n').length}`

/** Source files that no other source file imports; tests do not count, entries need no importer. */
export function checkOrphans(
  files: readonly SourceFile[],
  entries: readonly string[],
): readonly string[] {
  const reached = new Set(entries)
  const reachedByTests = new Set<string>()
  for (const file of files) {
    for (const { specifier } of file.imports) {
      const target = resolved(file.path, specifier)
      if (target !== null) (isTest(file.path) ? reachedByTests : reached).add(target)
    }
  }
  return files
    .filter(({ path }) => path.startsWith('src/') && !path.endsWith('.test.ts'))
    .filter(({ path }) => !(isTest(path) ? reachedByTests : reached).has(path))
    .map(({ path }) => `${path}: imported by nobody`)
}
