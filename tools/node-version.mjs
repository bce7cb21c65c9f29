/**
 * Which Node the product needs, and where one is. Plain JavaScript that any Node ≥ 18 runs, because
 * it is what decides before the right Node is known.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join, sep } from 'node:path'

/** The oldest Node that runs the product, as `[major, minor]`, read from `engines` in package.json. */
export function requiredNode(root) {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node) ?? []
  return [Number(major), Number(minor)]
}

/** Whether a version such as `v24.21.0` is at least `[major, minor]`; false for what is no version. */
export function isAtLeast(version, [major, minor]) {
  const [, gotMajor, gotMinor] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  if (gotMajor === undefined) return false
  return Number(gotMajor) > major || (Number(gotMajor) === major && Number(gotMinor) >= minor)
}

/** What `node --version` of that program prints, or an empty string when it does not run. */
export function versionOf(program, env = process.env) {
  const run = spawnSync(program, ['--version'], { encoding: 'utf8', env })
  return run.status === 0 ? run.stdout.trim() : ''
}

/**
 * The environment as it was before npm put `node_modules/.bin` in front of it. npm must not run
 * under the Node that it installs: it would delete itself, and look for its settings elsewhere.
 */
export function outerEnvironment(env = process.env) {
  const isBin = (folder) => folder.endsWith(join(sep, 'node_modules', '.bin'))
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => !isBin(folder))
  const kept = Object.entries(env).filter(([name]) => !/^npm_(?:package|lifecycle)_/.test(name))
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) }
}
