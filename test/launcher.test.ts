import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MAIN = 'console.log(JSON.stringify([process.execPath, ...process.argv.slice(2)]))\n'

type Said = { readonly status: number | null; readonly out: string; readonly err: string }

/** A package as it stands on a disk, with a program that says on which Node and with what it runs. */
function withPackage(
  files: Readonly<Record<string, string>>,
  check: (home: string, run: (command: string, cwd: string, path: string) => Said) => void,
): void {
  const home = mkdtempSync(join(tmpdir(), 'reeve-launcher-'))
  try {
    cpSync(join(ROOT, 'bin'), join(home, 'bin'), { recursive: true })
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(home, path)), { recursive: true })
      writeFileSync(join(home, path), text)
    }
    check(home, (command, cwd, path) => {
      const run = spawnSync(command, ['--a', 'b c', ''], {
        cwd,
        env: { PATH: path },
        encoding: 'utf8',
      })
      return { status: run.status, out: run.stdout, err: run.stderr }
    })
  } finally {
    rmSync(home, { recursive: true })
  }
}

const MANIFEST = '{ "type": "module", "engines": { "node": ">=24.15" } }\n'
const TOOLS = '/usr/bin:/bin'

function vendor(home: string): string {
  const node = join(home, 'node_modules', '.bin', 'node')
  mkdirSync(dirname(node), { recursive: true })
  symlinkSync(process.execPath, node)
  return node
}

test('the launcher runs the sources of a clone on its own Node, with every argument as it is', () => {
  withPackage({ 'package.json': MANIFEST, 'src/cli/main.ts': MAIN }, (home, run) => {
    vendor(home)
    const expected = `${JSON.stringify([process.execPath, '--a', 'b c', ''])}\n`
    symlinkSync(join(home, 'bin', 'reeve'), join(home, 'absolute'))
    symlinkSync('absolute', join(home, 'relative'))
    for (const command of ['bin/reeve', './bin/reeve', join(home, 'bin/reeve'), './relative']) {
      assert.deepEqual(run(command, home, TOOLS), { status: 0, out: expected, err: '' }, command)
    }
    assert.equal(run('./reeve', join(home, 'bin'), TOOLS).out, expected)
  })
})

test('the launcher of an installed package runs what was built, on the Node of the path', () => {
  withPackage({ 'package.json': MANIFEST, 'dist/cli/main.js': MAIN }, (home, run) => {
    const said = run('bin/reeve', home, `${dirname(process.execPath)}:${TOOLS}`)
    assert.deepEqual(JSON.parse(said.out), [process.execPath, '--a', 'b c', ''])
  })
})

test('the launcher of a clone says so when nothing is installed yet', () => {
  withPackage({ 'package.json': MANIFEST, 'src/cli/main.ts': MAIN }, (home, run) => {
    const said = run('bin/reeve', home, TOOLS)
    assert.equal(said.status, 1)
    assert.match(said.err, /nothing is installed yet\n {2}fix: run `npm start` or `npm ci`/)
  })
})

test('the launcher refuses a Node that is too old, or that is not there, in words', () => {
  const future = MANIFEST.replace('24.15', '99.1')
  withPackage({ 'package.json': future, 'dist/cli/main.js': MAIN }, (home, run) => {
    const old = run('bin/reeve', home, dirname(process.execPath))
    assert.equal(old.status, 1)
    assert.equal(old.out, '')
    assert.match(old.err, /needs Node >=99\.1, and the one on the path is v\d+/)
    const missing = run('bin/reeve', home, join(home, 'bin'))
    assert.equal(missing.status, 1)
    assert.match(missing.err, /there is no Node on the path/)
  })
})

test('the launcher says so when the package is incomplete', () => {
  withPackage({ 'package.json': MANIFEST }, (home, run) => {
    const said = run('bin/reeve', home, TOOLS)
    assert.equal(said.status, 1)
    assert.match(said.err, /neither src\/cli\/main\.ts nor dist\/cli\/main\.js/)
  })
})
