import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { Agent } from 'undici'
import { readBody } from '../../src/app/http/read-body.ts'
import { writeReply } from '../../src/app/http/write-reply.ts'
import type { Change, OwnedObject } from '../../src/core/change.ts'
import { epochMillis } from '../../src/core/clock.ts'
import type { Decision } from '../../src/core/decision.ts'
import type { InstanceCaller } from '../../src/core/identity.ts'
import { createNewId, DEFAULT_TENANT, type Digest } from '../../src/core/ids.ts'
import type { RequestPath } from '../../src/core/path.ts'
import type { Question } from '../../src/core/question.ts'
import { reason } from '../../src/core/reason.ts'
import type { RecordDraft } from '../../src/core/record.ts'
import { fail, ok } from '../../src/core/result.ts'
import { createHandle } from '../../src/gateway/handle.ts'
import { createMayKnow } from '../../src/gateway/mcp/may-know.ts'
import { createMcpSurface } from '../../src/gateway/mcp/mcp-surface.ts'
import type { McpServer } from '../../src/gateway/mcp/server.ts'
import { createUpstream, UPSTREAM_AGENT_OPTIONS } from '../../src/gateway/upstream.ts'

export type Policy = {
  readonly decide: (question: Question) => Decision
  readonly visible: (question: Question) => boolean
}

export type Gateway = {
  readonly url: (server: string) => string
  readonly records: RecordDraft[]
  readonly notices: unknown[]
  /** Reviews a changed definition, as an operator would. */
  readonly accept: (server: string, tool: string) => void
  readonly bugs: unknown[]
  readonly close: () => Promise<void>
}

export const ALLOW: Decision = {
  effect: 'allow',
  basis: [],
  policy: null,
  obligations: [],
  advice: [],
}

export const UPSTREAM_KEY = 'upstream-key'

const clock = { now: () => epochMillis(Date.now()) }
const newId = createNewId({ now: clock.now, randomBytes: (length) => randomBytes(length) })
const digest = (text: string): Digest =>
  `sha256:${createHash('sha256').update(text).digest('base64url')}` as Digest

/** A gateway with one MCP surface, whose callers are the tokens `alice-1`, `alice-2`, … */
export async function startGateway(
  urls: Readonly<Record<string, string>>,
  policy: Policy,
): Promise<Gateway> {
  const records: RecordDraft[] = []
  const notices: unknown[] = []
  const bugs: unknown[] = []
  const pins = new Map<string, Digest>()
  const owned = new Map<string, OwnedObject>()
  const callers = new Map<string, InstanceCaller>()

  const apply = (change: Change): void => {
    if (change.kind === 'pin_tool') pins.set(`${change.server}/${change.tool}`, change.digest)
    if (change.kind === 'own')
      owned.set(`${change.object.server}/${change.object.id}`, change.object)
    if (change.kind === 'disown') owned.delete(`${change.object.server}/${change.object.id}`)
  }
  const path: RequestPath = {
    verify: async (call, classified) => {
      const token = /^Bearer (alice-\d)$/.exec(call.headers['authorization'] ?? '')?.[1]
      if (token === undefined) return fail(reason('unauthenticated', 'a token is required'))
      const known = callers.get(token) ?? anInstance()
      callers.set(token, known)
      return ok({ ...known, audience: classified.audience ?? known.audience })
    },
    release: () => ({ digest: digest('release') }),
    gather: async () =>
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
    decide: (_release, question) => policy.decide(question),
    visible: (_release, question) => policy.visible(question),
    commit: async (draft, changes) => {
      records.push(draft)
      changes.forEach(apply)
      return ok({ id: draft.id, index: records.length, leaf: digest(draft.id), at: clock.now() })
    },
    issue: async () => ok({ kind: 'header', name: 'x-upstream-key', value: UPSTREAM_KEY }),
  }
  const agent = new Agent(UPSTREAM_AGENT_OPTIONS)
  const servers = new Map(Object.entries(urls).map(([id, url]) => [id, aServer(id, url)]))
  const publicUrl = 'http://gateway.test'
  const surface = createMcpSurface({
    publicUrl,
    servers,
    allowedOrigins: new Set(),
    send: createUpstream({ dispatcher: agent }),
    clock,
    credentialFor: async () => ({ kind: 'header', name: 'x-upstream-key', value: UPSTREAM_KEY }),
    digest,
    catalogueTtlMs: 0,
    report: (notice) => void notices.push(notice),
    state: {
      pinnedTool: (_tenant, server, tool) => pins.get(`${server}/${tool}`) ?? null,
      ownedObject: (_tenant, { server, id }) => owned.get(`${server}/${id}`) ?? null,
    },
    mayKnow: createMayKnow({ ...path, environment: 'test' }),
    own: async (change) => {
      apply(change)
      return ok(null)
    },
  })
  const handle = createHandle(
    {
      ...path,
      clock,
      newId,
      environment: 'test',
      digest,
      recordStranger: (draft) => void records.push(draft),
      outcomeLost: () => {},
    },
    surface,
  )
  const server = createServer(async (request, response) => {
    const aborted = new AbortController()
    response.on('close', () => {
      if (!response.writableFinished) aborted.abort()
    })
    try {
      await writeReply(response, await handle(inbound(request, aborted.signal)))
    } catch (error) {
      bugs.push(error)
      response.destroy()
    }
    if (!request.complete) request.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: (id) => `http://127.0.0.1:${port}/mcp/${id}`,
    records,
    notices,
    bugs,
    accept: (id, tool) => void pins.delete(`${id}/${tool}`),
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await agent.destroy()
    },
  }
}

const inbound = (request: IncomingMessage, signal: AbortSignal) => ({
  tenant: DEFAULT_TENANT,
  method: request.method ?? '',
  path: request.url ?? '',
  query: '',
  headers: request.headers as Record<string, string>,
  source: '127.0.0.1',
  receivedAt: clock.now(),
  body: (bytesMax: number) => readBody(request, bytesMax),
  signal,
})

const aServer = (id: string, url: string): McpServer => ({
  id,
  url,
  openArguments: new Set(),
  headers: {},
  headersTimeoutMs: 5000,
  idleTimeoutMs: 5000,
})

function anInstance(): InstanceCaller {
  const now = clock.now()
  return {
    kind: 'instance',
    tenant: DEFAULT_TENANT,
    subject: { kind: 'user', id: 'alice' as never },
    actors: [{ agent: 'refunds' as never, instance: newId() as never, parent: null }],
    sponsor: 'dana' as never,
    grants: [],
    audience: '' as never,
    run: newId() as never,
    purpose: 'test',
    token: { id: newId() as never, issuedAt: now, expiresAt: now, rootExpiresAt: now },
    epochs: { tenant: 0, sponsor: 0, agent: 0, instance: 0, run: 0 },
    assurance: 'bearer',
  }
}
