import { createHash } from 'node:crypto'
import type { EpochMillis } from '../../core/clock.ts'
import { epochMillis } from '../../core/clock.ts'
import type { AgentFacts, Facts, PersonFacts } from '../../core/facts.ts'
import type {
  Caller,
  ClientCaller,
  DecisionCaller,
  InstanceCaller,
  Principal,
} from '../../core/identity.ts'
import type { AgentId, Audience, InstanceId, PersonId, RunId, TokenId } from '../../core/ids.ts'
import { DEFAULT_TENANT } from '../../core/ids.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Question, Resource } from '../../core/question.ts'
import { formatDiagnostic } from '../../policy/diagnostic.ts'
import { loadPolicies } from '../../policy/load-policies.ts'
import type { CompiledRelease } from '../../policy/release.ts'

export const NOW: EpochMillis = epochMillis(Date.UTC(2026, 10, 21, 12))

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

/** A release of these texts, which must be free of problems. */
export function releaseOf(...texts: readonly string[]): CompiledRelease {
  const files = texts.map((text, index) => ({ path: `policy-${index}.yaml`, text }))
  const loaded = loadPolicies({ sha256 }, files)
  if (!loaded.ok) throw new Error(loaded.error.map(formatDiagnostic).join('\n'))
  return loaded.value
}

export const aResource = (over: Partial<Resource> = {}): Resource => ({
  kind: 'mcp:payments',
  id: 'refund',
  attr: { args: {} },
  scope: '',
  policyVersion: '',
  ...over,
})

export const aPrincipal = (over: Partial<Principal> = {}): Principal => ({
  id: 'alice',
  roles: ['support'],
  attr: {},
  scope: '',
  policyVersion: '',
  ...over,
})

export const anAgent = (over: Partial<AgentFacts> = {}): AgentFacts => ({
  id: 'refund-agent' as AgentId,
  status: 'active',
  acts: 'delegated',
  sponsor: 'dana' as PersonId,
  roles: ['support'],
  attr: {},
  scope: '',
  ...over,
})

export const aPerson = (over: Partial<PersonFacts> = {}): PersonFacts => ({
  id: 'alice' as PersonId,
  roles: ['support'],
  attr: {},
  ...over,
})

export const someFacts = (over: Partial<Facts> = {}): Facts => ({
  subject: aPerson(),
  actors: [anAgent()],
  sponsors: [{ id: 'dana' as PersonId, status: 'active', groups: ['leads'] }],
  grants: [],
  raised: [],
  asserted: null,
  auxData: {},
  revisions: { data: 1, revocation: 1 },
  ...over,
})

export const anInstance = (over: Partial<InstanceCaller> = {}): InstanceCaller => ({
  kind: 'instance',
  tenant: DEFAULT_TENANT,
  subject: { kind: 'user', id: 'alice' as PersonId },
  actors: [{ agent: 'refund-agent' as AgentId, instance: 'i-1' as InstanceId, parent: null }],
  sponsor: 'dana' as PersonId,
  grants: [],
  audience: 'http://localhost:8080/mcp/payments' as Audience,
  run: 'run-1' as RunId,
  purpose: 'refunds',
  token: {
    id: 'token-1' as TokenId,
    issuedAt: epochMillis(NOW - 1000),
    expiresAt: epochMillis(NOW + 60_000),
    rootExpiresAt: epochMillis(NOW + 60_000),
  },
  epochs: { tenant: 0, sponsor: 0, agent: 0, instance: 0, run: 0 },
  assurance: 'bearer',
  ...over,
})

export const aClient = (over: Partial<ClientCaller> = {}): ClientCaller => ({
  kind: 'client',
  tenant: DEFAULT_TENANT,
  agent: 'refund-agent' as AgentId,
  subject: 'alice' as PersonId,
  assurance: 'private_key_jwt',
  singleUse: [],
  ...over,
})

export const DECISION_CALLER: DecisionCaller = {
  kind: 'decision_caller',
  tenant: DEFAULT_TENANT,
  id: 'local',
  assurance: 'local',
}

export const aQuestion = (
  caller: Caller,
  action: string,
  resource: Resource = aResource(),
): Question => ({
  caller,
  ask: { action, resource },
  context: {
    time: NOW,
    surface: 'mcp',
    runId: null,
    clientRunId: null,
    environment: 'test',
    clientInfo: null,
  },
})

/** A refund call with these arguments. */
export const aRefund = (args: JsonObject, caller: Caller = anInstance()): Question =>
  aQuestion(caller, 'tool:refund', aResource({ attr: { args } }))
