import { dirname, join } from 'node:path'
import { fail, ok, type Result } from '../../core/result.ts'
import { assembleConfig, stateDirectoryOf } from './assemble-config.ts'
import { assembleCerbosConfig, cerbosStateDirectory } from './assemble-cerbos-config.ts'
import { CERBOS_KEYS, checkCerbosConfig, isCerbosStyle } from './cerbos-schema.ts'
import { checkConfig, checkTokens, type Checked } from './config-schema.ts'
import type { Config, ConfigProblem } from './config.ts'
import { crossCheck } from './cross-check.ts'
import type { Flags } from './flags.ts'
import { Unreadable, type ConfigSources } from './config-sources.ts'
import type { RawTokens } from './raw-config.ts'
import { createReferences } from './read-references.ts'
import { parseYamlFile, type YamlFile } from './yaml-file.ts'

/**
 * Reads `reeve.yaml` with its sections in files of their own (`token-service-config.yml`,
 * `policy-config.yaml`) and everything it points to. Fails with all that is wrong, not the first.
 */
export function readConfig(
  sources: ConfigSources,
  file: string,
  flags: Flags = {},
): Result<Config, readonly ConfigProblem[]> {
  return readable(() => {
    const text = sources.readFile(file)
    if (text === null) return fail([missingFile(file)])
    const yaml = parseYamlFile(file, text, sources.environment)
    if (!yaml.ok) return yaml
    if (isCerbosStyle(yaml.value.data)) return readCerbosConfig(sources, yaml.value, flags)
    const raw = withPlaces(yaml.value, checkConfig(yaml.value.data))
    const tokens = readTokens(sources, yaml.value)
    if (!raw.ok || !tokens.ok)
      return fail([...(raw.ok ? [] : raw.error), ...(tokens.ok ? [] : tokens.error)])

    const problems: ConfigProblem[] = []
    const at = (
      path: readonly PropertyKey[],
      message: string,
      hint: string | null = null,
    ): ConfigProblem => ({ ...placeOf(path, yaml.value, tokens.value.yaml), message, hint })
    const references = createReferences(sources, dirname(file), (path, message, hint) => {
      problems.push(at(path, message, hint ?? null))
    })
    const listen = { ...raw.value.listen, ...flags }
    const config = assembleConfig(file, { ...raw.value, listen }, tokens.value.section, references)
    problems.push(...crossCheck(config, { at }))
    return problems.length > 0 ? fail(problems) : ok(config)
  })
}

/**
 * Only where the state of a configuration lies, for commands that look at the ledger: they need
 * neither its secrets nor the rest of it to be right.
 */
export function readStateDirectory(
  sources: ConfigSources,
  file: string,
): Result<string, readonly ConfigProblem[]> {
  return readable(() => {
    const text = sources.readFile(file)
    if (text === null) return fail([missingFile(file)])
    const yaml = parseYamlFile(file, text, sources.environment, STATE_SECTIONS)
    if (!yaml.ok) return yaml
    if (isCerbosStyle(yaml.value.data)) {
      const cerbos = withPlaces(yaml.value, checkCerbosConfig(yaml.value.data))
      return cerbos.ok ? ok(cerbosStateDirectory(cerbos.value)) : cerbos
    }
    const raw = withPlaces(yaml.value, checkConfig(yaml.value.data))
    return raw.ok ? ok(stateDirectoryOf(file, raw.value)) : raw
  })
}

const STATE_SECTIONS: readonly string[] = ['mode', 'store', 'audit', ...CERBOS_KEYS]

/** A file in Cerbos' form stands alone: nothing beside it is read but what it names. */
function readCerbosConfig(
  sources: ConfigSources,
  yaml: YamlFile,
  flags: Flags,
): Result<Config, readonly ConfigProblem[]> {
  const { file, data, at } = yaml
  const raw = withPlaces(yaml, checkCerbosConfig(data))
  if (!raw.ok) return raw
  const problems: ConfigProblem[] = []
  const config = assembleCerbosConfig(raw.value, {
    sources,
    file,
    flags,
    report: (path, message, hint) =>
      problems.push({ file, ...at(path), message, hint: hint ?? null }),
  })
  return problems.length > 0 ? fail(problems) : ok(config)
}

/** A file that is there and cannot be read is a mistake like any other. */
function readable<T>(
  read: () => Result<T, readonly ConfigProblem[]>,
): Result<T, readonly ConfigProblem[]> {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const { path: file, message } = error
    return fail([
      { file, line: 1, column: 1, message, hint: 'correct the path, or its permissions' },
    ])
  }
}

/** Where a path of the configuration stands: tokens may have a file of their own. */
function placeOf(
  path: readonly PropertyKey[],
  yaml: YamlFile,
  tokens: YamlFile,
): Pick<ConfigProblem, 'file' | 'line' | 'column'> {
  const [section, ...rest] = path
  if (section !== 'tokens' || tokens === yaml) return { file: yaml.file, ...yaml.at(path) }
  return { file: tokens.file, ...tokens.at(rest) }
}

type ReadTokens = { readonly section: RawTokens; readonly yaml: YamlFile }

/** The token section stands in `reeve.yaml` or in its own file, never in both. */
function readTokens(
  sources: ConfigSources,
  yaml: YamlFile,
): Result<ReadTokens, readonly ConfigProblem[]> {
  const path = join(dirname(yaml.file), 'token-service-config.yml')
  const text = sources.readFile(path)
  const { data } = yaml
  const inside =
    typeof data === 'object' && data !== null && 'tokens' in data ? data.tokens : undefined
  if (text === null) {
    // What is wrong with the section itself is said by the check of the whole file.
    const checked = checkTokens(inside)
    return checked.ok ? ok({ section: checked.value, yaml }) : fail([])
  }
  if (inside === undefined) {
    const parsed = parseYamlFile(path, text, sources.environment)
    if (!parsed.ok) return parsed
    const section = withPlaces(parsed.value, checkTokens(parsed.value.data))
    return section.ok ? ok({ section: section.value, yaml: parsed.value }) : section
  }
  return fail([
    {
      file: yaml.file,
      ...yaml.at(['tokens']),
      message: `\`tokens\` also stands in ${path}`,
      hint: 'a section stands in one place: remove one of the two',
    },
  ])
}

function withPlaces<T>(yaml: YamlFile, checked: Checked<T>): Result<T, readonly ConfigProblem[]> {
  if (checked.ok) return checked
  return fail(
    checked.problems.map(({ path, message, hint }) => ({
      file: yaml.file,
      ...yaml.at(path),
      message: path.length === 0 ? message : `\`${path.map(String).join('.')}\`: ${message}`,
      hint: hint ?? null,
    })),
  )
}

const missingFile = (file: string): ConfigProblem => ({
  file,
  line: 1,
  column: 1,
  message: 'the file does not exist',
  hint: 'run `reeve init` to write one, or name another with --config',
})
