/**
 * Installs what `npm start` or `npm test` needs, when it is not there yet or is not what the lock
 * files say. Runs on any Node ≥ 18, before anything is installed.
 *
 *   node tools/setup.mjs start    the product and the demo
 *   node tools/setup.mjs test     everything
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isAtLeast, outerEnvironment, requiredNode, versionOf } from './node-version.mjs'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** Private packages with a lock file of their own, installed after the root where they exist. */
const PRIVATE_PACKAGES = {
  start: ['examples/demo'],
  test: ['examples/demo', 'test/e2e', 'test/cerbos-http', 'test/conformance', 'test/differential'],
}

/** npm's own words are kept for failures: a machine with an older Node would see only warnings. */
const NPM_FLAGS = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts']

function main(mode) {
  if (!Object.hasOwn(PRIVATE_PACKAGES, mode)) {
    stop(
      `unknown mode \`${mode}\``,
      'run `node tools/setup.mjs start` or `node tools/setup.mjs test`',
    )
  }
  install(ROOT, mode)
  for (const folder of PRIVATE_PACKAGES[mode]) {
    // A private package needs all of its few dependencies in either mode.
    if (existsSync(join(ROOT, folder, 'package-lock.json'))) install(join(ROOT, folder), 'test')
  }
  checkNode()
}

/** Runs `npm ci` in a folder unless its marker says that the installed tree is the wanted one. */
function install(folder, mode) {
  const marker = join(folder, 'node_modules', '.reeve-setup.json')
  const digest = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json')))
  const wanted = {
    lock: digest.digest('hex'),
    platform: `${process.platform}-${process.arch}`,
    omit: process.env.npm_config_omit ?? '',
  }
  if (isFresh(marker, wanted, mode)) return
  const startedAt = Date.now()
  npmCi(folder, mode)
  // Written last and inside the tree, which `npm ci` deletes first: half an install has no marker.
  writeFileSync(marker, `${JSON.stringify({ ...wanted, mode })}\n`)
  const name = relative(ROOT, folder) || 'reeve'
  const tookSeconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  console.log(`setup: installed ${name} in ${tookSeconds} s`)
}

/** A tree for `test` has everything that `start` needs. */
function isFresh(marker, wanted, mode) {
  if (!existsSync(marker)) return false
  const expected = (installedMode) => `${JSON.stringify({ ...wanted, mode: installedMode })}\n`
  const found = readFileSync(marker, 'utf8')
  return found === expected('test') || found === expected(mode)
}

function npmCi(folder, mode) {
  const flags = mode === 'start' ? [...NPM_FLAGS, '--omit=dev'] : NPM_FLAGS
  const run = spawnNpm(['ci', ...flags], folder)
  if (run.status === 0) return
  const where = relative(ROOT, folder) || '.'
  stop(
    `\`npm ci\` failed in \`${where}\`${run.error ? `: ${run.error.message}` : ''}`,
    'check the network and the registry that `npm config get registry` names, then run the same command again',
    `${run.stdout ?? ''}${run.stderr ?? ''}`.trim(),
  )
}

/** The npm that runs us, under the Node that it runs under; else the one on the path. */
function spawnNpm(args, cwd) {
  const env = outerEnvironment()
  const { npm_execpath: npm, npm_node_execpath: node } = process.env
  const options = { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }
  const isOurs = node?.startsWith(join(ROOT, 'node_modules')) ?? true
  return npm?.endsWith('.js') && !isOurs
    ? spawnSync(node, [npm, ...args], options)
    : spawnSync('npm', args, options)
}

/**
 * npm scripts find `node_modules/.bin/node` first. Where that program cannot run (a Linux without
 * glibc, for one) it is removed, so that they find the system's own.
 */
function checkNode() {
  const required = requiredNode(ROOT)
  const vendored = join(ROOT, 'node_modules', '.bin', 'node')
  if (existsSync(vendored)) {
    if (isAtLeast(versionOf(vendored), required)) return
    rmSync(vendored)
  }
  const own = versionOf('node', outerEnvironment())
  if (isAtLeast(own, required)) return
  stop(
    `reeve needs Node ≥ ${required.join('.')}; here is ${own || 'none'}, and none came with the packages for ${process.platform}-${process.arch}`,
    'install a newer Node from https://nodejs.org and run the same command again',
  )
}

function stop(what, howToFix, details = '') {
  console.error(`${details}${details ? '\n' : ''}setup: ${what}\n  fix: ${howToFix}`)
  process.exit(1)
}

main(process.argv[2] ?? '')
