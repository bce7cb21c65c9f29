import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { formatProblem, type Config, type ConfigProblem } from '../app/config/config.ts'
import { fileSources } from '../app/config/file-sources.ts'
import { readConfig } from '../app/config/read-config.ts'
import { loadRelease } from '../app/load-release.ts'
import type { Result } from '../core/result.ts'
import { init } from './commands/init.ts'
import { createTerminal } from './terminal.ts'

const silent = { write: () => {} }

/** The configuration and its policies are accepted, and something is allowed by them. */
function accepted(read: Result<Config, readonly ConfigProblem[]>): Config {
  assert.ok(read.ok, read.ok ? '' : read.error.map(formatProblem).join('\n'))
  const release = loadRelease(
    { files: read.value.policyFiles, schemas: [] },
    read.value.engine,
    null,
  )
  assert.ok(release.ok, release.ok ? '' : release.error.join('\n'))
  assert.ok(release.value.policies > 0)
  return read.value
}

test('what `reeve init` writes is accepted as it is', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'reeve-scaffold-'))
  const terminal = createTerminal({ stdout: silent, stderr: silent, environment: {} }, false)
  assert.equal(await init(terminal, {}, directory), 0)
  const config = accepted(readConfig(fileSources({}), join(directory, 'reeve.yaml')))
  rmSync(directory, { recursive: true, force: true })
  assert.deepEqual(
    config.policyFiles.map(({ path }) => path.slice(directory.length)),
    ['/policies/models.yaml', '/policy-config.yaml'],
  )
  assert.deepEqual(config.tokens.supportedTools, ['billing', 'search', 'file-store'])
})

test('the configuration of the demo is accepted as it is', () => {
  const demo = fileURLToPath(new URL('../../examples/demo/reeve.yaml', import.meta.url))
  const real = fileSources({ DEMO_PROVIDER_KEY: 'x', DEMO_KEYS: '/demo-keys' })
  const readFile = (path: string): string | null =>
    path.startsWith('/demo-keys/') ? '{"keys": []}' : real.readFile(path)
  assert.ok(accepted(readConfig({ ...real, readFile }, demo)).policyFiles.length >= 4)
})
