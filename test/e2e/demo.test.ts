import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { reeve, type Loose } from './reeve.ts'

type Step = {
  readonly id: string
  readonly ok: boolean
  readonly decision: string | null
  readonly lines: string[]
  readonly seen: Loose
}

suite('the demo', () => {
  const home = mkdtempSync(join(tmpdir(), 'reeve-demo-'))
  const state = join(home, 'state')
  const env = { REEVE_DEMO_STATE: state }
  after(() => rmSync(home, { recursive: true, force: true }))

  test('plays every scene as it is told', async () => {
    const { code, out, err } = await reeve(['demo', '--json'], { env })
    assert.equal(code, 0, err)
    const told = JSON.parse(out) as { ok: boolean; state: string; steps: Step[] }
    assert.equal(told.state, state)
    const step = (id: string): Step => told.steps.find((one) => one.id === id) ?? assert.fail(id)
    assert.equal(told.ok, true)
    assert.deepEqual(
      told.steps.map(({ id, decision }) => `${id} ${decision}`),
      [
        'sign-in null',
        'delegate allow',
        'list-tools allow',
        'ask-model allow',
        'refund-9000 deny',
        'refund-500 allow',
        'triage-tickets allow',
        'triage-payments deny',
        'triage-models deny',
        'suspend deny',
        'verify null',
        'tamper null',
      ],
    )
    const { claims } = step('delegate').seen
    assert.deepEqual(
      [claims.sub, claims.act.sub, claims.sponsor_id, claims.ttl_seconds, claims.parent_agent_id],
      ['alice', 'agent:refund-agent', 'dana', 300, null],
    )
    for (const claim of ['agent_instance_id', 'purpose', 'txn', 'jti', 'exp', 'aud'])
      assert.ok(claims[claim], claim)
    assert.deepEqual(step('list-tools').seen.names, ['list_payments', 'refund'])
    assert.match(step('ask-model').seen.wanted, /9000/)

    const denied = step('refund-9000').seen
    assert.equal(denied.reached, 0, 'the denied call reached the server')
    assert.equal(denied.isError, true)
    assert.equal(denied.denial.code, 'forbidden_by_policy')
    assert.deepEqual(denied.denial.remedies[0], {
      kind: 'arguments',
      condition: 'args.amount <= 500',
      example: { amount: 500 },
    })
    const refunded = step('refund-500').seen
    assert.match(refunded.text, /refunded 500/)
    assert.deepEqual(refunded.reached, [{ order: 'T-77', amount: 500 }])
    assert.equal(refunded.leaked, false, 'the agent`s token reached a server')

    assert.match(step('triage-tickets').seen.text, /T-77/)
    const hidden = step('triage-payments').seen
    assert.deepEqual(
      [hidden.status, { ...hidden.body, decision_id: '' }],
      [hidden.status, { ...hidden.nothing, decision_id: '' }],
    )
    const models = step('triage-models').seen
    assert.deepEqual(models.models, ['small'])
    assert.ok(models.chunks > 1 && models.status >= 400)
    assert.equal(
      step('suspend').seen.calls,
      1,
      'a call of a suspended sponsor`s agent reached the server',
    )
    assert.equal(
      step('suspend').seen.leaked,
      false,
      'a token of an agent reached a server or the provider',
    )
    assert.equal(step('verify').seen.code, 0)
    assert.match(step('verify').seen.stdout, /^UNANCHORED[^]*\nvalid: \d+ entries/)
    assert.equal(step('tamper').seen.code, 40)
  })

  test('leaves a ledger behind that the commands of its last lines can read', async () => {
    const why = await reeve(['why', 'last', '--state', state])
    assert.equal(why.code, 0)
    assert.match(why.out, /revoked/)
    const tail = await reeve(['audit', 'tail', '--state', state])
    assert.equal(tail.code, 0)
    assert.match(tail.out, /deny .*refund/)
    const database = readFileSync(join(state, 'reeve.db')).toString('latin1')
    assert.ok(!/eyJ[A-Za-z0-9_-]{20,}\./.test(database), 'a token stands in the database')
  })

  test('tells people the same in a few plain lines', async () => {
    const { code, out } = await reeve(['demo'], { env })
    assert.equal(code, 0)
    const lines = out.trimEnd().split('\n')
    assert.ok(lines.length <= 45, `${lines.length} lines`)
    assert.ok(lines.every((line) => line.length <= 200))
    // oxlint-disable-next-line no-control-regex -- escape codes are what it looks for
    assert.ok(!/[\u0000-\u0009\u000b-\u001f]/.test(out), 'escape codes without a terminal')
    const next = lines.slice(lines.indexOf('Try next') + 1)
    assert.equal(next.length, 3)
    assert.match(next.join('\n'), /reeve why last[^]*reeve audit tail[^]*npm start/)
  })
})
