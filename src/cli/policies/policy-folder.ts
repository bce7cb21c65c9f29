import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseYamlFile } from '../../app/config/yaml-file.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { isFixturePath, isSuitePath } from '../../pdp/suites/find-suites.ts'
import type { PolicyFile } from '../../policy/load-policies.ts'

/** What a command about policies looks at. Paths are as people would write them from here. */
export type PolicyFolder = {
  /** `reeve.yaml`, when the folder belongs to a configuration. */
  readonly config: string | null
  readonly policies: readonly PolicyFile[]
  /** JSON Schemas below `_schemas`. */
  readonly schemas: readonly PolicyFile[]
  /** Suites and their fixtures. */
  readonly tests: readonly PolicyFile[]
}

/**
 * Reads the policies and tests of a directory. Where `reeve.yaml` stands in it, or above it and
 * names it, that configuration says which policies there are: its `policies.dir` and the
 * `policy-config.yaml` beside it. Fails with a sentence.
 */
export function readPolicyFolder(directory: string): Result<PolicyFolder, string> {
  const asked = resolve(directory)
  try {
    if (!statSync(asked).isDirectory()) return fail(`\`${directory}\` is no directory`)
    const config = configOf(asked)
    const root = config === null ? asked : config.policies
    const listed = existsSync(root) ? filesBelow(root) : []
    const files = config === null ? listed : [...listed, ...filesBeside(config.file)]
    return ok({
      config: config?.file ?? null,
      policies: files.filter(({ path }) => isPolicyPath(path)),
      schemas: files.filter(({ path }) => isSchemaPath(path)),
      tests: files.filter(({ path }) => isSuitePath(path) || isFixturePath(path)),
    })
  } catch (error) {
    return fail(error instanceof Error ? error.message : `\`${directory}\` cannot be read`)
  }
}

/** What a person types for a file: relative to where they are, unless it lies elsewhere. */
export function shownPath(path: string): string {
  const shown = relative(process.cwd(), path)
  return shown === '' || shown.startsWith('..') ? path : shown
}

const CONFIG = 'reeve.yaml'
const DEFAULT_POLICIES = 'policies'

type Found = { readonly file: string; readonly policies: string }

/** The configuration in the directory, else one above it whose policies the directory is. */
function configOf(directory: string): Found | null {
  const own = openConfig(join(directory, CONFIG))
  if (own !== null) return own
  const above = openConfig(join(dirname(directory), CONFIG))
  return above?.policies === directory ? above : null
}

function openConfig(file: string): Found | null {
  if (!existsSync(file)) return null
  const yaml = parseYamlFile(file, readFileSync(file, 'utf8'), process.env, ['policies'])
  const data = yaml.ok ? yaml.value.data : null
  const section =
    typeof data === 'object' && data !== null && 'policies' in data ? data.policies : null
  const dir =
    typeof section === 'object' && section !== null && 'dir' in section ? section.dir : null
  const named = typeof dir === 'string' ? dir : DEFAULT_POLICIES
  return { file, policies: resolve(dirname(file), named) }
}

/** Files beside a configuration that hold policies or tests. */
function filesBeside(config: string): readonly PolicyFile[] {
  const short = join(dirname(config), 'policy-config.yaml')
  return existsSync(short) ? [open(short)] : []
}

const DATA = /\.(?:ya?ml|json)$/
const LEFT_OUT = /(?:^|\/)(?:node_modules|\.[^/]*)(?:\/|$)/
const CONFIGURATION = /(?:^|\/)(?:reeve\.yaml|token-service-config\.ya?ml|package(?:-lock)?\.json)$/

function filesBelow(root: string): readonly PolicyFile[] {
  return readdirSync(root, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => DATA.test(path) && !LEFT_OUT.test(relative(root, path)))
    .filter((path) => !CONFIGURATION.test(path))
    .sort()
    .map(open)
}

const open = (path: string): PolicyFile => ({
  path: shownPath(path),
  text: readFileSync(path, 'utf8'),
})

const isSchemaPath = (path: string): boolean => /(?:^|\/)_schemas\//.test(path)

const isPolicyPath = (path: string): boolean =>
  !isSchemaPath(path) &&
  !isSuitePath(path) &&
  !/_test\.(?:ya?ml|json)$/.test(path) &&
  !/(?:^|\/)testdata\//.test(path)
