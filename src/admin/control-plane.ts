import type { Clock } from '../core/clock.ts'
import type { AgentFacts, SponsorStatus } from '../core/facts.ts'
import {
  isAgentId,
  isPersonId,
  type AgentId,
  type DecisionId,
  type Digest,
  type NewId,
  type PersonId,
} from '../core/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import type { Commit, Handle, InboundCall, Reply } from '../core/path.ts'
import { readJson } from '../core/read-json.ts'
import { reason, type Reason } from '../core/reason.ts'
import type { RecordDraft } from '../core/record.ts'
import { fail, type Result } from '../core/result.ts'
import { startAgent, stopAgent } from '../registry/agent.ts'
import { reactivateSponsor, suspendSponsor } from '../registry/sponsor.ts'
import { acceptTool } from '../registry/tool.ts'
import type { Transition } from '../registry/transition.ts'
import { lifecycleDraft, refusedDraft, signInDraft, type About } from './lifecycle-draft.ts'

/** One live check of the readiness list: what was looked at, and what was found. */
export type Probe = {
  readonly name: string
  readonly status: 'pass' | 'warn' | 'fail'
  readonly detail: string
}

export type ControlPlaneDeps = {
  readonly clock: Clock
  readonly newId: NewId
  readonly commit: Commit
  /** Compares in constant time with the operator's credential. */
  readonly isOperator: (presented: string) => boolean
  readonly recordStranger: (draft: RecordDraft) => void
  readonly sponsorStatus: (id: PersonId) => SponsorStatus
  readonly agentStatus: (id: AgentId) => AgentFacts['status']
  readonly readiness: () => Promise<readonly Probe[]>
  /** Signs a person in without a company sign-in; null outside development mode (SECURITY 7). */
  readonly signIn: ((person: string) => JsonObject | null) | null
  /** A tool's definition as its server gives it now; null when there is no such tool. */
  readonly tool: (server: string, tool: string) => Promise<ToolReview | null>
}

/** What an operator looks at before a changed definition counts again (SECURITY 14). */
export type ToolReview = {
  /** Untrusted text of the server. */
  readonly definition: JsonObject
  readonly digest: Digest
  readonly pinned: Digest | null
}

/** A request to the control plane is a few words. */
const BODY_BYTES_MAX = 4096

/** What the control plane answers, before it becomes a reply. */
type Answer = {
  readonly status: number
  readonly body: Json
  /** Of the record that the answer rests on. */
  readonly decisionId?: DecisionId
}

type Route = {
  readonly method: 'GET' | 'POST'
  readonly pattern: RegExp
  readonly answer: (call: InboundCall, parts: readonly string[]) => Promise<Answer>
}

/**
 * The administration point for operators: state changes of sponsors and agents, and live checks.
 * Every request needs the operator's credential, on loopback too; tokens of agents are strangers
 * here (SECURITY 6). Each change is committed with its record before it is answered.
 */
export function createControlPlane(deps: ControlPlaneDeps): Handle {
  const routes = routesOf(deps)
  return async (call) => {
    const presented = /^Bearer ([!-~]{1,512})$/.exec(call.headers['authorization'] ?? '')?.[1]
    if (presented === undefined || !deps.isOperator(presented)) return refuseStranger(deps, call)
    if (call.method === 'POST' && !isJson(call))
      return reply(problem(415, reason('malformed', 'content-type must be application/json')))
    for (const route of routes) {
      const match = route.method === call.method ? route.pattern.exec(call.path) : null
      if (match !== null) return reply(await route.answer(call, match.slice(1).map(decoded)))
    }
    return reply(problem(404, reason('not_found', 'there is nothing at this address')))
  }
}

type Lifecycle = {
  readonly sponsor: (id: PersonId, status: SponsorStatus) => Result<Transition, Reason>
  readonly agent: (id: AgentId, status: AgentFacts['status']) => Result<Transition, Reason>
}

