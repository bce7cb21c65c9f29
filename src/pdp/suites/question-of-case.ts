import { epochMillis, type EpochMillis } from '../../core/clock.ts'
import type { Facts } from '../../core/facts.ts'
import type { Caller, Principal } from '../../core/identity.ts'
import type { AgentId, Audience, InstanceId, PersonId, RunId, TokenId } from '../../core/ids.ts'
import { DEFAULT_TENANT } from '../../core/ids.ts'
import type { Question, Resource } from '../../core/question.ts'
import type { TestCase } from './build-cases.ts'
import type { ActorFixture } from './suite.ts'

/** What a test asks the engine, and what the engine may know. */
export type CaseQuestion = { readonly question: Question; readonly facts: Facts }

/** Where the clock of a test stands that sets none; a condition that asks for it is an error. */
const NO_TIME: EpochMillis = epochMillis(0)

const TOKEN_LIFETIME_MS = 60_000

/**
 * The principal as it stands in the suite, asked about by its policies alone. With an actor it is a
 * person on whose behalf that agent acts: then the whole formula is evaluated, with an active
 * sponsor, a token for the right audience and no grant that narrows it.
 */
export function questionOfCase(testCase: TestCase, action: string): CaseQuestion {
  const { actor, auxData, options, principal, resource } = testCase
  const time =
    options?.now === undefined || options.now === null ? NO_TIME : epochMillis(options.now)
  const context = {
    time,
    surface: 'cerbos',
    runId: null,
    clientRunId: null,
    environment: 'test',
    clientInfo: null,
  } as const
  const ask = { action, resource }
  if (actor === null) {
    const facts = { ...NOTHING_KNOWN, asserted: principal, auxData }
    return { question: { caller: TEST_CALLER, ask, context }, facts }
  }
  const caller = instanceOf(principal, actor, resource, time)
  return { question: { caller, ask, context }, facts: factsOf(testCase, principal, actor) }
}

const TEST_CALLER: Caller = {
  kind: 'decision_caller',
  tenant: DEFAULT_TENANT,
  id: 'test',
  assurance: 'local',
}

const NOTHING_KNOWN: Facts = {
  subject: null,
  actors: [],
  sponsors: [],
  grants: [],
  raised: [],
  asserted: null,
  auxData: {},
  revisions: { data: 0, revocation: 0 },
}

const SPONSOR = 'sponsor' as PersonId

function instanceOf(
  principal: Principal,
  actor: ActorFixture,
  resource: Resource,
  time: EpochMillis,
): Caller {
  const expiresAt = epochMillis(time + TOKEN_LIFETIME_MS)
  return {
    kind: 'instance',
    tenant: DEFAULT_TENANT,
    subject: { kind: 'user', id: principal.id as PersonId },
    actors: [{ agent: actor.id as AgentId, instance: 'test' as InstanceId, parent: null }],
    sponsor: SPONSOR,
    grants: [],
    audience: audienceOf(resource),
    run: 'test' as RunId,
    purpose: actor.purpose,
    token: { id: 'test' as TokenId, issuedAt: time, expiresAt, rootExpiresAt: expiresAt },
    epochs: { tenant: 0, sponsor: 0, agent: 0, instance: 0, run: 0 },
    assurance: 'bearer',
  }
}

/** Where such a resource is served (CONTRACTS 3). */
function audienceOf({ kind, id }: Resource): Audience {
  const path = kind.startsWith('mcp:')
    ? `/mcp/${kind.slice('mcp:'.length)}`
    : kind === 'model'
      ? `/llm/${id.split('/', 1)[0] ?? ''}`
      : ''
  return `http://localhost:8080${path}` as Audience
}

function factsOf({ auxData }: TestCase, principal: Principal, actor: ActorFixture): Facts {
  return {
    ...NOTHING_KNOWN,
    subject: { id: principal.id as PersonId, roles: principal.roles, attr: principal.attr },
    actors: [
      {
        id: actor.id as AgentId,
        status: 'active',
        acts: 'delegated',
        sponsor: SPONSOR,
        roles: actor.roles,
        attr: actor.attr,
        scope: actor.scope,
      },
    ],
    sponsors: [{ id: SPONSOR, status: 'active', groups: [] }],
    auxData,
  }
}
