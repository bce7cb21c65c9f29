import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { textOf } from './show-record.ts'
import { createTerminal } from './terminal.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'reeve-cli-'))
after(() => rmSync(home, { recursive: true, force: true }))

function reeve(...args: readonly string[]) {
  const ran = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: home,
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { code: ran.status, out: ran.stdout, err: ran.stderr }
}

suite('exit codes, and what stands on which stream', () => {
  test('a command, option or argument that does not exist is a usage error', () => {
    for (const args of [
      ['nonsense'],
      ['up', '--nonsense'],
      ['why'],
      ['audit', 'nonsense'],
      ['up', '--listen-data', 'x'],
    ]) {
      const { code, out, err } = reeve(...args)
      assert.equal(code, 2, args.join(' '))
      assert.equal(out, '')
      assert.notEqual(err, '')
    }
  })

  test('a configuration that is not there or is broken is 3, with its place and a way out', () => {
    const missing = reeve('up', '--config', 'none.yaml')
    assert.equal(missing.code, 3)
    assert.match(missing.err, /none\.yaml:1:1: .*\n {2}run `reeve init`/)
    writeFileSync(join(home, 'broken.yaml'), 'mode: fast\nlisten: {dta: x}\n')
    const broken = reeve('up', '-c', 'broken.yaml')
    assert.equal(broken.code, 3)
    assert.equal(broken.out, '')
    assert.match(
      broken.err,
      /broken\.yaml:1:1: `mode`.*\n.*broken\.yaml:2:10: .*unknown key `dta`\n {2}remove it/,
    )
  })

  test('a server or a ledger that is not there is 7, with a way out', () => {
    for (const args of [
      ['sponsor', 'suspend', 'dana'],
      ['agent', 'stop', 'triage'],
      ['readiness'],
      ['why', 'last'],
      ['audit', 'tail'],
      ['audit', 'verify'],
      ['audit', 'checkpoint'],
    ]) {
      const { code, out, err } = reeve(...args, '--state', join(home, 'nothing'))
      assert.equal(code, 7, args.join(' '))
      assert.equal(out, '')
      assert.match(err, /^reeve: .*\n {2}\S/, args.join(' '))
    }
  })

  test('the address of a server that was killed gets no credential', () => {
    const state = join(home, 'killed')
    spawnSync('mkdir', ['-p', state])
    const dead = spawnSync(process.execPath, ['-e', ''])
    writeFileSync(
      join(state, 'server.json'),
      JSON.stringify({ control: 'http://127.0.0.1:1', pid: dead.pid }),
    )
    writeFileSync(join(state, 'operator-credential'), 'secret')
    const { code, err } = reeve('readiness', '--state', state)
    assert.equal(code, 7)
    assert.match(err, /was killed/)
  })

  test('numbers out of range are usage errors', () => {
    for (const lines of ['0', '-1', 'x', '1e9', '1.5'])
      assert.equal(reeve('audit', 'tail', '-n', lines).code, 2)
  })

  test('version and help are 0, on stdout', () => {
    assert.match(reeve('version').out, /^\d+\.\d+\.\d+\n$/)
    assert.deepEqual(Object.keys(JSON.parse(reeve('version', '--json').out) as object), ['version'])
    assert.deepEqual(reeve('--json', 'version'), reeve('version', '--json'))
    assert.match(reeve('--help').out, /audit/)
  })
})

test('`init` writes everything once, keeps what is there, and guards the state folder', () => {
  const first = reeve('init', 'new', '--json')
  assert.equal(first.code, 0)
  const { written, kept } = JSON.parse(first.out) as { written: string[]; kept: string[] }
  assert.ok(written.includes('reeve.yaml') && written.includes('READINESS.md'))
  assert.ok(written.includes('.reeve/schema/reeve.schema.json'))
  assert.deepEqual(kept, [])
  assert.equal(statSync(join(home, 'new/.reeve')).mode & 0o777, 0o700)
  writeFileSync(join(home, 'new/reeve.yaml'), 'mine')
  const again = JSON.parse(reeve('init', 'new', '--json').out) as {
    written: string[]
    kept: string[]
  }
  assert.deepEqual(again, { ...again, written: [], kept: written })
  assert.equal(readFileSync(join(home, 'new/reeve.yaml'), 'utf8'), 'mine')
  writeFileSync(join(home, 'file'), '')
  assert.equal(reeve('init', 'file/below').code, 1)
})

test('colours are for terminals that want them', () => {
  const of = (isTTY: boolean, environment: Record<string, string>): string => {
    const stream = { write: () => {}, isTTY }
    return createTerminal({ stdout: stream, stderr: stream, environment }, false).colors.red('x')
  }
  assert.notEqual(of(true, {}), 'x')
  assert.notEqual(of(true, { NO_COLOR: '' }), 'x')
  assert.equal(of(true, { NO_COLOR: '1' }), 'x')
  assert.equal(of(false, {}), 'x')
})

test('what an agent wrote cannot move the cursor, colour the screen or reorder a line', () => {
  assert.equal(textOf('a\u001b[2Jb\nc\u202ed\u009b'), 'a\\u001b[2Jb\\u000ac\\u202ed\\u009b')
  assert.equal(textOf('grün 退款'), 'grün 退款')
})
