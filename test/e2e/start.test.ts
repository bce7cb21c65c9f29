/** The first minutes of a newcomer: an empty folder, `reeve init`, `reeve up`, and the curl of the README. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { freePorts } from '../../examples/demo/ports.ts'
import { ask, recordsOf, reeve, toolCall, up, type Up } from './reeve.ts'

suite('an empty folder', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reeve-start-'))
  const state = join(directory, '.reeve/development')
  let server: Up
  let data = ''
  before(async () => {
    const made = await reeve(['init'], { cwd: directory })
    assert.equal(made.code, 0, made.err)
    assert.match(made.out, /wrote {2}reeve\.yaml/)
    const [first = 0, second = 0, third = 0] = await freePorts(3)
    // Other ports than the usual ones, which somebody may be using; the rest stays as it was written.
    const file = join(directory, 'reeve.yaml')
    data = `http://localhost:${first}`
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(
        'public_url: http://localhost:8080',
        `public_url: ${data}`,
      ),
    )
    server = await up(directory, [
      `--listen-data=127.0.0.1:${first}`,
      `--listen-control=127.0.0.1:${second}`,
      `--listen-pdp=127.0.0.1:${third}`,
    ])
  })
  after(async () => {
    await server.end()
    rmSync(directory, { recursive: true, force: true })
  })

  test('starts, and says on one screen what it gives away', () => {
    const talk = server.talk()
    assert.match(talk, /^reeve development$/m)
    assert.match(talk, /whoever reaches this machine's ports is agent `assistant`/)
    assert.match(talk, /any process on this machine may ask the decision API/)
    assert.ok(talk.split('\n').length <= 15)
  })

  test('issues a token for the tool, bound to the sponsor', async () => {
    const body = { tool: 'billing', sponsor_id: 'alice', ttl: 300 }
    const { status, json } = await ask(`${data}/issue`, { body })
    assert.equal(status, 200, JSON.stringify(json))
    assert.deepEqual(Object.keys(json).sort(), ['expires_in', 'jti', 'token', 'token_type', 'txn'])
    assert.equal(json.expires_in, 300)
    const claims = JSON.parse(Buffer.from(json.token.split('.')[1], 'base64url').toString('utf8'))
    assert.deepEqual(
      [
        claims.sub,
        claims.sponsor_id,
        claims.aud,
        claims.ttl_seconds,
        claims.purpose,
        claims.parent_agent_id,
      ],
      ['agent:assistant', 'alice', `${data}/mcp/billing`, 300, 'unspecified', null],
    )
    assert.equal(claims.exp - claims.iat, 300)
    const keys = await ask(`${data}/.well-known/jwks.json`)
    assert.ok(keys.json.keys.every((key: object) => !('d' in key)))
    const record = (await recordsOf(state)).findLast(({ mints }) => mints === json.jti)
    assert.deepEqual([record.decision, record.sponsor_id], ['allow', 'alice'])
  })

  test('refuses what asks for more, or names nobody or somebody else, and never cuts it', async () => {
    for (const body of [
      { tool: 'billing', sponsor_id: 'alice', ttl: 901 },
      { tool: 'billing', sponsor_id: 'alice', ttl: 301 },
      { tool: 'billing', sponsor_id: 'alice', ttl: 0 },
      { tool: 'billing', sponsor_id: 'alice', ttl: 1.5 },
      { tool: 'billing', sponsor_id: 'mallory', ttl: 300 },
      { tool: 'billing', ttl: 300 },
      { tool: 'search', sponsor_id: 'alice', ttl: 300 },
      { tool: 'payroll', sponsor_id: 'alice', ttl: 300 },
    ]) {
      const { status, json } = await ask(`${data}/issue`, { body })
      assert.ok(status >= 400 && status < 500, JSON.stringify(body))
      assert.equal(json.token, undefined)
      assert.ok(json.decision_id !== undefined && json.code !== undefined)
    }
    const [foreign, unknown] = await Promise.all(
      [
        { tool: 'billing', sponsor_id: 'mallory' },
        { tool: 'payroll', sponsor_id: 'alice' },
      ].map((body) => ask(`${data}/issue`, { body })),
    )
    const known = ({ json }: { json: object }): object => ({
      ...json,
      decision_id: '',
      instance: '',
    })
    assert.deepEqual(known(foreign ?? assert.fail()), known(unknown ?? assert.fail()))
  })

  test('readiness names what is not there yet, and the call to it is 502', async () => {
    const ready = await reeve(['readiness'], { cwd: directory })
    assert.equal(ready.code, 1)
    assert.match(ready.out, /^pass {2}ledger .*durable in \d+ ms$/m)
    assert.match(ready.out, /^pass {2}policies /m)
    assert.match(ready.out, /^fail {2}mcp server billing .*127\.0\.0\.1:9101 cannot be reached$/m)
    assert.match(ready.out, /^warn {2}widening /m)
    const json = JSON.parse((await reeve(['readiness', '--json'], { cwd: directory })).out)
    assert.equal(json.ready, false)
    const { json: issued } = await ask(`${data}/issue`, {
      body: { tool: 'billing', sponsor_id: 'alice' },
    })
    const call = await ask(`${data}/mcp/billing`, {
      body: toolCall('charge', { amount: 5 }),
      token: issued.token,
    })
    assert.equal(call.status, 502)
  })

  test('explains the last decision, tails and verifies, from the folder alone', async () => {
    await ask(`${data}/issue`, { body: { tool: 'billing', sponsor_id: 'alice', ttl: 301 } })
    const why = await reeve(['why', 'last'], { cwd: directory })
    assert.equal(why.code, 0)
    assert.match(why.out, /^deny {2}issue on token/)
    const tail = await reeve(['audit', 'tail', '-n', '3'], { cwd: directory })
    assert.equal(tail.out.trimEnd().split('\n').length, 3)
    const verified = await reeve(['audit', 'verify'], { cwd: directory })
    assert.equal(verified.code, 0)
    assert.match(verified.out, /^UNANCHORED/)
    const anchored = await reeve(['audit', 'verify', '--require-anchor'], { cwd: directory })
    assert.equal(anchored.code, 20)
  })
})
