/** The steps of the request path that a surface's tests do not test, as small and honest fakes. */
import { createHash } from 'node:crypto'
import { epochMillis, type EpochMillis } from '../../core/clock.ts'
import type { Allow, Decision, Deny } from '../../core/decision.ts'
import type { Caller, DecisionCaller, InstanceCaller } from '../../core/identity.ts'
import { createNewId, DEFAULT_TENANT, type Digest } from '../../core/ids.ts'
import type { InboundCall, Reply } from '../../core/path.ts'
import type { Question } from '../../core/question.ts'
import { reason, type Reason } from '../../core/reason.ts'
import type { Outcome, RecordDraft } from '../../core/record.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { HandleDeps } from '../handle.ts'
import { BODY_TOO_LARGE } from '../json-body.ts'

export const ALLOW: Allow = {
  effect: 'allow',
  basis: [],
  policy: null,
  obligations: [],
  advice: [],
}

export const denial = (detail: string, visible = true): Deny => ({
  effect: 'deny',
  reasons: [reason('forbidden_by_policy', detail)],
  basis: [],
  policy: { release: 'sha256:test', id: 'resource.model.vdefault', rule: 'a-rule', scope: '' },
  remedies: [{ kind: 'scope', scope: 'models:large' }],
  visible,
})

export const CLIENT_TOKEN = 'the-client-token'

export const INSTANCE_CALLER: InstanceCaller = {
  kind: 'instance',
  tenant: DEFAULT_TENANT,
  subject: { kind: 'user', id: 'alice' as never },
  actors: [
    {
      agent: 'refund-agent' as never,
      instance: '019aa000-0000-7000-8000-000000000001' as never,
      parent: null,
    },
  ],
  sponsor: 'dana' as never,
  grants: [],
  audience: 'http://localhost:8080/llm/openai' as never,
  run: '019aa000-0000-7000-8000-000000000002' as never,
  purpose: 'unspecified',
  token: {
    id: '019aa000-0000-7000-8000-000000000003' as never,
    issuedAt: epochMillis(0),
    expiresAt: epochMillis(1),
    rootExpiresAt: epochMillis(1),
  },
  epochs: { tenant: 0, sponsor: 0, agent: 0, instance: 0, run: 0 },
  assurance: 'bearer',
}

export const DECISION_CALLER: DecisionCaller = {
  kind: 'decision_caller',
  tenant: DEFAULT_TENANT,
  id: 'local',
  assurance: 'local',
}

/** The path with everything that it recorded, and the questions that were decided. */
export type FakePath = {
  readonly deps: HandleDeps
  readonly records: RecordDraft[]
  readonly strangers: RecordDraft[]
  readonly questions: Question[]
}

export function fakePath(options: {
  readonly decide?: (question: Question) => Decision
  readonly verify?: HandleDeps['verify']
  readonly caller?: Caller
  readonly issue?: HandleDeps['issue']
}): FakePath {
  const records: RecordDraft[] = []
  const strangers: RecordDraft[] = []
  const questions: Question[] = []
  const decide = options.decide ?? ((): Decision => ALLOW)
  let now = 1_767_225_600_000
  const clock = { now: (): EpochMillis => epochMillis(now++) }
  const newId = createNewId({ now: clock.now, randomBytes: (length) => new Uint8Array(length) })
  const ask = (question: Question): Decision => {
    questions.push(question)
    return decide(question)
  }
  const deps: HandleDeps = {
    clock,
    newId,
    environment: 'test',
    digest: (text) => `sha256:${createHash('sha256').update(text).digest('base64url')}` as Digest,
    recordStranger: (draft) => void strangers.push(draft),
    outcomeLost: () => {},
    verify: options.verify ?? ((call) => Promise.resolve(verified(call, options.caller))),
    release: () => ({ digest: 'sha256:test' as Digest }),
    gather: () =>
      Promise.resolve(
        ok({
          subject: null,
          actors: [],
          sponsors: [],
          grants: [],
          raised: [],
          asserted: null,
          auxData: {},
          revisions: { data: 0, revocation: 0 },
        }),
      ),
    decide: (_release, question) => ask(question),
    visible: (_release, question) => ask(question).effect === 'allow',
    commit: (draft) => {
      records.push(draft)
      return Promise.resolve(
        ok({ id: draft.id, index: records.length, leaf: 'sha256:leaf' as Digest, at: clock.now() }),
      )
    },
    issue: options.issue ?? (() => Promise.resolve(ok({ kind: 'none' }))),
  }
  return { deps, records, strangers, questions }
}

function verified(call: InboundCall, caller: Caller = INSTANCE_CALLER): Result<Caller, Reason> {
  const { authorization, 'x-api-key': apiKey } = call.headers
  if (authorization !== undefined && apiKey !== undefined)
    return fail(reason('malformed', 'two credentials at once'))
  const token = apiKey ?? authorization?.replace(/^Bearer /, '')
  return token === CLIENT_TOKEN || caller.kind === 'decision_caller'
    ? ok(caller)
    : fail(reason('unauthenticated', 'a credential is required'))
}

/** A call as a listener would hand it over. */
export function inboundCall(
  part: Partial<Omit<InboundCall, 'body'>> & { readonly body?: Uint8Array | string },
): InboundCall {
  const { body = '', ...rest } = part
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return {
    tenant: DEFAULT_TENANT,
    method: 'POST',
    path: '/',
    query: '',
    headers: {},
    source: '127.0.0.1',
    receivedAt: epochMillis(1_767_225_600_000),
    signal: new AbortController().signal,
    body: (bytesMax) =>
      Promise.resolve(
        bytes.byteLength > bytesMax
          ? fail(reason('malformed', `${BODY_TOO_LARGE}: at most ${bytesMax} bytes are read`))
          : ok(bytes),
      ),
    ...rest,
  }
}

/** A reply as a client got it. */
export type Received = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly chunks: readonly string[]
  readonly text: string
  /** Only of a streamed body. */
  readonly outcome: Outcome | null
}

export async function receive(reply: Reply): Promise<Received> {
  const { status, headers, body } = reply
  const chunks: string[] = []
  const decoder = new TextDecoder()
  if (typeof body !== 'function') {
    const text = decoder.decode(body)
    return { status, headers, chunks: [text], text, outcome: null }
  }
  const write = (chunk: Uint8Array): Promise<void> => {
    chunks.push(decoder.decode(chunk, { stream: true }))
    return Promise.resolve()
  }
  const outcome = await body({ write })
  return { status, headers, chunks, text: chunks.join(''), outcome }
}
