import { createHash } from 'node:crypto'
import { epochMillis } from '../../../core/clock.ts'
import type { Decision, Deny } from '../../../core/decision.ts'
import type { InstanceCaller } from '../../../core/identity.ts'
import { DEFAULT_TENANT, type Digest } from '../../../core/ids.ts'
import type { InboundCall, Reply, RequestPath } from '../../../core/path.ts'
import { reason } from '../../../core/reason.ts'
import type { RecordDraft } from '../../../core/record.ts'
import { fail, ok } from '../../../core/result.ts'
import { createHandle } from '../../handle.ts'
import type { SendUpstream } from '../../upstream.ts'
import { createMayKnow } from '../may-know.ts'
import { createMcpSurface } from '../mcp-surface.ts'
import type { McpServer } from '../server.ts'

export const ALLOW: Decision = {
  effect: 'allow',
  basis: [],
  policy: null,
  obligations: [],
  advice: [],
}

export const DENY: Deny = {
  effect: 'deny',
  reasons: [reason('forbidden_by_policy', 'not for you')],
  basis: [],
  policy: null,
  remedies: [],
  visible: true,
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export type TestGateway = {
  readonly post: (message: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>
  readonly records: RecordDraft[]
}

const digest = (text: string): Digest =>
  `sha256:${createHash('sha256').update(text).digest('base64url')}` as Digest

const clock = { now: () => epochMillis(1000) }

const SERVER: McpServer = {
  id: 's',
  url: 'http://upstream.test/mcp',
  openArguments: new Set<string>(),
  headers: {},
  headersTimeoutMs: 1000,
  idleTimeoutMs: 1000,
}

/** The real request path and surface for one server `s`, with a decision that the test chooses. */
export function testGateway(
  send: SendUpstream,
  decide: RequestPath['decide'] = () => ALLOW,
  own: 'kept' | 'lost' = 'kept',
): TestGateway {
  const records: RecordDraft[] = []
  let ids = 0
  const path = testPath(decide, records)
  const lost = fail(reason('evidence_unavailable', 'no disk'))
  const surface = createMcpSurface({
    publicUrl: 'http://gateway.test',
    servers: new Map([['s', SERVER]]),
    allowedOrigins: new Set(),
    send,
    clock,
    credentialFor: async () => ({ kind: 'none' }),
    digest,
    catalogueTtlMs: 0,
    report: () => {},
    state: { pinnedTool: () => null, ownedObject: () => null },
    mayKnow: createMayKnow({ ...path, environment: 'test' }),
    own: async () => (own === 'kept' ? ok(null) : lost),
  })
  const deps = {
    ...path,
    clock,
    newId: () => `id-${ids++}`,
    environment: 'test',
    digest,
    recordStranger: (draft: RecordDraft) => void records.push(draft),
    outcomeLost: () => {},
  }
  const handle = createHandle(deps, surface)
  return {
    records,
    post: async (message, headers = {}) => {
      const text = typeof message === 'string' ? message : JSON.stringify(message)
      const reply = await handle(callOf(text, headers))
      return { status: reply.status, headers: reply.headers, text: await textOf(reply) }
    },
  }
}

/** Every step of the path but the surface's own, in memory. */
function testPath(decide: RequestPath['decide'], records: RecordDraft[]): RequestPath {
  return {
    verify: async (call) =>
      call.headers['authorization'] === 'Bearer a'
        ? ok(CALLER)
        : fail(reason('unauthenticated', 'no token')),
    release: () => ({ digest: digest('') }),
    gather: async () => ok(NO_FACTS),
    decide,
    visible: (release, question, facts) => {
      const decision = decide(release, question, facts)
      return decision.effect === 'allow' || decision.visible
    },
    commit: async (draft) => {
      records.push(draft)
      return ok({ id: draft.id, index: 0, leaf: digest(''), at: clock.now() })
    },
    issue: async () => ok({ kind: 'none' }),
  }
}

const callOf = (text: string, headers: Readonly<Record<string, string>>): InboundCall => ({
  tenant: DEFAULT_TENANT,
  method: 'POST',
  path: '/mcp/s',
  query: '',
  headers: { authorization: 'Bearer a', 'content-type': 'application/json', ...headers },
  source: '127.0.0.1',
  receivedAt: clock.now(),
  body: async () => ok(new TextEncoder().encode(text)),
  signal: new AbortController().signal,
})

async function textOf({ body }: Reply): Promise<string> {
  if (typeof body !== 'function') return new TextDecoder().decode(body)
  const chunks: Uint8Array[] = []
  await body({ write: async (chunk) => void chunks.push(chunk) })
  return Buffer.concat(chunks).toString()
}

const CALLER: InstanceCaller = {
  kind: 'instance',
  tenant: DEFAULT_TENANT,
  subject: { kind: 'user', id: 'alice' as never },
  actors: [{ agent: 'refunds' as never, instance: 'i' as never, parent: null }],
  sponsor: 'dana' as never,
  grants: [],
  audience: 'http://gateway.test/mcp/s' as never,
  run: 'r' as never,
  purpose: 'test',
  token: {
    id: 't' as never,
    issuedAt: epochMillis(0),
    expiresAt: epochMillis(9000),
    rootExpiresAt: epochMillis(9000),
  },
  epochs: { tenant: 0, sponsor: 0, agent: 0, instance: 0, run: 0 },
  assurance: 'bearer',
}

const NO_FACTS = {
  subject: null,
  actors: [],
  sponsors: [],
  grants: [],
  raised: [],
  asserted: null,
  auxData: {},
  revisions: { data: 0, revocation: 0 },
}
