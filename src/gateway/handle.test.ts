import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { epochMillis, type EpochMillis } from '../core/clock.ts'
import type { Decision } from '../core/decision.ts'
import type { ClientCaller } from '../core/identity.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import type { Asked, Classified, Forwarded, Refusal, Reply, SurfacePort } from '../core/path.ts'
import { reason, type ReasonCode } from '../core/reason.ts'
import type { Outcome, RecordDraft } from '../core/record.ts'
import { fail, ok } from '../core/result.ts'
import { BrokenCall } from './broken-call.ts'
import { createHandle, type HandleDeps } from './handle.ts'
import {
  ALLOW,
  CLIENT_TOKEN,
  denial,
  fakePath,
  inboundCall,
  INSTANCE_CALLER,
  receive,
} from './testing/fake-path.ts'

const OUTCOME: Outcome = {
  effect: 'completed',
  status: 200,
  bytesSent: 2,
  durationMs: 1,
  responseHash: null,
  ended: 'end',
}
const ASKED: Asked = {
  kind: 'call',
  asks: [anAsk('tool:refund', 'refund')],
  tool: 'payments/refund',
  purpose: null,
  clientRunId: null,
  clientInfo: null,
  requestHash: null,
  changes: [{ kind: 'consume', id: 'approval-1', expiresAt: epochMillis(1) }],
  mints: null,
}
const CLIENT: ClientCaller = {
  kind: 'client',
  tenant: DEFAULT_TENANT,
  agent: 'refund-agent' as never,
  subject: null,
  assurance: 'private_key_jwt',
  singleUse: [{ id: 'assertion-1', expiresAt: epochMillis(9) }],
}
const call = inboundCall({ headers: { authorization: `Bearer ${CLIENT_TOKEN}` } })

function anAsk(action: string, id: string): Asked['asks'][number] {
  return {
    action,
    resource: { kind: 'mcp:payments', id, attr: {}, scope: '', policyVersion: 'default' },
  }
}

const whole = (text: string): Reply => ({
  status: 200,
  headers: {},
  body: new TextEncoder().encode(text),
})

type Scene = {
  readonly path?: Partial<HandleDeps>
  readonly surface?: Partial<SurfacePort>
  readonly asked?: Partial<Asked>
  readonly decide?: () => Decision
}

/** The real path over fakes that note every step, in the order in which it was taken. */
function scene(of: Scene = {}) {
  const steps: string[] = []
  const refusals: Refusal[] = []
  const lost: string[] = []
  const commits: {
    draft: RecordDraft
    changes: readonly unknown[]
    conditions: readonly unknown[]
  }[] = []
  const fake = fakePath({ decide: () => (steps.push('decide'), (of.decide ?? (() => ALLOW))()) })
  const noted =
    <A extends readonly unknown[], R>(name: string, step: (...args: A) => R) =>
    (...args: A): R => {
      steps.push(name)
      return step(...args)
    }
  const deps: HandleDeps = {
    ...fake.deps,
    ...of.path,
    verify: noted('verify', of.path?.verify ?? fake.deps.verify),
    gather: noted('gather', of.path?.gather ?? fake.deps.gather),
    issue: noted('issue', of.path?.issue ?? fake.deps.issue),
    commit: (draft, changes, conditions) => {
      steps.push(draft.type === 'outcome' ? 'outcome' : 'commit')
      commits.push({ draft, changes, conditions })
      return (of.path?.commit ?? fake.deps.commit)(draft, changes, conditions)
    },
    outcomeLost: (_id, why) => void lost.push(why.code),
  }
  const classified: Classified = { surface: 'mcp', expects: 'instance', audience: null }
  const surface: SurfacePort = {
    name: 'mcp',
    classify: noted('classify', of.surface?.classify ?? (() => ok(classified))),
    read: noted('read', of.surface?.read ?? (async () => ok({ ...ASKED, ...of.asked }))),
    forward: noted(
      'forward',
      of.surface?.forward ??
        (async (): Promise<Forwarded> => ({ reply: whole('ok'), outcome: OUTCOME })),
    ),
    refuse:
      of.surface?.refuse ??
      ((_call, _classified, refusal) => {
        refusals.push(refusal)
        return { ...whole(refusal.reason.code), status: 403 }
      }),
  }
  const handle = createHandle(deps, surface)
  return { handle, steps, refusals, commits, lost, strangers: fake.strangers }
}