function routesOf(deps: ControlPlaneDeps): readonly Route[] {
  const sponsor =
    (to: Lifecycle['sponsor']): Route['answer'] =>
    async (call, [id = '']) => {
      const next = isPersonId(id) ? to(id, deps.sponsorStatus(id)) : NO_SUCH
      return next.ok
        ? apply(deps, call, next.value, { kind: 'sponsor', id })
        : problem(404, next.error)
    }
  const agent =
    (to: Lifecycle['agent']): Route['answer'] =>
    async (call, [id = '']) => {
      const next = isAgentId(id) ? to(id, deps.agentStatus(id)) : NO_SUCH
      return next.ok
        ? apply(deps, call, next.value, { kind: 'agent', id })
        : problem(404, next.error)
    }
  return [
    { method: 'GET', pattern: /^\/health$/, answer: async () => SERVING },
    { method: 'GET', pattern: /^\/readiness$/, answer: async () => probed(await deps.readiness()) },
    { method: 'POST', pattern: /^\/sponsors\/([^/]+):suspend$/, answer: sponsor(suspendSponsor) },
    {
      method: 'POST',
      pattern: /^\/sponsors\/([^/]+):reactivate$/,
      answer: sponsor(reactivateSponsor),
    },
    { method: 'POST', pattern: /^\/agents\/([^/]+):stop$/, answer: agent(stopAgent) },
    { method: 'POST', pattern: /^\/agents\/([^/]+):start$/, answer: agent(startAgent) },
    {
      method: 'GET',
      pattern: /^\/servers\/([^/]+)\/tools\/([^/]+)$/,
      answer: async (_call, [server = '', tool = '']) => {
        const review = await deps.tool(server, tool)
        return review === null ? problem(404, NO_SUCH.error) : { status: 200, body: review }
      },
    },
    {
      method: 'POST',
      pattern: /^\/servers\/([^/]+)\/tools\/([^/]+):accept$/,
      answer: (call, [server = '', tool = '']) => accept(deps, call, server, tool),
    },
    {
      method: 'POST',
      pattern: /^\/people\/([^/]+):sign-in$/,
      answer: (call, [person = '']) => signIn(deps, call, person),
    },
  ]
}

const SERVING: Answer = { status: 200, body: { status: 'serving' } }

const NO_SUCH = fail(reason('not_found', 'there is nothing by this name'))

/** The change and its record in one transaction; answered only when both are durable. */
async function apply(
  deps: ControlPlaneDeps,
  call: InboundCall,
  transition: Transition,
  about: About,
): Promise<Answer> {
  const id = deps.newId() as DecisionId
  const draft = lifecycleDraft({ call, id, at: deps.clock.now(), transition, about })
  const receipt = await deps.commit(draft, transition.changes, [])
  if (!receipt.ok) return problem(503, receipt.error)
  const { index } = receipt.value
  const body = { ...about, done: transition.record, decision_id: id, record: index }
  return { status: 200, body, decisionId: id }
}

/** Accepts the definition that was looked at, by its digest, and only while it is still that one. */
async function accept(
  deps: ControlPlaneDeps,
  call: InboundCall,
  server: string,
  tool: string,
): Promise<Answer> {
  const bytes = await call.body(BODY_BYTES_MAX)
  const body = bytes.ok ? readJson(bytes.value) : bytes
  if (!body.ok) return problem(400, body.error)
  const looked = isJsonObject(body.value) ? body.value['digest'] : undefined
  if (typeof looked !== 'string')
    return problem(400, reason('malformed', '`digest` must name the definition that was reviewed'))
  const review = await deps.tool(server, tool)
  if (review === null) return problem(404, NO_SUCH.error)
  if (review.digest !== looked)
    return problem(409, reason('definition_changed', 'the tool has another definition by now'))
  const about: About = { kind: 'tool', id: `${server}/${tool}` }
  return apply(deps, call, acceptTool(server, tool, review.digest), about)
}

/** The token leaves only when the ledger knows that somebody was given this person's authority. */
async function signIn(deps: ControlPlaneDeps, call: InboundCall, person: string): Promise<Answer> {
  const token = isPersonId(person) ? (deps.signIn?.(person) ?? null) : null
  if (token === null || !isPersonId(person)) return problem(404, NO_SUCH.error)
  const id = deps.newId() as DecisionId
  const receipt = await deps.commit(signInDraft({ call, id, at: deps.clock.now(), person }), [], [])
  if (!receipt.ok) return problem(503, receipt.error)
  return { status: 200, body: token, decisionId: id }
}

function refuseStranger(deps: ControlPlaneDeps, call: InboundCall): Reply {
  const why = reason('unauthenticated', 'the operator credential is required')
  const id = deps.newId() as DecisionId
  deps.recordStranger(refusedDraft({ call, id, at: deps.clock.now(), why }))
  const answer = reply({ ...problem(401, why), decisionId: id })
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Bearer' } }
}

/** A path segment as the id it stands for; one that does not decode is nobody's id. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return ''
  }
}

const isJson = (call: InboundCall): boolean =>
  /^application\/json(?:;|$)/i.test(call.headers['content-type'] ?? '')

function probed(probes: readonly Probe[]): Answer {
  const failed = probes.some((probe) => probe.status === 'fail')
  return { status: failed ? 503 : 200, body: { ready: !failed, probes } }
}

/** Problem details (RFC 9457 §3). */
const problem = (status: number, why: Reason): Answer => ({
  status,
  body: {
    type: `urn:reeve:reason:${why.code}`,
    title: why.code.replaceAll('_', ' '),
    status,
    detail: why.detail,
    code: why.code,
  },
})

const reply = (answer: Answer): Reply => ({
  status: answer.status,
  headers: {
    'content-type': answer.status < 400 ? 'application/json' : 'application/problem+json',
    ...(answer.decisionId === undefined ? {} : { 'reeve-decision-id': answer.decisionId }),
  },
  body: new TextEncoder().encode(JSON.stringify(answer.body)),
})
