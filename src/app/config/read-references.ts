import { resolve } from 'node:path'
import type { JsonObject } from '../../core/json.ts'
import type { PolicySource, UpstreamCredential } from './config.ts'
import type { ConfigSources } from './config-sources.ts'
import type { RawCredential, RawSecret } from './raw-config.ts'
import { readPolicyFiles, type PolicyTexts } from './read-policy-files.ts'

/** Reads what a configuration only points to; what cannot be read is reported with its place. */
export type References = {
  readonly secret: (path: readonly PropertyKey[], secret: RawSecret) => string
  readonly credential: (path: readonly PropertyKey[], raw: RawCredential) => UpstreamCredential
  readonly jwks: (path: readonly PropertyKey[], name: string) => JsonObject
  readonly policies: (source: PolicySource) => PolicyTexts
}

export type Report = (path: readonly PropertyKey[], message: string, hint?: string | null) => void

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
    policies: (source) =>
      readPolicyFiles(sources, source, (about, message, hint) =>
        report(about === 'directory' ? ['policies', 'dir'] : ['policies'], message, hint),
      ),
  }
}

/** Reads a JSON Web Key Set as data; its keys are looked at where they are used. */
export function readJwks(
  sources: Pick<ConfigSources, 'readFile'>,
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
