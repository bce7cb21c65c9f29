import { join, resolve } from 'node:path'
import type { JsonObject } from '../../core/json.ts'
import type { PolicyFile, UpstreamCredential } from './config.ts'
import type { ConfigSources } from './config-sources.ts'
import type { RawConfig, RawCredential, RawSecret } from './raw-config.ts'

/** Reads what a configuration only points to; what cannot be read is reported with its place. */
export type References = {
  readonly secret: (path: readonly PropertyKey[], secret: RawSecret) => string
  readonly credential: (path: readonly PropertyKey[], raw: RawCredential) => UpstreamCredential
  readonly jwks: (path: readonly PropertyKey[], name: string) => JsonObject
  readonly policies: (raw: RawConfig) => readonly PolicyFile[]
}

export type Report = (path: readonly PropertyKey[], message: string, hint?: string | null) => void

/** Policy files below a directory; more is a mistaken path. */
const POLICY_FILES_MAX = 50_000

/** The short form of policies, beside `reeve.yaml` or in the policy directory. */
const SHORT_FORM = 'policy-config.yaml'

/** Relative names are taken from the folder of the configuration file. */
export function createReferences(sources: ConfigSources, base: string, report: Report): References {
  const secret: References['secret'] = (path, reference) => {
    if ('env' in reference) {
      const value = sources.environment[reference.env] ?? ''
      if (value === '')
        report(
          path,
          `the environment variable \`${reference.env}\` is not set`,
          `set it before the start: ${reference.env}=...`,
        )
      return value
    }
    const value = sources.readFile(resolve(base, reference.file))?.trim() ?? ''
    if (value === '')
      report(
        path,
        `the secret file \`${reference.file}\` does not exist or is empty`,
        'paths are relative to the folder of this file',
      )
    return value
  }
  return {
    secret,
    credential: (path, raw) =>
      raw.kind === 'configured_header'
        ? {
            kind: raw.kind,
            name: raw.name.toLowerCase(),
            value: raw.prefix + secret(path, raw.value),
          }
        : { kind: raw.kind },
    jwks: (path, name) =>
      readJwks(sources, resolve(base, name), (message, hint) => report(path, message, hint)),
    policies: (raw) => readPolicies(sources, base, raw, report),
  }
}

function readJwks(
  sources: ConfigSources,
  path: string,
  report: (message: string, hint: string) => void,
): JsonObject {
  const text = sources.readFile(path)
  if (text === null) {
    report(
      `the key set \`${path}\` does not exist`,
      'write the public keys there, as a JSON Web Key Set',
    )
    return {}
  }
  try {
    const parsed: unknown = JSON.parse(text)
    if (
      typeof parsed === 'object' &&
      parsed !== null &&
      'keys' in parsed &&
      Array.isArray(parsed.keys)
    )
      return parsed as JsonObject
  } catch {
    // Reported below with every other shape that is no key set.
  }
  report(`\`${path}\` is not a JSON Web Key Set (RFC 7517 §5)`, 'expected {"keys": [...]}')
  return {}
}

function readPolicies(
  sources: ConfigSources,
  base: string,
  raw: RawConfig,
  report: Report,
): readonly PolicyFile[] {
  const paths: string[] = []
  if (raw.policies !== undefined) {
    const directory = resolve(base, raw.policies.dir)
    const found = sources.listPolicies(directory)
    if (found === null)
      report(
        ['policies', 'dir'],
        `the policy directory \`${directory}\` does not exist`,
        'create it, or correct `policies.dir`',
      )
    if (found !== null && found.length > POLICY_FILES_MAX) {
      report(
        ['policies', 'dir'],
        `there are more than ${POLICY_FILES_MAX} policy files in \`${directory}\``,
        'name the directory that holds only policies',
      )
      return []
    }
    for (const path of found ?? []) paths.push(path)
  }
  const beside = join(base, SHORT_FORM)
  if (!paths.includes(beside) && sources.readFile(beside) !== null) paths.push(beside)
  const short = paths.filter((path) => path.endsWith(`/${SHORT_FORM}`))
  if (short.length > 1)
    report(
      ['policies'],
      `the short form stands in ${short.join(' and in ')}`,
      'a section stands in one place: remove one of the two',
    )
  return paths.flatMap((path) => {
    const text = sources.readFile(path)
    // A deny rule that is not read is a deny rule that does not hold.
    if (text === null) report(['policies'], `the policy file \`${path}\` does not exist`)
    return text === null ? [] : [{ path, text }]
  })
}
