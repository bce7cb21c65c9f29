import { WORLDLY_ROOMS, roomOf } from './rooms.ts'
import { lineAt } from './scan-source.ts'
import { isTest } from './source-file.ts'
import type { SourceFile } from './source-file.ts'

/** STYLE 7: each with what to use instead. A member call such as `deps.fetch()` is an injected one. */
const WORLD: readonly (readonly [RegExp, string])[] = [
  [/(?<![.\w$])Date\.now\b/g, 'take `now` from an injected `Clock`'],
  [/(?<![.\w$])new Date\(\s*\)/g, 'take `now` from an injected `Clock`'],
  [/(?<![.\w$])performance\.now\b/g, 'take `now` from an injected `Clock`'],
  [/(?<![.\w$])Math\.random\b/g, 'take an injected `RandomBytes`'],
  [/\brandomUUID\b/g, 'take an injected `NewId`'],
  [/(?<![.\w$])process\./g, 'what the process knows is passed in from `app/`'],
  [/(?<![.\w$])(?:setTimeout|setInterval|setImmediate)\s*\(/g, 'take an injected timer'],
  [/(?<![.\w$])fetch\s*\(/g, 'take an injected `fetch`'],
  [/\bglobalThis\.\w+/g, 'take what you need from your dependencies'],
  [/(?<![.\w$])crypto\.(?:getRandomValues|subtle)\b/g, 'take what you need from your dependencies'],
]

/** What `node:crypto` has that is chance, not arithmetic. Keys are made where they are kept, in `sts/`. */
const CHANCE = /\b(?:random\w+|webcrypto|getRandomValues)\b/

/** Time, chance, the process and the network only in `app/` and `cli/`. */
export function checkWorld(file: SourceFile): readonly string[] {
  const room = roomOf(file.path)
  if (room === null || WORLDLY_ROOMS.includes(room) || isTest(file.path)) return []
  const used = WORLD.flatMap(([pattern, instead]) =>
    [...file.code.matchAll(pattern)].map(
      ({ index, 0: text }) =>
        `${file.path}:${lineAt(file.code, index)}: no \`${text.trim()}\`: ${instead}`,
    ),
  )
  const chance = file.imports
    .filter(({ specifier, clause }) => specifier === 'node:crypto' && CHANCE.test(clause))
    .map(({ line }) => `${file.path}:${line}: take an injected \`RandomBytes\``)
  return [...used, ...chance]
}

/** A suppression without words says nothing to the next reader. */
const REASON_LENGTH_MIN = 10

/** Suppressions carry their reason; the ones that hide everything are not used at all. */
export function checkSuppressions(file: SourceFile): readonly string[] {
  return file.comments.flatMap(({ line, text }) => {
    const where = `${file.path}:${line}`
    if (/^(?:\/\/|\/\*)\s*@ts-(?:ignore|nocheck)\b/.test(text)) {
      return [
        `${where}: \`@ts-expect-error\` with a reason, never \`@ts-ignore\` or \`@ts-nocheck\``,
      ]
    }
    const expected = /^(?:\/\/|\/\*)\s*@ts-expect-error\b:?(.*)$/s.exec(text)
    if (expected !== null)
      return hasReason(expected[1]) ? [] : [`${where}: suppression without a reason`]
    if (/^(?:\/\/|\/\*)\s*eslint-disable/.test(text)) return [`${where}: write \`oxlint-disable\``]
    if (!/^(?:\/\/|\/\*)\s*oxlint-disable/.test(text)) return []
    return hasReason(/ -- (.*)$/s.exec(text)?.[1]) ? [] : [`${where}: say why after \` -- \``]
  })
}

const hasReason = (text: string | undefined): boolean =>
  (text ?? '').replace('*/', '').trim().length >= REASON_LENGTH_MIN

/** Work that is left names its issue (STYLE 17). */
export const checkOpenWork = (file: SourceFile): readonly string[] =>
  file.comments
    .filter(({ text }) => /\b(?:TODO|FIXME|XXX|HACK)\b/.test(text) && !/#\d+/.test(text))
    .map(({ line }) => `${file.path}:${line}: open work without an issue number`)

/** Absolute paths of somebody's machine, which mean nothing to the next reader. */
const WORKPLACE = /(?<![\w.:/*)\]}-])\/(?:work|root|home|Users)\/[\w.]/

/** Where npm writes down from which registry it took something. */
const REGISTRY_HOSTS: readonly (readonly [string, RegExp])[] = [
  ['package-lock.json', /"resolved": "http/],
  ['.npmrc', /^(?:@[\w-]+:)?registry\s*=|^\/\//],
]

/** Nothing in the repository points to the machine on which it was written. */
export function checkWorkplace(file: {
  readonly path: string
  readonly text: string
}): readonly string[] {
  const lines = file.text.split('\n')
  const paths = lines.flatMap((line, i) =>
    WORKPLACE.test(line) ? [`${file.path}:${i + 1}: an absolute path of a machine`] : [],
  )
  const host = REGISTRY_HOSTS.find(([name]) => file.path.split('/').at(-1) === name)?.[1]
  const hosts = lines.flatMap((line, i) =>
    host?.test(line) === true ? [`${file.path}:${i + 1}: a registry host`] : [],
  )
  return [...paths, ...hosts]
}
