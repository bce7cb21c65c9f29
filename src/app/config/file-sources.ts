import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Unreadable, type ConfigSources } from './config-sources.ts'

const POLICY = /\.(?:ya?ml|json)$/
/** Tests, fixtures and schemas live beside policies and are none (Cerbos' layout). */
const NOT_POLICY = /(?:_test\.(?:ya?ml|json)$)|(?:^|\/)(?:testdata|_schemas|\.[^/]*)(?:\/|$)/

/** The real files and environment. */
export const fileSources = (
  environment: Readonly<Record<string, string | undefined>>,
): ConfigSources => ({ readFile, listPolicies, listSchemas, stamp, environment })

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return nullWhenMissing(path, error)
  }
}

function listPolicies(directory: string): readonly string[] | null {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => isPolicy(relative(directory, path)))
      .sort()
  } catch (error) {
    return nullWhenMissing(directory, error)
  }
}

function listSchemas(directory: string): readonly string[] {
  const schemas = join(directory, '_schemas')
  try {
    return readdirSync(schemas, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.json'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  } catch (error) {
    return nullWhenMissing(schemas, error) ?? []
  }
}

const stamp = (paths: readonly string[]): string => paths.map(stampOf).join('\n')

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? path : `${path} ${found.mtimeMs} ${found.size} ${found.ino}`
}

const isPolicy = (name: string): boolean => POLICY.test(name) && !NOT_POLICY.test(name)

const WHY: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a directory',
  ENOTDIR: 'it is not a directory',
  ELOOP: 'its symbolic links lead nowhere',
}

function nullWhenMissing(path: string, error: unknown): null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') return null
  throw new Unreadable(path, WHY[code] ?? `it cannot be read (${code})`)
}
