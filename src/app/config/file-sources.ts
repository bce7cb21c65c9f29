import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigSources } from './config-sources.ts'

/** Policy files below a directory; more is a mistaken path. */
const POLICY_FILES_MAX = 50_000

const POLICY = /\.(?:ya?ml|json)$/
/** Tests, fixtures and schemas live beside policies and are none (Cerbos' layout). */
const NOT_POLICY = /(?:_test\.(?:ya?ml|json)$)|(?:^|\/)(?:testdata|_schemas|\.[^/]*)(?:\/|$)/

/** The real files and environment. */
export const fileSources = (
  environment: Readonly<Record<string, string | undefined>>,
): ConfigSources => ({ readFile, listPolicies, environment })

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function listPolicies(directory: string): readonly string[] | null {
  try {
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    return names
      .filter((name) => POLICY.test(name) && !NOT_POLICY.test(name))
      .slice(0, POLICY_FILES_MAX)
      .map((name) => join(directory, name))
      .sort()
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

const isMissing = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR')