/** Outcomes are recorded behind the reply. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

suite('an allowed call', () => {
  test('takes every step in order, and is forwarded only after its record is durable', async () => {
    const { handle, steps, commits } = scene()
    const reply = await handle(call)
    await settled()
    assert.equal(steps.join(' '), 'classify verify read gather decide commit issue forward outcome')
    const [decided, outcome] = commits
    assert.equal(decided?.draft.decision, 'allow')
    assert.equal(decided?.draft.effect, 'pending')
    assert.deepEqual(decided?.changes, ASKED.changes)
    assert.ok(decided.conditions.length > 4)
    assert.equal(reply.headers['reeve-decision-id'], decided.draft.decisionId)
    assert.equal(outcome?.draft.decisionId, decided.draft.decisionId)
    assert.notEqual(outcome?.draft.id, decided.draft.id)
    assert.deepEqual(outcome?.draft.outcome, OUTCOME)
  })

  test('whose record takes its time waits for it', async () => {
    let durable = (): void => {}
    const gate = new Promise<void>((resolve) => (durable = resolve))
    const { handle, steps } = scene({
      path: {
        commit: async (draft) => {
          if (draft.type === 'decision') await gate
          return ok({
            id: draft.id,
            index: 1,
            leaf: '' as never,
            at: epochMillis(1_767_225_600_000),
          })
        },
      },
    })
    const reply = handle(call)
    await settled()
    assert.ok(!steps.includes('issue') && !steps.includes('forward'))
    durable()
    await reply
    assert.ok(steps.includes('forward'))
  })

  test('records the outcome of a stream once, when its body has ended', async () => {
    const body = async (): Promise<Outcome> => OUTCOME
    const { handle, commits } = scene({
      surface: { forward: async () => ({ reply: { ...whole(''), body }, outcome: null }) },
    })
    const reply = await handle(call)
    await settled()
    assert.equal(commits.length, 1)
    await receive(reply)
    await settled()
    assert.deepEqual(
      commits.map(({ draft }) => draft.outcome),
      [null, OUTCOME],
    )
  })

  test('whose streamed body breaks has an unknown outcome, and the edge hears of it', async () => {
    const body = (): Promise<Outcome> => Promise.reject(new Error('boom'))
    const { handle, commits } = scene({
      surface: { forward: async () => ({ reply: { ...whole(''), body }, outcome: null }) },
    })
    const reply = await handle(call)
    await assert.rejects(receive(reply), /boom/)
    await settled()
    assert.equal(commits.length, 2)
    assert.equal(commits[1]?.draft.effect, 'unknown')
  })

  test('tells the operator when its outcome cannot be recorded, and answers all the same', async () => {
    for (const broken of [
      () => Promise.resolve(fail(reason('evidence_unavailable', 'full'))),
      () => Promise.reject(new Error('gone')),
    ]) {
      const good = fakePath({}).deps.commit
      const { handle, lost } = scene({
        path: {
          commit: (draft, ...rest) => (draft.type === 'outcome' ? broken() : good(draft, ...rest)),
        },
      })
      assert.equal((await handle(call)).status, 200)
      await settled()
      assert.deepEqual(lost, ['evidence_unavailable'])
    }
  })
})

suite('a refusal', () => {
  const why = reason('malformed', 'no')
  const refused = async (of: Scene, at: Refusal['at'], code: ReasonCode = 'malformed') => {
    const told = scene(of)
    const reply = await told.handle(call)
    await settled()
    assert.deepEqual(
      told.refusals.map((one) => [one.at, one.reason.code]),
      [[at, code]],
    )
    assert.ok(!told.steps.includes('forward'))
    assert.equal(reply.headers['reeve-decision-id'], told.refusals[0]?.decisionId)
    return told
  }

  test('before anybody is known is recorded as a stranger, and no body is read', async () => {
    for (const part of [
      { at: 'classify', scene: { surface: { classify: () => fail(why) } } },
      { at: 'verify', scene: { path: { verify: async () => fail(why) } } },
    ] as const) {
      const { strangers, commits, steps } = await refused(part.scene, part.at)
      assert.deepEqual(
        strangers.map((draft) => [draft.decision, draft.effect, draft.reason?.code]),
        [['deny', 'withheld', 'malformed']],
      )
      assert.equal(commits.length, 0)
      assert.ok(!steps.includes('read'))
    }
  })

  test('of a known caller is recorded with what was understood', async () => {
    for (const part of [
      { at: 'read', scene: { surface: { read: async () => fail(why) } }, tool: null },
      { at: 'gather', scene: { path: { gather: async () => fail(why) } }, tool: ASKED.tool },
    ] as const) {
      const { strangers, commits } = await refused(part.scene, part.at)
      assert.equal(strangers.length, 0)
      assert.equal(commits.length, 1)
      const draft = commits[0]?.draft
      assert.equal(draft?.principal, 'agent:refund-agent')
      assert.equal(draft?.tool, part.tool)
      assert.deepEqual([draft?.decision, draft?.effect, draft?.reason], ['deny', 'withheld', why])
      assert.deepEqual(commits[0]?.changes, [])
    }
  })

  test('by policy is recorded before it is told, and changes nothing', async () => {
    const { commits } = await refused(
      { decide: () => denial('too much') },
      'decide',
      'forbidden_by_policy',
    )
    assert.equal(commits.length, 1)
    assert.deepEqual([commits[0]?.changes, commits[0]?.conditions], [[], []])
    assert.equal(commits[0]?.draft.effect, 'withheld')
  })

  test('stands also when it cannot be recorded', async () => {
    const commit = async () => fail(reason('evidence_unavailable', 'full'))
    await refused(
      { decide: () => denial('too much'), path: { commit } },
      'decide',
      'forbidden_by_policy',
    )
    await refused({ surface: { read: async () => fail(why) }, path: { commit } }, 'read')
  })

  test('by the ledger itself never forwards: a failed precondition, or a record that is not durable', async () => {
    for (const code of [
      'revoked',
      'replayed',
      'sponsor_inactive',
      'evidence_unavailable',
    ] as const) {
      const { steps } = await refused(
        { path: { commit: async () => fail(reason(code, 'x')) } },
        'commit',
        code,
      )
      assert.ok(!steps.includes('issue'))
    }
  })

  test('after a signature that failed or took more than a second leaves the outcome `not_sent`', async () => {
    const failed = await refused(
      { path: { issue: async () => fail(reason('evidence_unavailable', 'no key')) } },
      'issue',
      'evidence_unavailable',
    )
    let now = 0
    const clock = { now: (): EpochMillis => epochMillis(now) }
    const late = await refused(
      { path: { clock, issue: async () => ((now = 1_767_225_700_000), ok({ kind: 'none' })) } },
      'issue',
      'stale',
    )
    for (const { commits } of [failed, late])
      assert.deepEqual(
        commits.map(({ draft }) => draft.effect),
        ['pending', 'not_sent'],
      )
  })

  test('uses up what the credential brought, so that it cannot be sent again to learn more', async () => {
    const consumed = [{ kind: 'consume', id: 'assertion-1', expiresAt: 9 }]
    const verify = async () => ok(CLIENT)
    for (const part of [
      { path: { verify }, decide: () => denial('no') },
      { path: { verify }, surface: { read: async () => fail(why) } },
    ]) {
      const { handle, commits } = scene(part)
      await handle(call)
      assert.deepEqual(commits[0]?.changes, consumed)
    }
    const commit = async () => fail(reason('replayed', 'used before'))
    await refused({ path: { verify, commit }, decide: () => denial('no') }, 'commit', 'replayed')
    await refused(
      { path: { verify, commit }, surface: { read: async () => fail(why) } },
      'commit',
      'replayed',
    )
  })

  test('that hides what it is about speaks for the whole call, wherever it stands', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('allow', 'seen', 'hidden'), { minLength: 1, maxLength: 6 }),
        async (kinds) => {
          let i = 0
          const decide = (): Decision => {
            const kind = kinds[i++]
            return kind === 'allow' ? ALLOW : denial(`${kind}`, kind !== 'hidden')
          }
          const asks = kinds.map((kind, at) => anAsk(kind, String(at)))
          const { handle, refusals } = scene({ asked: { asks }, decide })
          const reply = await handle(call)
          assert.equal(reply.status, kinds.every((kind) => kind === 'allow') ? 200 : 403)
          assert.equal(
            refusals[0]?.decision?.visible,
            reply.status === 200 ? undefined : !kinds.includes('hidden'),
          )
        },
      ),
      { numRuns: 50 },
    )
  })

  test('is what a call that asks for nothing gets', async () => {
    await refused({ asked: { asks: [] } }, 'decide', 'unsupported')
  })
})

suite('lists and checks', () => {
  const asks = [anAsk('a', 'one'), anAsk('b', 'two')]

  test('a list is one record with counts and a digest, and names no entry', async () => {
    let shown = 0
    const visible = (): boolean => shown++ === 0
    const { handle, commits } = scene({ asked: { kind: 'list', asks }, path: { visible } })
    assert.equal((await handle(call)).status, 200)
    const draft = commits[0]?.draft
    assert.deepEqual([draft?.list?.total, draft?.list?.shown, draft?.items], [2, 1, []])
    assert.deepEqual(draft?.resource, { kind: 'mcp:payments', id: '*' })
    const single = scene({ asked: { kind: 'list', asks: asks.slice(0, 1) }, path: { visible } })
    await single.handle(call)
    assert.deepEqual(single.commits[0]?.draft.resource, { kind: 'mcp:payments', id: '*' })
    assert.equal(single.commits[0]?.draft.action, 'list')
  })

  test('an empty list is still answered', async () => {
    const { handle } = scene({ asked: { kind: 'list', asks: [] } })
    assert.equal((await handle(call)).status, 200)
  })

  test('a check is answered whatever was decided, and keeps a line for each question', async () => {
    const { handle, commits } = scene({
      asked: { kind: 'check', asks },
      decide: () => denial('no'),
    })
    assert.equal((await handle(call)).status, 200)
    const draft = commits[0]?.draft
    assert.deepEqual(
      [draft?.decision, draft?.effect, draft?.items.length],
      ['deny', 'not_observed', 2],
    )
    const single = scene({
      asked: { kind: 'check', asks: asks.slice(1) },
      decide: () => denial('no'),
    })
    await single.handle(call)
    assert.equal(single.commits[0]?.draft.reason?.code, 'forbidden_by_policy')
    assert.equal(single.commits[0]?.draft.action, 'b')
  })

  test('neither is answered without a durable record', async () => {
    for (const kind of ['list', 'check'] as const) {
      const commit = async () => fail(reason('evidence_unavailable', 'full'))
      const { handle, steps } = scene({ asked: { kind, asks }, path: { commit } })
      assert.equal((await handle(call)).status, 403)
      assert.ok(!steps.includes('forward'))
    }
  })
})

suite('a step that throws', () => {
  const boom = (): never => {
    throw new Error('boom')
  }
  const broken = async (of: Scene) => {
    const told = scene(of)
    await assert.rejects(told.handle(call), (error) => {
      assert.ok(error instanceof BrokenCall)
      assert.match(String(error.cause), /boom/)
      return true
    })
    await settled()
    return told
  }

  test('before anybody is known ends as a stranger`s refusal', async () => {
    for (const part of [{ surface: { classify: boom } }, { path: { verify: boom } }]) {
      const { strangers, commits } = await broken(part)
      assert.deepEqual([strangers.length, commits.length], [1, 0])
      assert.equal(strangers[0]?.reason?.code, 'evaluation_error')
    }
  })

  test('before the record is made ends as a recorded denial', async () => {
    for (const part of [
      { surface: { read: boom } },
      { path: { gather: boom } },
      { path: { release: boom } },
      { decide: boom },
      { path: { digest: boom, visible: () => true }, asked: { kind: 'list' as const } },
    ]) {
      const { commits, steps } = await broken(part)
      assert.equal(commits.length, 1)
      assert.deepEqual([commits[0]?.draft.decision, commits[0]?.draft.effect], ['deny', 'withheld'])
      assert.ok(!steps.includes('forward'))
    }
  })

  test('in the ledger never forwards', async () => {
    const { steps } = await broken({ path: { commit: boom } })
    assert.ok(!steps.includes('issue') && !steps.includes('forward'))
  })

  test('while signing leaves `not_sent`, and while sending leaves `unknown`', async () => {
    const signing = await broken({ path: { issue: boom } })
    assert.deepEqual(
      signing.commits.map(({ draft }) => draft.effect),
      ['pending', 'not_sent'],
    )
    const sending = await broken({ surface: { forward: boom } })
    assert.deepEqual(
      sending.commits.map(({ draft }) => draft.effect),
      ['pending', 'unknown'],
    )
  })

  test('while the refusal is worded adds nothing to the record of the refusal', async () => {
    const { commits } = await broken({ decide: () => denial('no'), surface: { refuse: boom } })
    assert.deepEqual(
      commits.map(({ draft }) => draft.effect),
      ['withheld'],
    )
  })
})

test('no field of any record holds the credential, the query or another header', async () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{24,40}$/)
  await fc.assert(
    fc.asyncProperty(secret, secret, fc.constantFrom(0, 1, 2, 3), async (token, key, how) => {
      const of: Scene = [
        {},
        { path: { verify: async () => fail(reason('unauthenticated', 'no')) } },
        { decide: () => denial('no') },
        { surface: { read: async () => fail(reason('malformed', 'no')) } },
      ][how] as Scene
      const { handle, commits, strangers } = scene({
        ...of,
        path: { verify: async () => ok(INSTANCE_CALLER), ...of.path },
      })
      await handle(
        inboundCall({
          path: `/mcp/${key}`,
          query: `token=${token}`,
          headers: { authorization: `Bearer ${token}`, 'x-api-key': key, cookie: token },
          body: key,
        }),
      )
      await settled()
      const text = JSON.stringify([commits, strangers])
      assert.ok(!text.includes(token) && !text.includes(key))
    }),
    { numRuns: 40 },
  )
})
