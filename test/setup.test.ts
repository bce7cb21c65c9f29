import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Stands for npm: writes down where and how it was called, and installs nothing but a folder. */
const NPM = `
import { appendFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
if (existsSync('fail')) { console.error('npm error E404'); process.exit(1) }
rmSync('node_modules', { recursive: true, force: true })
mkdirSync('node_modules/.bin', { recursive: true })
appendFileSync(process.env.CALLS, process.cwd().split('/').pop() + ' ' + process.argv.slice(2).join(' ') + '\\n')
`

type Clone = {
  readonly home: string
  /** Runs setup, and gives what it said and which calls of npm it made. */
  readonly setup: (mode: string) => {
    readonly status: number | null
    readonly said: string
    readonly calls: readonly string[]
  }
  readonly write: (path: string, text: string) => void
}

function withClone(engines: string, check: (clone: Clone) => void): void {
  const home = mkdtempSync(join(tmpdir(), 'reeve-setup-'))
  const npm = join(home, 'fake', 'npm-cli.js')
  const log = join(home, 'fake', 'calls')
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text)
  }
  try {
    cpSync(join(ROOT, 'tools'), join(home, 'tools'), { recursive: true })
    write('fake/npm-cli.js', NPM)
    write('fake/package.json', '{ "type": "module" }')
    write('package.json', `{ "engines": { "node": "${engines}" } }`)
    write('package-lock.json', '{}')
    check({
      home,
      write,
      setup: (mode) => {
        writeFileSync(log, '')
        const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`
        const env = { PATH, CALLS: log, npm_execpath: npm, npm_node_execpath: process.execPath }
        const run = spawnSync(process.execPath, ['tools/setup.mjs', mode], {
          cwd: home,
          env,
          encoding: 'utf8',
        })
        const calls = readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
        return { status: run.status, said: run.stdout + run.stderr, calls }
      },
    })
  } finally {
    rmSync(home, { recursive: true })
  }
}

const runsOf = (calls: readonly string[]): readonly string[] =>
  calls.map(
    (call) => `${call.split(' ')[0] ?? ''}${call.includes('--omit=dev') ? ' without dev' : ''}`,
  )

test('setup installs what the mode needs, the root first, and nothing twice', () => {
  withClone('>=24.15', ({ write, setup, home }) => {
    write('examples/demo/package-lock.json', '{}')
    write('test/e2e/package-lock.json', '{}')
    const root = home.split('/').at(-1) ?? ''
    assert.deepEqual(runsOf(setup('start').calls), [`${root} without dev`, 'demo'])
    assert.deepEqual(setup('start').calls, [])
    assert.deepEqual(runsOf(setup('test').calls), [root, 'e2e'])
    assert.deepEqual(setup('test').calls, [])
    assert.deepEqual(setup('start'), { status: 0, said: '', calls: [] })
  })
})

test('setup installs again when a lock file changed or an install was cut short', () => {
  withClone('>=24.15', ({ write, setup, home }) => {
    setup('test')
    write('package-lock.json', '{ "changed": true }')
    assert.equal(setup('test').calls.length, 1)
    rmSync(join(home, 'node_modules', '.reeve-setup.json'))
    assert.equal(setup('test').calls.length, 1)
    write('node_modules/.reeve-setup.json', '{"lo')
    assert.equal(setup('test').calls.length, 1)
    assert.equal(setup('test').calls.length, 0)
  })
})

test('setup says what failed, where and how to fix it, and leaves no marker', () => {
  withClone('>=24.15', ({ write, setup, home }) => {
    write('fail', '')
    const { status, said } = setup('start')
    assert.equal(status, 1)
    assert.match(said, /npm error E404\nsetup: `npm ci` failed in `\.`\n {2}fix: /)
    assert.equal(existsSync(join(home, 'node_modules', '.reeve-setup.json')), false)
    assert.match(setup('deploy').said, /unknown mode `deploy`/)
  })
})

test('setup ends with a clear sentence when no Node is new enough', () => {
  withClone('>=99.0', ({ setup }) => {
    const { status, said } = setup('start')
    assert.equal(status, 1)
    assert.match(said, /reeve needs Node ≥ 99\.0; here is v\d+\.\d+\.\d+, and none came/)
  })
})

test('setup removes a Node that came with the packages and cannot run here', () => {
  withClone('>=24.15', ({ write, setup, home }) => {
    setup('start')
    write('node_modules/.bin/node', 'not a program')
    assert.equal(setup('start').status, 0)
    assert.equal(existsSync(join(home, 'node_modules', '.bin', 'node')), false)
  })
})
